"""The check that all competitors compute the same, their trainings in turns, and the distances of their samples."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.competitors import Competitor
from benchmarks.quality.run_plan import OUTPUT_RANGE, RunPlan, save_run_plan
from benchmarks.step.check import CHECKED, difference
from benchmarks.workers import Worker, WorkerError
from minigan.data import Dataset
from minigan.io.progress import Progress
from minigan.metrics import FrechetDigits

__all__ = ["TOLERANCE", "Mark", "Run", "check", "failed", "measure_runs", "problem_file"]

#: Losses count as the same if their relative difference is less than this. Where a gradient is nearly 0, Adam turns its
#: rounding error into a whole step: PyTorch's own two memory layouts differ by 0.0015 here.
TOLERANCE = 1e-2

#: Options of dcgan28, for networks of another size, in minigan only.
MODEL: dict[str, Any] = {}


class Mark(NamedTuple):
    """The measurement at one step of training.

    Attributes
    ----------
    step : int
        Steps of training so far.
    seconds : float
        Seconds of these steps; drawing and measuring samples is not counted.
    distance : float
        The distance of the samples from real images.
    others : float
        The load by other programs, in processors, during the last of these steps; 0 where that is unknown.
    """

    step: int
    seconds: float
    distance: float
    others: float


@dataclass
class Run:
    """The training of one competitor by one seed.

    Attributes
    ----------
    error : str
        The reason if marks are missing: the competitor is not installed, or it failed.
    difference : float, optional
        The largest relative difference of its first losses without dropout from minigan's.
    marks : list of Mark
    """

    competitor: Competitor
    seed: int
    threads: int
    versions: Mapping[str, str | None] = field(default_factory=dict)
    error: str = ""
    difference: float | None = None
    marks: list[Mark] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether it computes something else than minigan."""
        return self.difference is not None and not self.difference < TOLERANCE

    def record(self) -> dict[str, Any]:
        """All values for the JSON file."""
        return {
            "name": self.competitor.name,
            "title": self.competitor.title,
            "seed": self.seed,
            "threads": self.threads,
            "versions": dict(self.versions),
            "error": self.error or None,
            "difference": self.difference,
            "marks": [mark._asdict() for mark in self.marks],
        }


def failed(run: Run) -> bool:
    """Whether a competitor ran into an error, or computes something else."""
    return run.differs or (bool(run.error) and not run.error.startswith("not installed"))


@contextmanager
def problem_file(data: Dataset, plan: RunPlan, seed: int) -> Iterator[Path]:
    """The file that `save_run_plan` writes, while the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        save_run_plan(path, data, plan, seed, **MODEL)
        yield path


def start(run: Run, pythons: Mapping[str, Path], path: Path, dropout: float = 1.0) -> Worker:
    """Start a competitor's process."""
    competitor = run.competitor
    return Worker(competitor, pythons[competitor.family], path, run.threads, dropout, MODEL)


def check(runs: Sequence[Run], pythons: Mapping[str, Path], path: Path, plan: RunPlan, status: Progress) -> None:
    """Compare all losses of the first steps without dropout with those of minigan, the first run."""
    expected: list[list[float]] = []
    steps = min(CHECKED, plan.every, plan.steps)
    for run in runs:
        if run.error:
            continue
        status.begin(f"Checking the losses of {run.competitor.title}")
        try:
            with start(run, pythons, path, dropout=0.0) as worker:
                worker.run(1)  # the samples before the first step
                losses = worker.run(steps)["losses"]
        except WorkerError as error:
            run.error = f"failed: {error}"
            continue
        if expected:
            run.difference = difference(losses, expected)
        expected = expected or losses


def measure_runs(
    runs: Sequence[Run],
    pythons: Mapping[str, Path],
    path: Path,
    plan: RunPlan,
    frechet: FrechetDigits,
    status: Progress,
) -> None:
    """Run all trainings of one seed in turns, so that a slow phase of the machine affects all."""
    with ExitStack() as stack:
        workers = [(run, stack.enter_context(start(run, pythons, path))) for run in runs if not run.error]
        for before, mark in zip([0, *plan.marks], plan.marks):
            for run, worker in workers:
                if not run.error:
                    status.begin(f"Seed {run.seed}, step {mark} of {plan.steps}: {run.competitor.title}")
                    take_turn(run, worker, mark - before, frechet)


def take_turn(run: Run, worker: Worker, steps: int, frechet: FrechetDigits) -> None:
    """Some steps of training, samples, and their distance from real images."""
    last = run.marks[-1] if run.marks else Mark(0, 0.0, 0.0, 0.0)
    try:
        answer = worker.run(steps)
        (samples,) = worker.run(1)["losses"]
    except WorkerError as error:
        run.error = f"failed: {error}"
        return
    distance = frechet(np.load(samples), OUTPUT_RANGE)
    seconds = last.seconds + sum(answer["seconds"])
    others = answer["others"] if steps else None
    run.marks.append(Mark(last.step + steps, seconds, distance, others or 0.0))
