"""The command gradcheck: which cases, what it prints, what it writes, and its exit status."""

import json
import re
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from minigan import backend
from minigan.cli.gradcheck import show
from minigan.gradcheck import Report, Row, check
from minigan.gradcheck.builtin import discovery
from minigan.gradcheck.builtin.cases import CASES

SQUARE = """
from typing import Any, NamedTuple

from minigan.layers import Layer
from minigan.layers.base import INFERENCE


class SquareCache(NamedTuple):
    x: Any
    stamp: Any


class Square(Layer):
    def forward(self, x, ctx=INFERENCE):
        self.check_input(x)
        return x * x, SquareCache(x, self.stamp(x))

    def backward(self, dy, cache, param_grads=True):
        self.check_backward(dy, cache)
        return FACTOR * cache.x * dy
"""
RIGHT, WRONG = SQUARE.replace("FACTOR", "2"), SQUARE.replace("FACTOR", "3")


@pytest.fixture
def written(tmp_path):
    """A Python file of the user's."""

    def write(text: str, name: str = "mine.py") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def refused(outcome, *parts: str) -> None:
    """One line on stderr that has all the parts, status 2, and nothing else."""
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("minigan: ")
    assert outcome.err.count("\n") == 1, outcome.err
    for part in parts:
        assert part in outcome.err


# The package's own cases


@pytest.mark.slow
def test_all_that_is_in_the_package_is_right(minigan):
    """Slow: without the command, test_gradients, test_losses and test_steps check the same."""
    status, out, err = minigan("gradcheck")
    assert (status, err) == (0, "")
    *lines, last = out.splitlines()
    assert [line.split()[0] for line in lines] == [case.name for case in CASES]
    assert re.fullmatch(rf"\d+ checks of {len(CASES)} cases, seed 0: nothing is wrong", last)


@pytest.fixture
def quick(monkeypatch) -> list:
    """Every case passes at once, but for those named wrong; gives what was checked."""
    checked = []

    def run_case(case, seed):
        checked.append((case.name, seed))
        verdict = "WRONG" if case.name == "tanh" else "ok"
        rows = [
            Row(case.name, "x", "differences, full", verdict, 0.5, 1e-7, kinks=case.name == "relu", detail="far off"),
            Row(case.name, "x", "complex step, full", "not applicable", detail="because"),
        ]
        return Report(rows, seed)

    monkeypatch.setattr(discovery, "run_case", run_case)
    return checked


def test_without_names_every_case_is_checked_in_a_line_of_its_own(minigan, quick):
    status, out, _ = minigan("gradcheck", "--seed", 3)
    assert status == 1
    assert quick == [(case.name, 3) for case in CASES]
    lines = out.splitlines()[: len(CASES)]
    assert [line.split()[0] for line in lines] == [case.name for case in CASES]
    width = max(len(case.name) for case in CASES)
    for line, case in zip(lines, CASES, strict=True):
        verdict = "WRONG" if case.name == "tanh" else "ok"
        kinks = ", 1 at kinks" if case.name == "relu" else ""
        assert line == f"{case.name:{width}}  {verdict:5}    1 checks{kinks}"


def test_what_is_wrong_stands_below_with_all_that_is_known(minigan, quick):
    status, out, _ = minigan("gradcheck", "elu", "tanh")
    assert status == 1
    _, _, head, row, note, last = out.splitlines()
    assert head.split() == ["target", "quantity", "mode", "error", "tolerance", "kinks", "verdict"]
    assert row.split() == ["tanh", "x", "differences,", "full", "5.0e-01", "1e-07", "WRONG"]
    assert note == "tanh: x, by differences, full: WRONG, relative error 5.00e-01 (allowed 1e-07); far off"
    assert last == "2 checks of 2 cases, seed 0: 1 wrong"


