"""The check that all competitors compute the same, the turns they take, and the distances of their samples."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.status import Status

from benchmarks.competitors import Competitor
from benchmarks.quality.run_plan import OUTPUT_RANGE, Course, save_course
from benchmarks.step.measure import CHECKED, difference
from benchmarks.workers import Worker, WorkerError
from minigan.data import Dataset
from minigan.metrics import FrechetDigits

__all__ = ["TOLERANCE", "Mark", "Run", "check", "failed", "problem_file", "race"]

#: Losses of two competitors are the same if they differ by less than this part. Where a gradient is nearly 0, Adam
#: makes a whole step of its last digit: PyTorch's own two memory layouts differ by 0.0015 here.
TOLERANCE = 1e-2

#: The rate of every Dropout in training.
DROPOUT = 0.25

#: Options of dcgan28, for networks of another size: minigan only.
MODEL: dict[str, Any] = {}


class Mark(NamedTuple):
    """What was measured at one time of training.

    Attributes
    ----------
    step : int
        Steps so far.
    seconds : float
        That these took; drawing samples and measuring them is not counted.
    distance : float
        Of the samples from real images.
    others : float
        How many processors anyone else kept busy during the last of these steps; 0 where that is not known.
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
        Why the marks end early: the competitor is not installed, or it failed.
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
        """Everything, as a file of figures has it."""
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
def problem_file(data: Dataset, course: Course, seed: int) -> Iterator[Path]:
    """The file that `save_course` writes, for as long as the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        save_course(path, data, course, seed, **MODEL)
        yield path


def start(run: Run, pythons: Mapping[str, Path], path: Path, dropout: float) -> Worker:
    """A competitor's process."""
    competitor = run.competitor
    return Worker(competitor, pythons[competitor.family], path, run.threads, dropout, MODEL)


def check(runs: Sequence[Run], pythons: Mapping[str, Path], path: Path, course: Course, status: Status) -> None:
    """Compare everybody's losses in the first steps with minigan's, the first, without dropout."""
    expected: list[list[float]] = []
    steps = min(CHECKED, course.every, course.steps)
    for run in runs:
        if run.error:
            continue
        status.update(f"Checking the losses of {run.competitor.title}")
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


def race(
    runs: Sequence[Run],
    pythons: Mapping[str, Path],
    path: Path,
    course: Course,
    frechet: FrechetDigits,
    status: Status,
) -> None:
    """Train everybody by one seed, turn by turn: what slows the machine for a while slows all."""
    with ExitStack() as stack:
        workers = [(run, stack.enter_context(start(run, pythons, path, DROPOUT))) for run in runs if not run.error]
        for before, mark in zip([0, *course.marks], course.marks):
            for run, worker in workers:
                if not run.error:
                    status.update(f"Seed {run.seed}, step {mark} of {course.steps}: {run.competitor.title}")
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
