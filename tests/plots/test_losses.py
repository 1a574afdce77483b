"""The curves of a run: what is drawn, how smooth, and the lines where the game ends."""

import subprocess
import sys
import tempfile

import numpy as np
import pytest
from PIL import Image

from minigan import plots
from minigan.plots.losses import PIECES, extremes

BLACK, GREEN, BLUE, RED = (0, 0, 0), (0, 158, 115), (0, 114, 178), (213, 94, 0)
NAMES = {np.log(4): "log 4", np.log(2): "log 2", 0.5: "1/2"}


def test_a_long_line_keeps_its_extremes_and_its_end():
    rng = np.random.default_rng(0)
    steps, values = np.arange(12_345.0), rng.standard_normal(12_345)
    values[5000:5020] = np.nan
    x, y = extremes(steps, values)
    assert len(x) < 3 * PIECES
    assert (np.diff(x) >= 0).all()
    assert (np.nanmin(y), np.nanmax(y), x[-1]) == (np.nanmin(values), np.nanmax(values), 12_344)
    np.testing.assert_array_equal(y, values[x.astype(int)])
    for kept, whole in zip(extremes(steps[:2500], values[:2500]), (steps[:2500], values[:2500])):
        np.testing.assert_array_equal(kept, whole)


def metrics_of(steps: int) -> dict[str, np.ndarray]:
    """Columns such as a run's, all different."""
    step = np.arange(1.0, steps + 1)
    return {
        "step": step,
        "d_loss": 1.4 + np.sin(step / 9),
        "g_loss": 0.7 + np.cos(step / 7),
        "d_real": 0.5 + 0.3 * np.sin(step / 5),
        "d_fake": 0.5 - 0.3 * np.sin(step / 5),
        "real_accuracy": np.full(steps, 0.75),
        "fake_accuracy": np.full(steps, 0.25),
    }


@pytest.mark.parametrize("steps", [1, 300])
def test_the_curves_are_a_picture_of_three_panels(tmp_path, steps):
    plots.save_losses(tmp_path / "losses.png", metrics_of(steps), steps_per_epoch=50)
    with Image.open(tmp_path / "losses.png") as picture:
        assert picture.size == (990, 880)
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert [path.name for path in tmp_path.iterdir()] == ["losses.png"]
    # Each colour in its panel, and in the row of words above it; versions of matplotlib place them some pixels apart.
    slack = 15
    for colour, top, bottom in ((BLACK, 0, 880), (GREEN, 0, 260), (BLUE, 260, 780), (RED, 260, 780)):
        found = np.argwhere(np.abs(pixels - colour).sum(-1) < 12)[:, 0]
        assert len(found) > 30, f"no {colour}"
        assert found.min() >= top - slack
        assert found.max() <= bottom + slack


def test_the_curves_show_the_values_their_means_and_the_equilibrium(drawn):
    metrics = metrics_of(300)
    axes = drawn(plots.save_losses, metrics_of(300), 50).axes
    columns = [("d_loss", "g_loss"), ("d_real", "d_fake"), ("real_accuracy", "fake_accuracy")]
    ends = [(np.log(4), np.log(2)), (0.5,), (0.5,)]
    for panel, names, levels in zip(axes, columns, ends):
        lines = [line for line in panel.get_lines() if line.get_linestyle() == "-"]
        for i, name in enumerate(names):
            pale, bold = lines[2 * i : 2 * i + 2]
            np.testing.assert_array_equal(pale.get_xydata(), np.stack([metrics["step"], metrics[name]], 1))
            middle = bold.get_ydata()[100]
            np.testing.assert_allclose(middle, metrics[name][88:113].mean())
        dashed = [line.get_ydata()[0] for line in panel.get_lines() if line.get_linestyle() == "--"]
        np.testing.assert_allclose(dashed, levels)
        assert [text.get_text() for text in panel.texts] == [NAMES[value] for value in levels]
        assert len(panel.get_legend().get_texts()) == 2
        assert panel.get_ylabel()
    assert axes[-1].get_xlabel() == "step"