def test_the_table_shows_everything_if_asked(minigan, quick):
    out = minigan("gradcheck", "softplus", "elu", "--table").out
    assert re.search(r"^softplus +x +differences, full .* ok *$", out, re.MULTILINE)
    assert re.search(r"^elu +x +differences, full .* ok *$", out, re.MULTILINE)
    assert "elu: x, by complex step, full: not applicable; because" in out


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Softplus"], ["softplus"]),
        (["softPLUS", "Tanh"], ["softplus", "tanh"]),
        (["conv2d-1x1"], ["conv2d-1x1"]),
        (["losses"], [case.name for case in CASES if case.subject == "losses"]),
        (["steps"], [case.name for case in CASES if case.subject == "steps"]),
        (["MaxPooling2D"], ["max-pooling", "max-pooling-overlap"]),
    ],
)
def test_names_choose_layers_kinds_and_cases(minigan, quick, names, expected):
    minigan("gradcheck", *names)
    assert [name for name, _ in quick] == expected


def test_one_case_is_shown_as_a_table(minigan):
    status, out, err = minigan("gradcheck", "softplus")
    assert (status, err) == (0, "")
    head, first, *_, last = out.splitlines()
    assert head.split() == ["target", "quantity", "mode", "error", "tolerance", "kinks", "verdict"]
    assert first.split()[:4] == ["softplus", "x", "differences,", "full"]
    assert re.fullmatch(r"\d+ checks of 1 case, seed 0: nothing is wrong", last)


def test_losses_for_real(minigan):
    status, out, err = minigan("gradcheck", "losses", "--seed", 5)
    assert (status, err) == (0, "")
    assert out.endswith("seed 5: nothing is wrong\n")
    assert "WRONG" not in out


@pytest.mark.parametrize("name", ["batch-norm-bare", "elu"])
def test_the_table_fits_a_terminal_of_80_columns(name):
    (case,) = (case for case in CASES if case.name == name)
    report, shown = discovery.run_case(case, 0), StringIO()
    show(Console(file=shown, width=80, force_terminal=True, color_system=None), report)
    lines = shown.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if "…" in line]
    assert len([line for line in lines if line.rstrip().endswith((" ok", " n/a"))]) == len(report.rows)


def test_a_seed_repeats_the_figures(minigan):
    first, again, other = (minigan("gradcheck", "softplus", "--seed", seed).out for seed in (1, 1, 2))
    assert first == again
    assert first.replace("seed 1", "") != other.replace("seed 2", "")


