"""The check that all competitors compute the same, and the turns they take."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from rich.status import Status

from benchmarks.competitors import Competitor
from benchmarks.problem import problem
from benchmarks.summaries import Summary, paired_ratio, summary
from benchmarks.workers import Worker, WorkerError

__all__ = ["Course", "Result", "check", "difference", "failed", "race"]

#: Losses of two competitors are the same if they differ by less than this part: they compute in float32.
TOLERANCE = 1e-3

#: So many steps are checked, with batches of so many images: smaller ones differ more in the last digits, which Adam
#: makes larger where a gradient is nearly 0.
CHECKED, CHECKED_BATCH = 2, 64


class Course(NamedTuple):
    """How everybody is measured.

    Attributes
    ----------
    rounds : int
        Turns of each competitor.
    steps : int
        Steps in a turn that are timed, after one that is not.
    warmup : int
        Steps before the first turn.
    pause : float
        Seconds between turns, in which the threads of the last come to rest.
    """

    rounds: int
    steps: int
    warmup: int
    pause: float


@dataclass
class Result:
    """What came of one competitor at one size of batch and one number of threads.

    Attributes
    ----------
    error : str
        Why there are no figures: the competitor is not installed, or it failed.
    first : float
        Seconds of the first step, with whatever is compiled in it.
    rounds : list of list of float
        Seconds of each timed step, turn by turn.
    others : list of float
        How many processors anyone else kept busy in each turn, 0 where that is not known. Contestants that do not rest
        between their own turns would show here.
    """

    competitor: Competitor
    batch: int
    threads: int
    versions: Mapping[str, str | None] = field(default_factory=dict)
    error: str = ""
    difference: float | None = None
    first: float = 0.0
    rounds: list[list[float]] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    peak_bytes: int | None = None

    @property
    def seconds(self) -> Summary:
        """Of one step."""
        return summary([value for turn in self.rounds for value in turn])

    @property
    def differs(self) -> bool:
        """Whether it computes something else than minigan."""
        return self.difference is not None and not self.difference < TOLERANCE

    def ratio(self, baseline: "Result") -> Summary:
        """How many times as long as `baseline` it takes."""
        return paired_ratio(self.rounds, baseline.rounds)

    def record(self, baseline: "Result | None") -> dict[str, Any]:
        """Everything, as a file of figures has it."""
        timed = bool(self.rounds)
        return {
            "name": self.competitor.name,
            "title": self.competitor.title,
            "versions": dict(self.versions),
            "batch": self.batch,
            "threads": self.threads,
            "error": self.error or None,
            "difference": self.difference,
            "seconds": self.seconds._asdict() if timed else None,
            "ratio": self.ratio(baseline)._asdict() if timed and baseline and baseline.rounds else None,
            "first_step_seconds": self.first if timed else None,
            "peak_bytes": self.peak_bytes,
            "others": self.others,
            "rounds": self.rounds,
        }


def failed(result: Result) -> bool:
    """Whether a competitor ran into an error, or computes something else."""
    return result.differs or (bool(result.error) and not result.error.startswith("not installed"))


def check(groups: Sequence[Sequence[Result]], pythons: Mapping[str, Path], status: Status) -> None:
    """Compare everybody's losses in the first steps with minigan's, without dropout.

    This is done once, for the code is the same for any batch and threads. Each gets a process of its own for it, so
    that the memory it takes is not counted later.
    """
    expected: list[list[float]] = []
    with problem(CHECKED_BATCH) as path:
        for place, result in enumerate(groups[0]):
            if result.error:
                continue
            status.update(f"Checking the losses of {result.competitor.title}")
            losses, error = first_losses(result, pythons, path)
            expected = expected or losses
            for group in groups:
                group[place].error = error
                if place and not error:
                    group[place].difference = difference(losses, expected)


def first_losses(result: Result, pythons: Mapping[str, Path], path: Path) -> tuple[list[list[float]], str]:
    """A competitor's losses, or none and why."""
    competitor = result.competitor
    try:
        with Worker(competitor, pythons[competitor.family], path, result.threads, dropout=0.0) as worker:
            return worker.run(CHECKED)["losses"], ""
    except WorkerError as error:
        return [], f"failed: {error}"


def difference(losses: Sequence[Sequence[float]], expected: Sequence[Sequence[float]]) -> float:
    """The largest relative difference of any loss; infinite where one is no number.

    Examples
    --------
    >>> difference([[1.0, 2.0], [1.0, 2.2]], [[1.0, 2.0], [1.0, 2.0]])
    0.1
    """
    parts = [
        round(abs(ours / theirs - 1), 12)
        for step, other in zip(losses, expected, strict=True)
        for ours, theirs in zip(step, other, strict=True)
    ]
    return max(parts) if all(part < float("inf") for part in parts) else float("inf")


def race(results: Sequence[Result], pythons: Mapping[str, Path], course: Course, status: Status) -> None:
    """Warm everybody up, then let each take its turn, round after round; all have the same batch and threads."""
    workers: list[tuple[Result, Worker]] = []
    with problem(results[0].batch) as path:
        try:
            for result in results:
                if not result.error:
                    start(result, pythons, path, course, status, workers)
            for place in range(course.rounds):
                for result, worker in workers:
                    status.update(f"Round {place + 1} of {course.rounds}: {result.competitor.title}")
                    take_turn(result, worker, course)
            for result, worker in workers:
                if not result.error:
                    result.peak_bytes = worker.peak_bytes()
        finally:
            for _, worker in workers:
                worker.close()


def start(
    result: Result,
    pythons: Mapping[str, Path],
    path: Path,
    course: Course,
    status: Status,
    workers: list[tuple[Result, Worker]],
) -> None:
    """Start a competitor's process and warm it up."""
    competitor = result.competitor
    status.update(f"Starting {competitor.title}")
    worker = Worker(competitor, pythons[competitor.family], path, result.threads)
    workers.append((result, worker))
    try:
        result.first = worker.run(1)["seconds"][0]
        worker.run(course.warmup)
    except WorkerError as error:
        result.error = f"failed: {error}"


def take_turn(result: Result, worker: Worker, course: Course) -> None:
    """One turn; its first step finds caches cold and is not counted."""
    if result.error:
        return
    time.sleep(course.pause)
    try:
        answer = worker.run(1 + course.steps)
    except WorkerError as error:
        result.error = f"failed: {error}"
        result.rounds.clear()
        return
    result.rounds.append(answer["seconds"][1:])
    result.others.append(answer["others"] or 0.0)
