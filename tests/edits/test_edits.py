"""An edit in ``layers/`` or ``kernels/reference/`` is never ignored: a default run executes it, and says so."""

import ast
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

import minigan
from minigan import backend, edits, kernels
from tests.edits import edited_run

PACKAGE = Path(minigan.__file__).parent
FILES = sorted(path.relative_to(PACKAGE).as_posix() for room in edits.ROOMS for path in (PACKAGE / room).glob("*.py"))
FILES = [name for name in FILES if not name.endswith("__init__.py")]

#: What a layer does besides its passes: it is called when a network is built, and not replaced by anything.
BUILDING = ("__init__", "__repr__", "compute_output_shape", "kernel_shape", "add_parameters", "rng_blocks")


def functions(text: str) -> list[str]:
    """The functions and methods of a file by dotted name, without those that only build where there are others."""
    found = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found.append(node.name)
        elif isinstance(node, ast.ClassDef):
            found += [f"{node.name}.{item.name}" for item in node.body if isinstance(item, ast.FunctionDef)]
    return [name for name in found if name.rpartition(".")[2] not in BUILDING] or found


def damaged(text: str, name: str) -> str:
    """The text with one function that divides by zero."""
    tree = ast.parse(text)
    owner, _, function = name.rpartition(".")
    owners = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner]
    node = next(
        node for node in (owners or [tree])[0].body if isinstance(node, ast.FunctionDef) and node.name == function
    )
    lines = text.splitlines()
    lines.insert(node.body[0].lineno - 1, " " * node.body[0].col_offset + "1 / 0")
    return "\n".join(lines) + "\n"


