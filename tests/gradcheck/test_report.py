"""The report: verdict, message, table, JSON and pictures."""

import json

import numpy as np
import pytest
from PIL import Image

from minigan.errors import GradientError, MiniganError
from minigan.gradcheck import Report, Row, check
from minigan.layers import BatchNorm, Dense, ReLU


class Wrong(Dense):
    """One entry of the kernel's gradient is wrong."""

    def backward(self, dy, cache, param_grads=True):
        dx = super().backward(dy, cache, param_grads)
        if param_grads:
            self.kernel.grad[3, 1] += 0.5
        return dx


@pytest.fixture(scope="module")
def wrong() -> Report:
    return check(Wrong(2, name="judge"), (4, 5), seed=6)


@pytest.fixture(scope="module")
def right() -> Report:
    return check(Dense(2, activation="tanh"), (4, 5))


def test_ok_is_that_nothing_is_wrong(right, wrong):
    assert right.ok
    assert right.failures == []
    right.assert_ok()
    assert not wrong.ok
    assert {row.quantity for row in wrong.failures} >= {"kernel", "gradients add up"} - {"gradients add up"}
    assert {row.verdict for row in wrong.failures} == {"WRONG"}
    assert list(wrong) == wrong.rows


def test_what_does_not_apply_is_no_failure():
    report = Report([Row("a", "x", "complex step, full", "not applicable", detail="why")])
    assert report.ok
    report.assert_ok()


def test_the_message_alone_finds_the_bug(wrong):
    with pytest.raises(GradientError) as caught:
        wrong.assert_ok()
    message = str(caught.value)
    row = next(row for row in wrong.failures if row.mode == "differences, full")
    assert f"{len(wrong.failures)} of {len(wrong.rows)} checks are wrong (seed 6):" in message
    for part in ("judge: kernel, by differences, full: WRONG", "at index (3, 1)", "wrong in 1 of 10 entries"):
        assert part in message
    assert f"backward {row.backward:.9g}, differences {row.expected:.9g}, apart by 5.00e-01" in message
    assert f"relative error {row.error:.2e} (allowed 1e-07)" in message
    assert "complex step" in message
    assert len(message.splitlines()) == 1 + len(wrong.failures)


def test_the_error_is_an_assertion_and_one_of_minigan_s(wrong):
    for kind in (AssertionError, MiniganError):
        with pytest.raises(kind):
            wrong.assert_ok()


# JSON


def test_json_has_every_row_with_its_sweep(wrong):
    facts = json.loads(wrong.to_json())
    assert facts["ok"] is False
    assert facts["seed"] == 6
    assert [row["quantity"] for row in facts["rows"]] == [row.quantity for row in wrong]
    for fact, row in zip(facts["rows"], wrong, strict=True):
        for name in ("target", "mode", "verdict", "error", "tolerance", "kinks", "detail", "backward", "expected"):
            assert fact[name] == getattr(row, name)
        assert fact["index"] == (None if row.index is None else list(row.index))
        assert ("steps" in fact) is (row.sweep is not None)
        if row.sweep is not None:
            assert fact["steps"] == row.sweep.steps.tolist()
            assert fact["errors"] == row.sweep.errors.tolist()
            assert len(fact["steps"]) >= 8


def test_json_has_the_place_and_both_values_of_what_is_right_too(right):
    row = json.loads(right.to_json())["rows"][0]
    assert len(row["index"]) == 2
    assert row["backward"] == pytest.approx(row["expected"], rel=1e-9)


def test_json_knows_neither_nan_nor_infinity():
    report = check(lambda x: (x * x, x), (3,), backward=lambda dy, x: dy * np.nan)
    text = report.to_json()
    row = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))["rows"][0]
    assert row["error"] == "inf"
    assert row["backward"] == "nan"
    assert set(row["errors"]) == {"inf"}


def test_json_where_all_are_kinks():
    row = json.loads(check(ReLU(), np.zeros((1, 2))).to_json())["rows"][0]
    assert (row["error"], row["kinks"], set(row["errors"])) == (None, 2, {"nan"})


# The table


def cells(line: str, heads: dict[str, int]) -> dict[str, str]:
    """The words of a line under each head."""
    starts = [*heads.values(), None]
    return {head: line[start:stop].strip() for (head, start), stop in zip(heads.items(), starts[1:])}


def test_the_table_has_a_line_a_row_and_says_what_is_wrong_below(wrong):
    head, *lines = str(wrong).splitlines()
    assert head.split() == ["target", "quantity", "mode", "error", "tolerance", "kinks", "verdict"]
    table, below = lines[: len(wrong.rows)], lines[len(wrong.rows) :]
    places = {"target": 0, "quantity": head.index("quantity"), "mode": head.index("mode")}
    for line, row in zip(table, wrong, strict=True):
        words = cells(line, places)
        assert words["target"] == ("judge" if row is wrong.rows[0] else "")
        assert words["quantity"] == ("" if row.mode == "behaviour" else row.quantity)
        assert words["mode"].startswith(row.quantity if row.mode == "behaviour" else row.mode)
        assert line.endswith(row.verdict)
        assert (f"{row.error:.1e}" if row.error is not None else "") in line
    assert below == ["", *(row.sentence() for row in wrong.failures)]