def test_unknown_names_are_refused(minigan):
    refused(minigan("gradcheck", "Dense", "Convolution"), "unknown case 'Convolution'", "Conv2D", "losses", "steps")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--backend", "torch"], "one of numpy, cupy, auto"),
        (["--seed", "x"], "--seed"),
        (["dense", "--file", "mine.py"], "names of cases or --file, got both"),
        (["--shape", "3,4"], "--shape is for the layers of a --file"),
        (["dense", "--plot", "taken.txt"], "--plot: expected a folder, got the file taken.txt"),
        (
            ["dense", "--json", "nowhere/figures.json"],
            "--json: expected a file that can be written, got nowhere/figures.json: no such folder",
        ),
        (["dense", "--json", "."], "--json: expected a file"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_checked(minigan, quick, arguments, part):
    Path("taken.txt").write_text("")
    refused(minigan("gradcheck", *arguments), part)
    assert quick == []


@pytest.mark.parametrize(
    ("arguments", "environment", "chosen"),
    [([], None, "numpy"), ([], "auto", "auto"), (["--backend", "auto"], "numpy", "auto")],
)
def test_the_backend_is_that_of_the_flag_or_else_of_the_environment(
    minigan, quick, monkeypatch, arguments, environment, chosen
):
    loaded = []
    monkeypatch.setattr(backend, "_active", None)
    monkeypatch.setattr(backend, "_module", lambda name: loaded.append(name) or np)
    if environment:
        monkeypatch.setenv("MINIGAN_BACKEND", environment)
    assert minigan("gradcheck", "elu", *arguments).status == 0
    assert loaded == [chosen]


def test_an_unknown_backend_in_the_environment_is_refused(minigan, quick, monkeypatch):
    monkeypatch.setattr(backend, "_active", None)
    monkeypatch.setenv("MINIGAN_BACKEND", "abacus")
    refused(minigan("gradcheck", "elu"), "unknown backend 'abacus'", "numpy, cupy, auto")
    assert quick == []
    assert minigan("gradcheck", "elu", "--backend", "numpy").status == 0


# A file of the user's


def test_a_right_layer_in_a_file(minigan, written):
    status, out, err = minigan("gradcheck", "--file", written(RIGHT))
    assert (status, err) == (0, "")
    assert re.search(r"^Square +x +differences, full .* ok *$", out, re.MULTILINE)
    assert re.search(r"^Square, inference +x", out, re.MULTILINE)
    assert "Square: x, by adjoint identity: not applicable; it has no tangent pass" in out
    assert "seed 0: nothing is wrong" in out.splitlines()[-1]


def test_a_wrong_layer_in_a_file(minigan, written):
    status, out, err = minigan("gradcheck", "--file", written(WRONG))
    assert (status, err) == (1, "")
    assert re.search(r"^Square +x +differences, full .* WRONG *$", out, re.MULTILINE)
    assert re.search(r"^Square: x, by differences, full: WRONG, .* at index \(\d, \d\): backward ", out, re.MULTILINE)
    assert "everywhere by the factor 1.5" in out
    assert out.splitlines()[-1].endswith("4 wrong")


def test_objects_are_checked_as_they_are_and_named_as_in_the_file(minigan, written):
    text = (
        RIGHT
        + """
from minigan.layers import Dense, Flatten, MaxPooling2D
from minigan.model.sequential import Sequential

hidden = Dense(3)
judge = Sequential([MaxPooling2D(2), Flatten(), Dense(1), Square()])
built = Dense(2)
built.build((7,))
weights = built.kernel.data.copy()
"""
    )
    status, out, err = minigan("gradcheck", "--file", written(text))
    assert (status, err) == (0, "")
    targets = re.findall(r"^(\w+)  ", out, re.MULTILINE)
    assert [name for name in targets if name != "target"] == ["hidden", "judge", "built"]
    assert "dense.kernel" in out


@pytest.mark.parametrize(
    ("shape", "status", "part"),
    [
        ("2,3", 0, "nothing is wrong"),
        ("2,3,4,5", 0, "nothing is wrong"),
        ("2", 2, "--shape: expected sizes with the batch axis first, such as 2,5,4,3, got '2'"),
        ("2,x", 2, "got '2,x'"),
        ("2,0", 2, "got '2,0'"),
        ("", 2, "got ''"),
    ],
)
def test_the_shape_of_the_input(minigan, written, shape, status, part):
    outcome = minigan("gradcheck", "--file", written(RIGHT), "--shape", shape, "--json", "a.json")
    assert outcome.status == status
    assert part in outcome.out + outcome.err
    if status == 0:
        sizes = [int(size) for size in shape.split(",")]
        index = json.loads(Path("a.json").read_text())["rows"][0]["index"]
        assert len(index) == len(sizes)
        assert all(place < size for place, size in zip(index, sizes))
    else:
        refused(outcome)


def test_layers_of_images_are_tried_on_images(minigan, written):
    status, out, _ = minigan("gradcheck", "--file", written("from minigan.layers import Conv2D\nc = Conv2D(2, 3)\n"))
    assert status == 0
    assert re.search(r"^c +x +differences, full", out, re.MULTILINE)


RAISES = RIGHT.replace("return 2 * cache.x * dy", "raise IndexError('no such thing')")


def test_what_a_layer_raises_is_reported_with_its_place(minigan, written):
    status, out, err = minigan("gradcheck", "--file", written(RAISES))
    assert (status, err) == (1, "")
    line = RAISES.splitlines().index("        raise IndexError('no such thing')") + 1
    assert (
        f"Square: forward and backward run, by behaviour: WRONG; IndexError: no such thing (mine.py, line {line})"
        in out
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("import nosuchmodule", ["mine.py cannot be run: ModuleNotFoundError", "nosuchmodule", "(mine.py, line 1)"]),
        ("def f(:", ["mine.py cannot be run: SyntaxError"]),
        ("raise SystemExit(3)", ["mine.py cannot be run: SystemExit: 3"]),
        ("x = 1", ["mine.py: expected a layer, an object or a class that derives from Layer, found none"]),
        ("from minigan.layers import Dense", ["mine.py: expected a layer", "found none"]),
        (
            RIGHT + "    def __init__(self, size):\n        super().__init__()\n",
            ["mine.py: Square needs arguments, so make an object of it there", "size"],
        ),
        (
            RIGHT + "    def __init__(self):\n        super().__init__()\n        self.slope = len(7)\n",
            ["Square cannot be made: TypeError: object of type 'int' has no len() (mine.py, line 23)"],
        ),
        (
            RIGHT + "    def __init__(self):\n        super().__init__()\n        raise KeyError('alpha')\n",
            ["Square cannot be made: KeyError: 'alpha' (mine.py, line 23)"],
        ),
        (
            RIGHT + "    def build(self, shape):\n        kind = 'zeros'\n        kind(shape)\n",
            ["Square cannot be built or run: TypeError: 'str' object is not callable (mine.py, line 23)"],
        ),
        (
            "from minigan.layers import Layer, NoSuchLayer",
            ["mine.py cannot be run: ImportError"],
        ),
        (
            RIGHT.replace("return x * x,", "return x.reshape(7),"),
            [
                "Square does not take an input of shape (3, 5) or (2, 5, 4, 2), give --shape: ValueError",
                "mine.py, line",
            ],
        ),
    ],
)
def test_files_without_a_layer_that_runs_are_refused(minigan, written, text, parts):
    refused(minigan("gradcheck", "--file", written(text)), *parts)


