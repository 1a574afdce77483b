"""``python -m benchmarks quality``: everybody is given and measured alike, and what is said of it is so."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import minigan as mg
from benchmarks.quality import command, measure
from benchmarks.quality.command import new_runs, trainers
from benchmarks.quality.measure import Mark, Run, check, failed, measure_runs, problem_file
from benchmarks.quality.report import Curve, curves, draw, notes, table
from benchmarks.quality.run_plan import RunPlan, batch_order, save_run_plan
from minigan.io.progress import Progress
from minigan.metrics import FrechetDigits
from minigan.training.batch_steps import make_batch

TINY = {"generator_filters": (4, 4), "discriminator_filters": (4, 4), "latent_size": 5}
SMALL = ("--steps", 3, "--every", 2, "--batch", 4, "--samples", 20, "--threads", 1)

#: A trainer whose samples are white, and whose losses never change.
WHITE = """
import numpy as np
import samples

def make(problem, job):
    if job["variant"] == "broken":
        raise RuntimeError("no luck today")

    def step(rows, noise):
        if samples.wanted(rows):
            return samples.hand_over(np.ones((len(problem["fixed_noise"]), 28, 28, 1), np.float32), job)
        return 1.0, 2.0

    return step
"""


@pytest.fixture(scope="module")
def digits():
    return mg.data.load("digits")


@pytest.fixture
def rival(fake, monkeypatch, tmp_path):
    """A peer whose trainer is a file of `peers`, or the white one."""

    def add(module: str = "white_train", **more: str):
        (tmp_path / "white_train.py").write_text(WHITE)
        monkeypatch.setitem(command.TRAINERS, "fake", module)
        return fake(**more)

    return add


@pytest.fixture(autouse=True)
def _tiny_networks(monkeypatch):
    monkeypatch.setattr(measure, "MODEL", TINY)


# What everybody is given


def test_the_batches_and_the_noise_are_those_of_the_trainer(digits, tmp_path):
    save_run_plan(tmp_path / "problem.npz", digits, RunPlan(steps=3, every=2, batch=4, samples=6), seed=7, **TINY)
    trainer = mg.Trainer(mg.models.build("dcgan28", seed=7, **TINY), digits, batch_size=4, seed=7)
    with np.load(tmp_path / "problem.npz") as problem:
        training = problem["real"][:, 0] >= 0
        assert training.tolist() == [False, True, True, False, True, False]  # samples before, on the way, at the end
        for rows, noise in zip(problem["real"][training], problem["noise"][training]):
            batch = make_batch(trainer, *next(trainer.batches))
            np.testing.assert_array_equal(problem["images"][rows], batch.real)
            np.testing.assert_array_equal(noise, batch.noise)
        assert problem["fixed_noise"].shape == (6, 5)
        for name, array in trainer.gan.generator.state_dict().items():
            np.testing.assert_array_equal(problem[f"generator.{name}"], array)


def test_every_pass_has_each_image_at_most_once():
    order = batch_order(10, RunPlan(steps=5, every=1, batch=4, samples=2), mg.Stream(0))
    assert order.shape == (5, 4)
    for first in (0, 2):
        assert len(np.unique(order[first : first + 2])) == 8
    assert set(order[:2].flat) != set(order[2:4].flat)


@pytest.mark.parametrize(
    ("steps", "every", "marks"), [(300, 100, [0, 100, 200, 300]), (5, 2, [0, 2, 4, 5]), (3, 9, [0, 3])]
)
def test_samples_are_drawn_first_last_and_on_the_way(steps, every, marks):
    assert RunPlan(steps, every, 2, 2).marks == marks


# The measurement


def test_who_trains_the_same_gets_the_same_distances(run, rival, tmp_path, read):
    rival("minigan_train")
    outcome = run("quality", "--peers", "fake", *SMALL, "--seeds", 3, "--json", "q.json", "--plot", "pictures")
    assert outcome.status == 0, outcome.out
    minigan, peer = read(tmp_path / "q.json")["results"]["runs"]
    assert peer["difference"] == 0
    distances = [[mark["distance"] for mark in run["marks"]] for run in (minigan, peer)]
    assert distances[0] == distances[1]
    assert len(set(distances[0])) == 3  # training changes what is measured
    assert (tmp_path / "pictures" / "quality.png").read_bytes().startswith(b"\x89PNG")


def test_every_seed_has_its_run(run, tmp_path, read):
    outcome = run("quality", "--peers", "none", *SMALL, "--seeds", "4,5", "--json", "q.json")
    assert outcome.status == 0, outcome.out
    content = read(tmp_path / "q.json")
    assert content["settings"]["seeds"] == [4, 5]
    assert content["results"]["floor"] > 0
    first, second = content["results"]["runs"]
    assert (first["seed"], second["seed"]) == (4, 5)
    for one, other in zip(first["marks"], second["marks"]):
        assert one["step"] == other["step"]
        assert one["distance"] != other["distance"]
    steps, seconds = zip(*((mark["step"], mark["seconds"]) for mark in first["marks"]))
    assert steps == (0, 2, 3)
    assert 0 == seconds[0] < seconds[1] < seconds[2]


def test_who_computes_something_else_is_told_and_fails(rival, digits, this_python):
    rival()
    plan, pythons = RunPlan(steps=1, every=1, batch=4, samples=20), {"minigan": this_python, "fake": this_python}
    runs = new_runs(trainers("fake"), pythons, seed=0, threads=1)
    with problem_file(digits, plan, 0) as path:
        check(runs, pythons, path, plan, Progress())
    assert [failed(run) for run in runs] == [False, True]
    assert "A fake: first losses without dropout NOT minigan's" in " ".join(told(runs))


def test_it_is_the_samples_of_each_that_are_measured(rival, digits, this_python):
    rival()
    plan, pythons = RunPlan(steps=3, every=2, batch=4, samples=20), {"minigan": this_python, "fake": this_python}
    frechet, (_, peer) = FrechetDigits(digits, 20), new_runs(trainers("fake"), pythons, seed=0, threads=1)
    with problem_file(digits, plan, 0) as path:
        measure_runs([peer], pythons, path, plan, frechet, Progress())
    white = frechet(np.ones((20, 28, 28, 1), np.float32), (-1, 1))
    assert [(mark.step, mark.distance) for mark in peer.marks] == [(0, white), (2, white), (3, white)]


def test_who_breaks_is_told_and_fails(rival, digits, this_python):
    rival(variant="broken")
    plan, pythons = RunPlan(steps=1, every=1, batch=4, samples=20), {"minigan": this_python, "fake": this_python}
    _, peer = new_runs(trainers("fake"), pythons, seed=0, threads=1)
    with problem_file(digits, plan, 0) as path:
        measure_runs([peer], pythons, path, plan, FrechetDigits(digits, 20), Progress())
    assert failed(peer)
    assert "A fake, seed 0: failed: RuntimeError: no luck today" in told([peer])


def test_who_is_not_installed_is_told_and_does_not_fail(rival, this_python):
    rival(package="no_such_package")
    _, peer = new_runs(trainers("fake"), {"minigan": this_python, "fake": this_python}, seed=0, threads=1)
    assert not failed(peer)
    assert "A fake, seed 0: not installed: no_such_package" in told([peer])


def told(runs: list[Run]) -> list[str]:
    """What stands below the table."""
    return list(notes([], [run.record() for run in runs], floor=1.0))


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")
@pytest.mark.parametrize("name", ["torch-eager", "torch-channels-last"])
def test_pytorch_begins_where_minigan_does_and_goes_the_same_way(name, digits, this_python, monkeypatch):
    monkeypatch.setattr(measure, "MODEL", {})
    plan, frechet = RunPlan(steps=2, every=2, batch=32, samples=50), FrechetDigits(digits, 50)
    pythons = {"minigan": this_python, "torch": this_python}
    runs = new_runs(trainers(name), pythons, seed=0, threads=1)
    with problem_file(digits, plan, 0) as path:
        check(runs, pythons, path, plan, Progress())
        measure_runs(runs, pythons, path, plan, frechet, Progress())
    minigan, torch = runs
    assert not failed(torch), torch.error
    assert torch.marks[0].distance == pytest.approx(minigan.marks[0].distance, rel=1e-3)
    assert torch.marks[1].distance == pytest.approx(minigan.marks[1].distance, rel=0.1)


# The report


def record(title: str, seed: int, distances: list[float], seconds: float = 1.0, **more: object) -> dict:
    marks = [Mark(10 * k, seconds * k, distance, 0.0)._asdict() for k, distance in enumerate(distances)]
    return {"title": title, "seed": seed, "marks": marks, "error": None, "difference": None, "versions": {}, **more}


def test_a_curve_is_the_middle_of_the_seeds_that_got_to_the_end():
    records = [record("minigan", seed, [100.0, 10.0 * (seed + 1)]) for seed in range(3)]
    (curve,) = curves([*records, record("minigan", 3, [1.0], error="failed: out of memory")])
    assert curve.distances.shape == (3, 2)
    cells = [list(column.cells) for column in table([curve], "").columns]
    assert cells == [["0", "10"], ["100.00", "20.00"], ["100.00 - 100.00", "10.00 - 30.00"], ["0.0", "1.0"]]


def test_at_equal_time_the_slower_one_is_met_on_its_way():
    found = curves([record("quick", 0, [100.0, 10.0, 1.0], 1.0), record("slow", 0, [100.0, 10.0, 1.0], 4.0)])
    assert "After 2.0 s: quick 1.00, slow 31.62." in list(notes(found, [], 0.5))


def test_nobody_has_a_curve_where_all_failed():
    assert curves([record("minigan", 0, [], error="failed: out of memory")]) == []
    assert table([], "").row_count == 0


def test_the_picture_has_both_panels_a_line_for_each_and_the_floor():
    found = [Curve(title, np.array([0, 10]), np.array([[0.0, 2.0]]), np.array([[100.0, 5.0]])) for title in "ab"]
    figure = draw(found, floor=2.0, title="")
    for axes, last in zip(figure.axes, (10, 2)):
        a, b, floor = axes.lines
        assert a.get_xdata()[-1] == b.get_xdata()[-1] == last
        assert a.get_color() != b.get_color()
        assert set(floor.get_ydata()) == {2.0}
        assert axes.get_yscale() == "log"


# What is refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--peers", "jax"], "--peers: expected none or some of torch-eager, torch-channels-last, got 'jax'"),
        (["--peers", "torch"], "got 'torch'"),
        (["--peers", "tenser"], "--peers: expected all, none, or some of"),
        (["--seeds", "0,x"], "--seeds: expected whole numbers such as 0,1,2, got '0,x'"),
        (["--threads", "4096"], "--threads: expected at most"),
        (["--data", "ring"], "--data: expected images, got points in 'ring'"),
        (["--data", "stacked-digits"], "--data: expected digits of (28, 28, 1)"),
        (["--data", "nothing"], "--data:"),
        (["--batch", "5001"], "--batch: expected at most 5000"),
        (["--steps", "0"], "--steps"),
        (["--json", "no/such/folder/q.json"], "--json: expected a file in a folder that exists"),
        (["--peer-python", "/no/such/python"], "expected the path of a Python interpreter"),
    ],
)
def test_what_is_refused(run, arguments, message):
    outcome = run("quality", *arguments)
    assert outcome.status == 2
    assert message in outcome.words


def test_every_trainer_has_its_file_and_keeps_the_contestants_name():
    from benchmarks.workers import PROTOCOL

    found = trainers("torch-channels-last,torch-eager")
    assert [competitor.name for competitor in found] == ["minigan", "torch-eager", "torch-channels-last"]
    for competitor in found:
        assert (Path(PROTOCOL).parent / f"{competitor.module}.py").is_file()


def test_a_run_that_lost_its_way_has_failed():
    minigan, peer, absent = (Run(competitor, 0, 1) for competitor in trainers("torch-eager,torch-channels-last"))
    peer.difference, absent.error = float("nan"), "not installed: torch"
    assert [failed(run) for run in (minigan, peer, absent)] == [False, True, False]