def test_the_table_counts_kinks_and_says_why_something_does_not_apply():
    report = check(ReLU(), np.zeros((2, 3)))
    line = str(report).splitlines()[1]
    assert line.split() == ["re_lu", "x", "differences,", "full", "6", "n/a"]
    assert "re_lu: x, by differences, full: not applicable, 6 at a kink; every entry is at a kink" in str(report)


def test_nothing_stands_below_the_table_where_all_is_right(right):
    assert len(str(right).splitlines()) == 1 + len(right.rows)
    assert str(right) == "\n".join(line.rstrip() for line in str(right).splitlines())


def test_reports_merge_and_each_target_is_named_once():
    reports = [check(Dense(2), (3, 2), name=name, seed=4) for name in ("a", "b")]
    merged = Report.merged(reports)
    assert merged.seed == 4
    assert merged.rows == [*reports[0], *reports[1]]
    starts = [line.split()[0] for line in str(merged).splitlines()[1:] if not line.startswith(" ")]
    assert starts == ["a", "b"]
    assert Report.merged([]).ok


# Pictures


def colours(path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def axes_of(report: Report, monkeypatch, tmp_path) -> list:
    """The axes that `Report.plot` makes, without the time it takes to paint them."""
    from matplotlib.figure import Figure

    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *_, **__: figures.append(self))
    report.plot(tmp_path / "a.png")
    return [axes for axes in figures[0].axes if axes.get_label() != "<colorbar>"]


def test_the_picture_is_a_file_of_a_size_that_can_be_read(tmp_path, wrong):
    path = tmp_path / "a.png"
    figure = wrong.plot(path)
    assert figure.axes, "a notebook shows the same picture"
    pixels = colours(path)
    assert pixels.shape[0] > 400
    assert pixels.shape[1] > 1000
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_the_picture_has_the_error_over_the_step_of_every_quantity(monkeypatch, tmp_path, right):
    (axes,) = axes_of(right, monkeypatch, tmp_path)
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_title() == "dense"
    lines = {line.get_label(): line for line in axes.get_lines()}
    row = right.rows[0]
    xy = np.stack([row.sweep.steps, row.sweep.errors], 1)
    np.testing.assert_array_equal(lines["x, differences"].get_xydata(), xy)
    assert {"kernel, differences", "bias, differences", "kernel, second order"} <= set(lines)
    named = {text.get_text() for text in axes.get_legend().get_texts()}
    assert {"x", "kernel", "bias", "differences", "second order", "complex step, the worst"} <= named
    assert {"allowed", "allowed, second order"} <= {text.get_text() for text in axes.texts}


def test_the_picture_maps_where_a_gradient_is_wrong(monkeypatch, tmp_path, wrong):
    curves, kernel = axes_of(wrong, monkeypatch, tmp_path)
    assert curves.get_title() == "judge"
    assert kernel.get_title() == "judge: error of kernel, worst at (3, 1)"
    (image,) = kernel.get_images()
    expected = np.zeros((5, 2))
    expected[3, 1] = 0.5
    np.testing.assert_allclose(image.get_array(), expected, atol=1e-8)
    assert kernel.get_lines()[-1].get_xydata().tolist() == [[1, 3]]


def test_a_map_of_four_axes_puts_two_down_and_two_across(monkeypatch, tmp_path):
    def backward(dy, x):
        dx = 2 * dy * x
        dx[1, 2, 0, 3] = 9
        return dx

    report = check(lambda x: (x * x, x), (2, 3, 2, 4), backward=backward)
    _, axes = axes_of(report, monkeypatch, tmp_path)
    (image,) = axes.get_images()
    assert image.get_array().shape == (6, 8)
    assert np.unravel_index(image.get_array().argmax(), (6, 8)) == (5, 3)
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("axes 0, 1", "axes 2, 3")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Report([]),
        lambda: check(ReLU(), np.zeros((2, 3))),
        lambda: check(lambda x: (x * x, x), (), backward=lambda dy, x: dy * x),
        lambda: check(lambda x: (x * x, x), (3,), backward=lambda dy, x: dy * np.nan),
        lambda: Report.merged(
            [check(BatchNorm(), (4, 3), training=training, name=str(training)) for training in (0, 1)]
        ),
    ],
    ids=["nothing", "only kinks", "one number", "NaN", "two targets"],
)
def test_there_is_a_picture_of_every_report(tmp_path, make):
    make().plot(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")


def test_python_shows_the_table(right):
    assert repr(right) == str(right)
    assert repr(right).startswith("target")


def test_a_notebook_shows_the_table_and_takes_no_text_for_html():
    row = Row("a<b>&c", "x", "differences, full", "WRONG", 1.0, 1e-6, detail="1 < 2")
    shown = Report([row])._repr_html_()
    assert shown.startswith("<table>")
    assert "a&lt;b&gt;&amp;c" in shown
    assert "1 &lt; 2" in shown
    assert "<b>" not in shown