@pytest.mark.parametrize("name", ["missing.py", ".", "layer.txt"])
def test_what_is_no_python_file_is_refused(minigan, tmp_path, name):
    (tmp_path / "layer.txt").write_text("x = 1")
    refused(
        minigan("gradcheck", "--file", tmp_path / name), f"expected a Python file with a layer, got {tmp_path / name}"
    )


# What it writes


def test_pictures_of_every_case(minigan):
    assert minigan("gradcheck", "softplus", "elu", "--plot", "pictures/new").status == 0
    assert sorted(path.name for path in Path("pictures/new").iterdir()) == ["elu.png", "softplus.png"]
    for path in Path("pictures/new").iterdir():
        with Image.open(path) as picture:
            assert min(picture.size) > 300
            assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_figures_as_json(minigan, written):
    assert minigan("gradcheck", "--file", written(WRONG), "--json", "figures.json", "--seed", 2).status == 1
    facts = json.loads(Path("figures.json").read_text(encoding="utf-8"))
    assert (facts["ok"], facts["seed"]) == (False, 2)
    assert {row["target"] for row in facts["rows"]} == {"Square", "Square, inference"}
    wrong = [row for row in facts["rows"] if row["verdict"] == "WRONG"]
    assert [row["mode"] for row in wrong] == 2 * ["differences, full", "complex step, full"]
    assert len(wrong[0]["steps"]) == len(wrong[0]["errors"]) >= 8


def test_figures_are_those_of_the_library(minigan):
    minigan("gradcheck", "softplus", "--json", "figures.json", "--seed", 9)
    (case,) = (case for case in CASES if case.name == "softplus")
    expected = check(case.make(), case.shape, seed=9, name="softplus").to_json()
    assert json.loads(Path("figures.json").read_text()) == json.loads(expected)


def test_the_help_lists_every_option(minigan, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    page = " ".join(minigan("gradcheck", "--help").out.split())
    for part in (
        "[NAME ...]",
        "--file FILE",
        "--shape N,...",
        "--seed",
        "--table",
        "--plot DIR",
        "--json FILE",
        "--backend",
    ):
        assert part in page
    assert "exit status is 1 when anything is wrong" in page


# The table at any width


@pytest.mark.parametrize("name", ["PReLU", "batch-norm-bare", "generator-step-hinge"])
def test_the_table_is_not_folded_in_a_pipe(minigan, monkeypatch, name):
    pages = []
    for width in (40, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        pages.append(minigan("gradcheck", name, "--table").out)
    assert pages[0] == pages[1]
    head, *lines = pages[0].splitlines()
    assert head.split()[-1] == "verdict"
    rows = [line for line in lines if line[len(head) - 7 :].strip() in ("ok", "n/a")]
    assert len(rows) >= int(lines[-1].split()[0])  # each row is one line
