"""The benchmarks of the GPU, as far as they can be tried without one."""

import importlib.util
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from rich.console import Console

from benchmarks.competitors import Competitor
from benchmarks.description import described
from benchmarks.gpu import command, competitors, measure
from benchmarks.gpu.competitors import BASELINE, CPU, GPU, choose
from benchmarks.gpu.kernels import Compared, compare, seconds_of
from benchmarks.gpu.measure import Clock, Measured, RunPlan, Setting, expected_losses, problems, run, settings
from benchmarks.gpu.problem import CHECKED, CHECKED_BATCH, save_problem
from benchmarks.gpu.report import draw_crossover, draw_kernels, draw_steps, kernel_table, notes, step_table
from benchmarks.kernels.cases import Case
from minigan import backend, kernels, layers
from minigan.errors import BackendError
from minigan.io.progress import Progress
from minigan.kernels import Kernel
from minigan.model.sequential import Sequential
from tests.devices.strict import strict_backend

#: Both models, so small that a step takes milliseconds.
SMALL: dict[str, dict[str, Any]] = {
    "dcgan28": {"image_size": 8, "generator_filters": (4, 3), "discriminator_filters": (3, 4, 5)},
    "dcgan64": {"generator_filters": (6, 4), "discriminator_filters": (4, 6), "channels": 3},
}

#: A module of `peers` for a GPU: steps take a millisecond, and losses are those of the variant.
FAKE = """
import time

class make:
    def __init__(self, problem, job):
        if job["variant"] == "broken" and job["batch"] == 64:
            raise RuntimeError("no luck today")
        self.loss = 1.5 if job["variant"] == "wrong" else 1.0
        self.slow = job["variant"] == "slow"

    def check(self, count):
        return [(self.loss, 2.0)] * count

    def block(self, count):
        time.sleep(60 if self.slow else 0.001 * count)
        return self.loss, 2.0
"""

ONE = {"dcgan28": [[1.0, 2.0]] * CHECKED}


@pytest.fixture
def fake(tmp_path: Path):
    """A competitor that needs no GPU."""
    (tmp_path / "fake_gpu.py").write_text(FAKE)
    return lambda variant="", package="numpy": Competitor(
        f"fake-{variant}", f"A fake, {variant}", "fake_gpu", variant, (package,), (("PYTHONPATH", str(tmp_path)),)
    )


@pytest.fixture
def play(tmp_path: Path):
    """Measure a competitor in some settings of a tiny dcgan28."""
    save_problem(tmp_path / "problem.npz", "dcgan28", images=8, **SMALL["dcgan28"])

    def play(competitor: Competitor, *asked: Setting, minutes: float = 1.0, expected: Any = ONE) -> list[Measured]:
        results = [Measured(competitor, setting) for setting in asked]
        paths = {"dcgan28": tmp_path / "problem.npz"}
        status, plan = Progress(), RunPlan(2, 0.005, 2)
        more = {"threads": 1, "device": "cpu"}
        run(results, Path(sys.executable), paths, expected, plan, Clock(minutes), status, more)
        return results

    return play


FLOAT, TF32 = Setting("dcgan28", 16, "float32"), Setting("dcgan28", 16, "tf32")


# The command


def test_without_a_gpu_one_line_says_so_and_the_status_is_2(run, monkeypatch):
    def missing() -> None:
        raise BackendError("no CuPy here")

    monkeypatch.setattr(backend, "device", missing)
    outcome = run("gpu")
    assert (outcome.status, outcome.out) == (2, "no GPU to measure: no CuPy here\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--peers", "tensorflow"), "expected all, none, or some of torch, torch-eager"),
        (("--precision", "half"), "expected some of float32, tf32"),
        (("--batch", "0"), "expected whole numbers"),
        (("--only", "("), "is no regular expression"),
    ],
)
def test_wrong_usage_is_told_before_a_gpu_is_looked_for(run, arguments, message):
    outcome = run("gpu", *arguments)
    assert outcome.status == 2
    assert message in outcome.words