def test_the_means_at_the_ends_are_over_the_steps_there_are(drawn):
    axes = drawn(plots.save_losses, metrics_of(40), 50).axes
    bold = axes[2].get_lines()[1]
    np.testing.assert_allclose(bold.get_ydata(), 0.75)


def test_a_run_of_one_step_shows_its_point(drawn):
    axes = drawn(plots.save_losses, metrics_of(1), 50).axes
    assert axes[0].get_lines()[1].get_marker() == "o"


def test_steps_are_counted_in_whole_numbers(drawn):
    axes = drawn(plots.save_losses, metrics_of(4), 50).axes
    low, high = axes[2].get_xlim()
    ticks = [tick for tick in axes[2].get_xticks() if low <= tick <= high]
    assert ticks == [1, 2, 3, 4]


def dashed(axes) -> dict[float, str]:
    """The levels of a panel and their names."""
    levels = [line.get_ydata()[0] for line in axes.get_lines() if line.get_linestyle() == "--"]
    return dict(zip(levels, [text.get_text() for text in axes.texts], strict=True))


@pytest.mark.parametrize(
    ("optimum", "expected"),
    [
        ((2.0, None), {2.0: "2"}),
        ((None, 0.25), {0.25: "0.25"}),
        ((np.log(4), -np.log(2)), {np.log(4): "log 4", -np.log(2): "-log 2"}),
        (None, {}),
    ],
)
def test_the_dashed_lines_are_the_optimum(drawn, optimum, expected):
    assert dashed(drawn(plots.save_losses, metrics_of(20), 50, optimum).axes[0]) == expected


def test_a_long_run_has_a_smooth_line(drawn):
    metrics = metrics_of(20_000)
    noise = np.random.default_rng(0).normal(size=20_000)
    metrics["d_loss"] = 1.4 + noise
    bold = drawn(plots.save_losses, metrics, 50).axes[0].get_lines()[1].get_ydata()
    assert np.diff(bold).std() < 0.02 * noise.std()
    assert abs(bold - 1.4).max() < 0.3


def test_one_outlier_does_not_set_the_range_but_a_diverging_loss_does(drawn):
    metrics = metrics_of(1000)
    metrics["g_loss"][500] = 1e3
    low, high = drawn(plots.save_losses, metrics, 50).axes[0].get_ylim()
    assert low < 0
    assert 40 < high < 60, "the mean over the 25 steps around it is in sight"
    metrics["g_loss"][500:] = 1e3
    _, high = drawn(plots.save_losses, metrics, 50).axes[0].get_ylim()
    assert high > 1e3


def test_a_nan_loss_leaves_a_gap(drawn):
    metrics = metrics_of(100)
    metrics["g_loss"][90:] = np.nan
    axes = drawn(plots.save_losses, metrics, 50).axes[0]
    bold = axes.get_lines()[3].get_ydata()
    assert np.isfinite(bold[:90]).all()
    assert np.isfinite(axes.get_ylim()).all()


@pytest.mark.parametrize(("steps", "steps_per_epoch", "drawn_too"), [(49, 50, 0), (50, 50, 1), (99, None, 0)])
def test_epochs_have_a_scale_once_there_is_one(drawn, steps, steps_per_epoch, drawn_too):
    panel = drawn(plots.save_losses, metrics_of(steps), steps_per_epoch).axes[2]
    assert [child.get_xlabel() for child in panel.child_axes] == ["epoch"] * drawn_too


def test_drawing_leaves_no_open_figure():
    """Nothing goes through pyplot, which keeps every figure until it is closed."""
    code = (
        "import sys, numpy as np; from minigan import plots;"
        "plots.save_histogram('a.png', np.arange(9.0), np.arange(9.0));"
        "assert 'matplotlib.pyplot' not in sys.modules and 'matplotlib' in sys.modules"
    )
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, timeout=60)