#: Of the passes of layers it is certain that they are called after the networks are built.
PASSES = ("forward", "backward")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., dict[str, str]]]:
    """Run a copy of the package, with the text of one file replaced."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, copy / "minigan", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, str(Path(__file__).with_name("edited_run.py")), str(copy)]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:

        def ask(name: str = "", text: str = "", penalised: bool = False) -> dict[str, str]:
            process.stdin.write(json.dumps([name, text, penalised]) + "\n")
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()


@pytest.fixture(scope="module")
def undamaged(run) -> dict[bool, str]:
    """How the run ends with the package as it is, without and with a gradient penalty."""
    answers = {penalised: run(penalised=penalised) for penalised in (False, True)}
    assert [answer["said"] for answer in answers.values()] == ["", ""]
    return {penalised: answer["ended"] for penalised, answer in answers.items()}


#: What no training step on a CPU calls, whatever the networks: protocols and abstract methods, copies to a device, and
#: the tangent passes of layers that mix examples, which gradient penalties refuse.
NEVER_CALLED = {
    "kernels/reference/optimizer.py": {"StepScalars.sync", "StepScalars.counted"},
    "kernels/reference/normalization.py": {"batch_norm_tangent_grad"},
    "layers/affine.py": {"Affine.product", "Affine.kernel_grad", "Affine.input_grad"},
    "layers/base.py": {
        "Layer.to",
        "Layer.forward",
        "Layer.backward",
        "Layer.tangent",
        "Layer.tangent_backward",
    },
    "layers/batch_norm.py": {"BatchNorm.tangent", "BatchNorm.tangent_backward"},
    "layers/convolution.py": {"Convolution2D.pads"},
    "layers/checks.py": {"converted"},
    "layers/linear_map.py": {"LinearMap.apply"},
    "layers/parameter.py": {"Parameter.to", "Parameter.with_grad"},
    "layers/minibatch_std_dev.py": {"MinibatchStdDev.tangent", "MinibatchStdDev.tangent_backward"},
}


def called(name: str) -> list[str]:
    """The functions of a file that a training step calls."""
    return [function for function in functions(source(name)) if function not in NEVER_CALLED.get(name, ())]


def source(name: str) -> str:
    """The text of a file of the package."""
    return (PACKAGE / name).read_text(encoding="utf-8")


def check_damage(run, name: str, function: str) -> None:
    """A run with this function damaged ends there; and says that its file was edited, if it comes to a network."""
    answers = []
    second_order = "tangent" in function or "second" in function
    for penalised in (second_order, not second_order):
        answers.append(run(name, damaged(source(name), function), penalised))
        if answers[-1]["ended"] == "ZeroDivisionError: division by zero":
            break
    assert answers[-1]["ended"] == "ZeroDivisionError: division by zero", function
    if answers[-1]["said"] or function.rpartition(".")[2] in PASSES:
        assert answers[-1]["said"].startswith(f"edited: minigan/{name}: "), function


def test_every_file_is_entered_by_a_run():
    entered: set[str] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(PACKAGE):
            entered.add(path.relative_to(PACKAGE).as_posix())

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        with kernels.using("reference"):
            for textbook, penalised in itertools.product((False, True), (False, True)):
                with backend.textbook(textbook):
                    edited_run.train(penalised)
    finally:
        sys.setprofile(before)
    assert set(FILES) <= entered, "a new layer goes into the networks of tests/edits/edited_run.py"


#: Files of every kind; `slow` has all functions of all files.
SOME = (
    "affine",
    "base",
    "batch_norm",
    "conv2d",
    "leaky_relu",
    "linear_map",
    "activations",
    "convolution",
    "normalization",
)


@pytest.mark.parametrize("name", [name for name in FILES if Path(name).stem in SOME])
def test_a_damaged_formula_ends_a_default_run_that_says_so(run, undamaged, name):
    check_damage(run, name, called(name)[-1])


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_so_does_every_function_of_every_file(run, undamaged, name):
    for function in called(name):
        check_damage(run, name, function)


def test_a_changed_formula_changes_the_weights(run, undamaged):
    name = "layers/conv2d.py"
    changed = source(name).replace("return kernels.conv2d_kernel_grad(", "return 2 * kernels.conv2d_kernel_grad(")
    answer = run(name, changed)
    assert changed != source(name)
    # The same file with another comment is unfused, too, and rounds otherwise: that is not the difference.
    commented = run(name, source(name) + "# nothing\n")
    said = "edited: minigan/layers/conv2d.py: no fused steps for Conv1D, Conv2D\n"
    assert commented["said"] == answer["said"] == said
    assert len({answer["ended"], commented["ended"], undamaged[False]}) == 3


def test_the_recorded_digests_are_those_of_the_files():
    assert edits.refresh() == frozenset(), "edited files: python -m minigan.edits records a change that is to stay"


def test_every_file_that_an_edited_one_is_imported_by_counts_as_edited(monkeypatch):
    monkeypatch.setattr(edits, "_edited", frozenset({"layers/affine.py", "kernels/reference/dropout.py"}))
    assert edits.edited_behind("minigan.layers.conv2d") == {"layers/affine.py"}
    assert edits.edited_behind("minigan.layers.relu") == frozenset()
    assert edits.edited_behind("minigan.kernels.reference.dropout") == {"kernels/reference/dropout.py"}
    assert edits.edited_behind("minigan.kernels.cpu.dropout") == edits.edited_behind("somewhere.else") == frozenset()


def test_an_edited_update_runs_as_it_is_written(monkeypatch):
    network = minigan.Sequential([minigan.layers.Dense(2)])
    network.build((3,))
    monkeypatch.setattr(edits, "_edited", frozenset({"optimizers.py"}))
    monkeypatch.setattr(minigan.optimizers.Adam, "update", lambda self, w, g, slots: np.copyto(w, 7))
    minigan.optimizers.Adam().step(network)
    np.testing.assert_array_equal(network.flat_data, 7)


def test_edited_random_numbers_are_those_that_are_written(monkeypatch):
    monkeypatch.setattr(edits, "_edited", frozenset({"random.py"}))
    monkeypatch.setattr(minigan.Stream, "_words", lambda self, count: np.zeros(count, np.uint64))
    np.testing.assert_array_equal(minigan.Stream(0).uniform((5,)), 0)


def test_edits_are_said_once(monkeypatch, caplog):
    monkeypatch.setattr(edits, "_edited", frozenset({"layers/tanh.py"}))
    monkeypatch.setattr(edits, "_announced", frozenset())
    for _ in range(2):
        edits.announce(["no fused steps for Tanh"])
    assert caplog.messages == ["edited: minigan/layers/tanh.py: no fused steps for Tanh"]


def test_recording_names_the_files_that_had_changed(monkeypatch, tmp_path):
    monkeypatch.setattr(edits, "DIGESTS", tmp_path / "digests.txt")
    edits._compare.cache_clear()
    try:
        assert edits.refresh() == {*FILES, *edits.FILES}
        assert edits.record() == sorted([*FILES, *edits.FILES])
        assert edits.refresh() == frozenset()
    finally:
        monkeypatch.undo()
        edits._compare.cache_clear()
        edits.refresh()