def test_the_command_measures_prints_writes_and_draws(run, monkeypatch, tmp_path, fake, read):
    device = {"name": "A card", "cupy": "14.0", "cuda": "12.9"}
    own = [fake("one")._replace(name="minigan-graph"), fake("two")._replace(name="minigan-launches")]
    monkeypatch.setattr(command, "needed_device", lambda: device)
    monkeypatch.setattr(command, "choose", lambda peers: [*own, fake("three", package="no_such_package")])
    monkeypatch.setattr(command, "CPU", own[0]._replace(name="minigan-cpu"))
    monkeypatch.setattr(command, "expected_losses", lambda *_: {})
    monkeypatch.setattr(command, "LARGE_BATCHES", ())
    monkeypatch.setattr(command, "interpreters", lambda *_: dict.fromkeys(("minigan", "fake"), Path(sys.executable)))
    monkeypatch.setattr(command, "on_kernels", lambda *_: [COMPARED])
    monkeypatch.setattr(command, "problems", lambda models: problems(["dcgan28"], images=8, **SMALL["dcgan28"]))
    options = ("--batch", "16", "--crossover", "4,16", "--seconds", "0.005", "--repeat", "2")
    outcome = run("gpu", *options, "--json", tmp_path / "gpu.json", "--plot", tmp_path)
    assert outcome.status == 0, outcome.out
    assert "On A card, with CuPy 14.0 and CUDA 12.9." in outcome.out
    assert "One step of dcgan28, batches of 16, tf32" in outcome.out
    assert "not installed" in outcome.out
    figures = read(tmp_path / "gpu.json")
    assert figures["settings"]["gpu"] == device
    results = figures["results"]
    assert [len(results[name]) for name in ("steps", "crossover", "kernels")] == [6, 6, 1]
    assert all(len(found["blocks"]) == 2 for found in results["crossover"])
    assert {path.name for path in tmp_path.glob("*.png")} == {"gpu-steps.png", "gpu-crossover.png", "gpu-kernels.png"}


def test_peers_are_chosen_by_name_and_family():
    assert choose("all") == list(GPU.values())
    assert [peer.name for peer in choose("none")] == ["minigan-graph", "minigan-launches"]
    assert [peer.name for peer in choose("jax,torch-graph")][2:] == ["torch-graph", "jax"]
    with pytest.raises(typer.BadParameter, match=r"expected all, none, or some of torch, torch-eager.*got 'minigan'"):
        choose("minigan")
    assert BASELINE is choose("none")[0]
    assert set(competitors.PRECISIONS) == set(measure.TOLERANCE)


# What is measured, and within what time


def test_the_most_important_settings_come_first():
    asked = settings({"small": [64, 256], "large": [64]}, ["float32", "tf32"])
    assert [(model, batch) for model, batch, _ in asked] == [("small", 64)] * 2 + [("large", 64)] * 2 + [
        ("small", 256)
    ] * 2
    assert [precision for *_, precision in asked] == ["float32", "tf32"] * 3


def test_a_part_of_the_time_ends_earlier():
    clock = Clock(10)
    assert clock.left == pytest.approx(600, abs=1)
    assert clock.until(0.5).left == pytest.approx(300, abs=1)
    assert Clock(0).left <= 0


def test_a_contestant_is_compared_and_timed_in_blocks(fake, play):
    one, other = play(fake(), FLOAT, TF32)
    for found in (one, other):
        assert found.error == ""
        assert found.difference == 0
        assert not found.failed
        assert len(found.blocks) == 2
        assert found.seconds.median > 0.001
        assert found.record()["batch"] == 16
        assert json.dumps(found.record())
    assert one.first > 0


def test_losses_that_differ_are_a_failure(fake, play):
    (found,) = play(fake("wrong"), FLOAT)
    assert found.difference == pytest.approx(0.5)
    assert found.differs
    assert found.failed


def test_losses_are_not_compared_with_none(fake, play):
    (found,) = play(fake("wrong"), FLOAT, expected={})
    assert found.difference is None
    assert not found.failed


def test_after_a_failure_the_next_setting_is_measured(fake, play):
    broken, good = play(fake("broken"), FLOAT._replace(batch=64), FLOAT, expected={})
    assert "no luck today" in broken.error
    assert broken.failed
    assert broken.blocks == []
    assert good.error == ""
    assert good.blocks


def test_what_there_is_no_time_for_is_left_out(fake, play):
    began = time.monotonic()
    one, other = play(fake("slow"), FLOAT, TF32, minutes=0.02)
    assert time.monotonic() - began < 30
    assert (one.error, other.error) == ("no time left", "no time left")
    assert not one.failed


# The competitors themselves


@pytest.mark.parametrize("model", SMALL)
def test_a_network_is_described_layer_by_layer(model: str, tmp_path: Path):
    save_problem(tmp_path / "problem.npz", model, images=5, **SMALL[model])
    with np.load(tmp_path / "problem.npz") as file:
        arrays = dict(file)
    networks = json.loads(str(arrays["layers"]))
    assert networks.keys() == {"generator", "discriminator"}
    assert networks["generator"][-1] == {"kind": "tanh"}
    assert networks["discriminator"][-1] == {"kind": "dense"}
    assert arrays["pixels"].dtype == np.uint8
    assert len(arrays["pixels"]) == 5
    assert arrays["real"].shape == (CHECKED, CHECKED_BATCH, *arrays["pixels"].shape[1:])


def test_a_layer_that_the_peers_do_not_have_is_refused():
    network = Sequential([layers.Softmax()], name="strange")
    network.build((3,), seed=0)
    with pytest.raises(TypeError, match="the peers have no Softmax"):
        described(network)


