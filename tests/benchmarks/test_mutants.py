"""The mutation check: its damages are what they say, and the gradient checks notice them."""

import ast
import signal
from functools import cache

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.mutants import command, mutants, mutate
from benchmarks.mutants.concern import concerned
from benchmarks.mutants.mutate import Mutant, NegativeNumbers, all_mutants, find, installed, mutants_of
from benchmarks.mutants.page import page
from benchmarks.mutants.reasons import AT_THE_KINK, REASONS
from benchmarks.mutants.run import trial

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="the time limit needs SIGALRM")

every_mutant = cache(all_mutants)


def damaged(body: str) -> set[tuple[str, str]]:
    """The kinds of damage to a function, and its body afterwards."""
    function = NegativeNumbers().visit(ast.parse(f"def backward(dy, x, x_dot):\n    {body}")).body[0]
    return {(mutant.kind, mutant.source.split("\n    ", 1)[1]) for mutant in mutants_of("toy.py", "backward", function)}


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ("return dy - x", "sign flipped", "return dy + x"),
        ("return dy - x", "sign flipped", "return -(dy - x)"),
        ("return dy - x", "factor 2", "return dy - 2 * x"),
        ("return dy - x", "term dropped", "return -x"),
        ("return x * x_dot", "factor dropped", "return x"),
        ("return x / dy.size", "factor dropped", "return x"),
        ("return dy * x", "identity", "return dy"),
        ("return dy @ x.T", "axes transposed", "return dy @ x"),
        ("return dy @ x", "axes transposed", "return x @ dy"),
        ("return dy.reshape(2, 3)", "arguments exchanged", "return dy.reshape(3, 2)"),
        ("return dy[:, None]", "axes transposed", "return dy[None, :]"),
        ("return dy.sum(axis=(1, 2))", "another axis", "return dy.sum(axis=(0, 2))"),
        ("return dy.sum(axis=0)", "mean for sum", "return dy.mean(axis=0)"),
        ("return channel_sum(dy)", "mean for sum", "return channel_sum(dy) / len(dy)"),
        ("return dy[1:x]", "off by one", "return dy[2:x]"),
        ("return dy[1:x]", "off by one", "return dy[1:x - 1]"),
        ("return dy[x > 0]", "comparison flipped", "return dy[x < 0]"),
        ("return dy[x > 0]", "comparison made strict or not", "return dy[x >= 0]"),
        ("return dy if x else x_dot", "condition dropped", "return dy if True else x_dot"),
        ("return 3 * dy", "wrong constant", "return 4 * dy"),
        ("return -1 * dy", "wrong constant", "return 0 * dy"),
        ("return dy * x_dot", "wrong variable", "return dy * x"),
        ("dy += x", "= for +=", "dy = x"),
        ("dy += x", "term dropped", "pass"),
    ],
)
def test_a_mutant_has_the_damage_that_its_kind_says(body, kind, expected):
    assert (kind, expected) in damaged(body)


def test_checks_and_docstrings_are_not_damaged():
    assert not damaged('"""Twice 2 + 2."""')
    assert not damaged("self.check_backward(dy, cache)")


def test_every_damage_is_another_text_and_compiles():
    mutants = every_mutant()
    assert len({(mutant.place, mutant.source) for mutant in mutants}) == len(mutants) > 1000
    for mutant in mutants:
        compile(mutant.source, mutant.place, "exec")


def test_mutants_come_in_the_same_order_every_time(monkeypatch):
    few = {pattern: names for pattern, names in mutate.SOURCES.items() if pattern in ("losses/*.py", "penalties.py")}
    monkeypatch.setattr(mutate, "SOURCES", few)
    files = ("losses/", "penalties.py")
    assert all_mutants() == [mutant for mutant in every_mutant() if mutant.file.startswith(files)]


def test_reasons_are_of_mutants_that_exist():
    assert REASONS.keys() <= {(mutant.place, mutant.kind) for mutant in every_mutant()}


def mutant_of(file: str, function: str, before: str, after: str) -> Mutant:
    """The one that puts `after` in the place of `before`."""
    wanted = (file, function, before, after)
    return next(m for m in every_mutant() if (m.file, m.function, m.before, m.after) == wanted)


