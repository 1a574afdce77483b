"""The check that all competitors compute the same, and the timed turns."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.competitors import Competitor
from benchmarks.problem import problem
from benchmarks.summaries import Summary, paired_ratio, summary
from benchmarks.workers import Worker, WorkerError
from minigan.io.progress import Progress

__all__ = ["Result", "RunPlan", "check", "difference", "failed", "measure_results"]

#: Losses count as the same if their relative difference is less than this: they are computed in float32.
TOLERANCE = 1e-3

#: The number of steps that are checked, and their batch size: smaller batches differ more in rounding errors, which
#: Adam amplifies where a gradient is nearly 0.
CHECKED, CHECKED_BATCH = 2, 64

#: How the errors of competitors begin that cannot be measured here, which is no failure.
ABSENT = ("not installed", "does not have")


class RunPlan(NamedTuple):
    """The plan of the measurement of each competitor.

    Attributes
    ----------
    rounds : int
        Turns of each competitor.
    steps : int
        Timed steps in a turn, after one that is not timed.
    warmup : int
        Steps before the first turn.
    pause : float
        Seconds between turns, in which the threads of the last turn become idle.
    """

    rounds: int
    steps: int
    warmup: int
    pause: float


@dataclass
class Result:
    """The result of one competitor for one model, at one batch size and one number of threads.

    Attributes
    ----------
    error : str
        The reason if there are no times: the competitor is not installed or has no such model, or it failed.
    first : float
        Seconds of the first step, compilation included.
    rounds : list of list of float
        Seconds of each timed step, turn by turn.
    others : list of float
        The load by other programs in each turn, in processors; 0 where that is unknown. It also shows competitors that
        are busy between their own turns.
    """

    competitor: Competitor
    model: str
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
        """The seconds of one step."""
        return summary([value for turn in self.rounds for value in turn])

    @property
    def differs(self) -> bool:
        """Whether it computes something else than minigan."""
        return self.difference is not None and not self.difference < TOLERANCE

    def ratio(self, baseline: "Result") -> Summary:
        """The ratio of its times to those of `baseline`."""
        return paired_ratio(self.rounds, baseline.rounds)

    def record(self, baseline: "Result | None") -> dict[str, Any]:
        """All values for the JSON file."""
        timed = bool(self.rounds)
        return {
            "name": self.competitor.name,
            "title": self.competitor.title,
            "versions": dict(self.versions),
            "model": self.model,
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
    return result.differs or (bool(result.error) and not result.error.startswith(ABSENT))


def check(groups: Sequence[Sequence[Result]], pythons: Mapping[str, Path], status: Progress) -> None:
    """Compare the losses of all competitors in the first steps with minigan's, without dropout.

    It is done once for each model, since the code is the same for all batch sizes and threads, and in separate
    processes, so that the memory is not counted later.
    """
    by_model: dict[str, list[Sequence[Result]]] = {}
    for group in groups:
        by_model.setdefault(group[0].model, []).append(group)
    for model, alike in by_model.items():
        check_model(model, alike, pythons, status)


def check_model(model: str, groups: Sequence[Sequence[Result]], pythons: Mapping[str, Path], status: Progress) -> None:
    """The check for one model."""
    expected: list[list[float]] = []
    with problem(CHECKED_BATCH, name=model) as path:
        for place, result in enumerate(groups[0]):
            if result.error:
                continue
            status.begin(f"Checking the losses of {model} in {result.competitor.title}")
            losses, error = first_losses(result, pythons, path)
            expected = expected or losses
            for group in groups:
                group[place].error = error
                if place and not error:
                    group[place].difference = difference(losses, expected)


def first_losses(result: Result, pythons: Mapping[str, Path], path: Path) -> tuple[list[list[float]], str]:
    """A competitor's losses, or none and the error."""
    competitor = result.competitor
    try:
        with Worker(competitor, pythons[competitor.family], path, result.threads, dropout=0.0) as worker:
            return worker.run(CHECKED)["losses"], ""
    except WorkerError as error:
        return [], f"failed: {error}"


def difference(losses: Sequence[Sequence[float]], expected: Sequence[Sequence[float]]) -> float:
    """The largest relative difference of any loss; infinite where one is NaN.

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


def measure_results(results: Sequence[Result], pythons: Mapping[str, Path], plan: RunPlan, status: Progress) -> None:
    """Warm all competitors up, then time them in turns; all have the same model, batch size and threads."""
    workers: list[tuple[Result, Worker]] = []
    with problem(results[0].batch, name=results[0].model) as path:
        try:
            for result in results:
                if not result.error:
                    start(result, pythons, path, plan, status, workers)
            for place in range(plan.rounds):
                for result, worker in workers:
                    status.begin(f"Round {place + 1} of {plan.rounds}: {result.competitor.title}")
                    take_turn(result, worker, plan)
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
    plan: RunPlan,
    status: Progress,
    workers: list[tuple[Result, Worker]],
) -> None:
    """Start a competitor's process and warm it up."""
    competitor = result.competitor
    status.begin(f"Starting {competitor.title}")
    worker = Worker(competitor, pythons[competitor.family], path, result.threads)
    workers.append((result, worker))
    try:
        result.first = worker.run(1)["seconds"][0]
        worker.run(plan.warmup)
    except WorkerError as error:
        result.error = f"failed: {error}"


def take_turn(result: Result, worker: Worker, plan: RunPlan) -> None:
    """Time one turn; its first step, with cold caches, is not counted."""
    if result.error:
        return
    time.sleep(plan.pause)
    try:
        answer = worker.run(1 + plan.steps)
    except WorkerError as error:
        result.error = f"failed: {error}"
        result.rounds.clear()
        return
    result.rounds.append(answer["seconds"][1:])
    result.others.append(answer["others"] or 0.0)