def first_losses(competitor: Competitor, model: str, folder: Path) -> list[list[float]]:
    path = folder / "problem.npz"
    save_problem(path, model, images=80, **SMALL[model])
    more = {"threads": 1, "device": "cpu", "options": SMALL[model]}
    session = measure.Session(competitor, Path(sys.executable), {model: path}, more)
    try:
        losses = session.losses(Setting(model, 16, "float32"))
        session.make(Setting(model, 16, "float32"), dropout=1.0)
        assert np.isfinite(session.worker.ask(do="block", steps=3)["losses"]).all()
        return losses
    finally:
        session.worker.close()


@pytest.mark.slow
@pytest.mark.parametrize("model", SMALL)
@pytest.mark.parametrize("name", ["torch-eager", "torch-channels-last", "jax"])
def test_a_peer_computes_what_minigan_does(name: str, model: str, tmp_path: Path):
    if importlib.util.find_spec(GPU[name].family) is None:
        pytest.skip(f"{GPU[name].family} is not installed")
    expected = first_losses(CPU, model, tmp_path)
    np.testing.assert_allclose(first_losses(GPU[name], model, tmp_path), expected, rtol=1e-3)


def test_minigan_takes_the_steps_on_the_cpu(tmp_path: Path):
    losses = first_losses(CPU, "dcgan64", tmp_path)
    assert losses == first_losses(CPU, "dcgan64", tmp_path)
    assert len({tuple(pair) for pair in losses}) == CHECKED
    path, more = tmp_path / "problem.npz", {"threads": 1, "device": "cpu", "options": SMALL["dcgan64"]}
    assert expected_losses({"dcgan64": path}, Path(sys.executable), more) == {"dcgan64": losses}


# Kernels


def test_a_kernel_is_compared_on_both_sides(monkeypatch):
    calls: list[str] = []

    def twin(name: str) -> Any:
        def work(x: Any, pair: tuple) -> Any:
            calls.append(f"{name} on {backend.array_module(x).__name__} and {backend.array_module(pair[0]).__name__}")
            return x

        return work

    monkeypatch.setitem(kernels.TABLE, "tried", Kernel(twin("definition"), twin("CPU"), twin("CUDA")))
    case = Case("tried", "3", (np.zeros(3, np.float32), (np.zeros(2, np.float32), 1)), 0)
    with strict_backend():
        found = compare(case, 3, 1e-4)
    assert set(calls) == {"definition on cupy and cupy", "CPU on numpy and numpy", "CUDA on cupy and cupy"}
    assert min(found.cpu, found.definition, found.cuda) > 0
    assert found.record()["batch"] == 3


def test_a_twin_that_declines_has_no_time():
    assert seconds_of(lambda x: NotImplemented, (1,), "numpy", 1e-4) is None


# Reports

COMPARED = Compared(Case("tanh", "64x28", (), 1e6), 64, 1e-3, 2e-4, 1e-4)


def measured(competitor: Competitor, blocks: list[float], error: str = "", setting: Setting = FLOAT) -> Measured:
    return Measured(competitor, setting, {"numpy": "2.0"}, 1e-5, 0.5, blocks, error)


def printed(table: Any) -> str:
    console = Console(width=160, file=io.StringIO())
    console.print(table)
    return console.file.getvalue()


def test_the_tables_compare_with_minigan_s_graph_and_say_who_failed():
    results = [
        measured(BASELINE, [0.001, 0.001]),
        measured(GPU["torch-eager"], [0.004, 0.004]),
        measured(GPU["jax"], [], "failed: out of memory"),
    ]
    text = printed(step_table(results))
    assert "dcgan28, batches of 16, float32" in text
    eager = next(line for line in text.splitlines() if "PyTorch, eager" in line)
    assert "4.000" in eager
    assert "4.00 " in eager
    assert "same to 1e-05" in eager
    lines = list(notes(results))
    assert "JAX, jit: failed: out of memory" in lines
    assert "Versions: numpy 2.0." in lines
    assert "1 of 3 settings have no results." in lines
    kernel = printed(kernel_table([COMPARED, COMPARED._replace(cpu=None, cuda=None)]))
    assert "1000.0" in kernel
    assert "10.0" in kernel


def test_pictures_are_drawn_of_whatever_there_is(tmp_path: Path):
    printer = Console(quiet=True)
    results = [
        measured(competitor, [0.01 / size], setting=FLOAT._replace(batch=size))
        for competitor in (CPU, BASELINE)
        for size in (1, 4, 16)
    ]
    draw_steps(results, tmp_path, printer)
    draw_crossover(results, tmp_path, printer)
    draw_kernels([COMPARED, COMPARED._replace(batch=4)], tmp_path, printer)
    assert len(list(tmp_path.glob("gpu-*.png"))) == 3
    draw_steps([], tmp_path, printer)
    draw_crossover([], tmp_path, printer)
    draw_kernels([], tmp_path, printer)