TANH = ("kernels/reference/activations.py", "tanh_grad", "1 - y * y", "1 + y * y")
DENSE = ("layers/affine.py", "Affine.backward", "self.kernel.grad += self.kernel_grad(cache.x, dz)", "pass")


@pytest.mark.parametrize(("which", "case"), [(TANH, "tanh"), (DENSE, "dense")])
def test_a_damaged_backward_is_noticed(which, case):
    mutant = mutant_of(*which)
    assert case in concerned(mutant)
    assert "WRONG" in trial(mutant, [case])


def test_an_undamaged_function_is_not_noticed():
    mutant = mutant_of(*TANH)
    healthy = mutant._replace(source=mutant.source.replace(mutant.after, mutant.before))
    assert trial(healthy, ["tanh", "dense-activation"]) == ""


def test_the_function_is_restored_afterwards():
    mutant = mutant_of(*TANH)
    function = find(mutant)
    healthy = function.__code__
    with installed(mutant):
        assert function.__code__ is not healthy
    assert function.__code__ is healthy
    assert trial(mutant, []) == ""


def test_a_kernel_concerns_the_layers_that_run_it():
    cases = concerned(mutant_of("kernels/reference/windows.py", "scatter", "dx is None", "True"))
    assert {"conv2d-same", "conv2d-transpose-same", "max-pooling", "average-pooling"} <= set(cases)
    assert not {"dense", "tanh", "batch-norm"} & set(cases)


RELU = ("kernels/reference/activations.py", "leaky_relu_grad", "x > 0", "x >= 0")


def test_the_page_has_the_numbers_the_kinds_and_the_survivors():
    found = [mutant_of(*DENSE), mutant_of(*TANH), mutant_of(*RELU)]
    lines = page(found, ["dense: raised ValueError: no", "", ""]).splitlines()
    assert "**1 of 3 mutants are noticed, 33.3%.** 1 of them raise, which any test would notice." in lines
    assert "Of the 2 that run without an error, 0 are noticed, 0.0%." in lines
    assert "| term dropped | 1 | 1 | `self.kernel.grad += self.kernel_grad(cache.x, dz)` → `pass` |" in lines
    assert "| `layers/affine.py` | 1 | 1 | 1 |  |" in lines
    assert "| `kernels/reference/activations.py` | 2 |  |  | 2 |" in lines
    assert "| all | 3 | 1 | 1 | 2 |" in lines
    known, unknown = lines.index(f"**{AT_THE_KINK.capitalize()}.**"), lines.index("**No reason is known.**")
    assert lines[known + 2].startswith("- `kernels/reference/activations.py:leaky_relu_grad`, comparison made strict")
    assert lines[unknown + 2].startswith("- `kernels/reference/activations.py:tanh_grad`, sign flipped: `return ")


def test_the_page_of_a_run_in_which_all_are_noticed():
    assert page([mutant_of(*TANH)], ["tanh: WRONG"]).endswith("## What is not noticed\n\nEvery mutant is noticed.\n")


@pytest.fixture
def run(monkeypatch):
    """The command, with trials that notice every mutant at once."""
    monkeypatch.setattr(command, "all_mutants", every_mutant)
    monkeypatch.setattr(command, "outcomes", lambda found, jobs, console: ["WRONG"] * len(found))
    app = typer.Typer()
    app.command()(mutants)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_writes_the_page(run, tmp_path):
    result = run("--page", tmp_path / "mutants.md")
    assert result.exit_code == 0
    assert result.output.endswith("mutants are noticed, 100.0%; 0 of them raise\n")
    found = every_mutant()
    assert (tmp_path / "mutants.md").read_text(encoding="utf-8") == page(found, ["WRONG"] * len(found))


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--page", "mutants.md", "--only", "tanh"], "leave out --only"),
        (["--page", "mutants.md", "--list"], "leave out --only"),
        (["--page", "nowhere/mutants.md"], "a folder that exists"),
        (["--page", "."], "a folder that exists"),
    ],
)
def test_a_page_that_cannot_be_written_is_refused_before_the_trials(run, tmp_path, monkeypatch, arguments, part):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    result = run(*arguments)
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert part in result.output
