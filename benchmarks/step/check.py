"""The check that all competitors compute the same: the losses of the first steps without dropout."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.game import game_of
from benchmarks.problem import problem
from benchmarks.step.result import Result
from benchmarks.workers import Worker, WorkerError
from minigan.io.progress import Progress

__all__ = ["CHECKED", "check", "difference"]

#: The relative difference of losses that is accepted for each step of D in a round: they are computed in float32.
TOLERANCE = 1e-3

#: The steps of D that are checked (at least one round of them), and their batch size: smaller batches differ more in
#: rounding errors, which Adam amplifies where a gradient is nearly 0.
CHECKED, CHECKED_BATCH = 2, 64


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
    d_steps = game_of(model).d_steps
    with problem(CHECKED_BATCH, name=model, lively=True) as path:
        for place, result in enumerate(groups[0]):
            if result.error:
                continue
            status.begin(f"Checking the losses of {model} in {result.competitor.title}")
            losses, error = first_losses(result, pythons, path, max(1, CHECKED // d_steps))
            for group in groups:
                group[place].error, group[place].tolerance = error, TOLERANCE * d_steps
                if expected and not error:
                    group[place].difference = difference(losses, expected)
            expected = expected or losses


def first_losses(result: Result, pythons: Mapping[str, Path], path: Path, rounds: int) -> tuple[list[list[float]], str]:
    """A competitor's losses, or none and the error."""
    competitor = result.competitor
    try:
        with Worker(competitor, pythons[competitor.family], path, result.threads, dropout=0.0) as worker:
            return worker.run(rounds)["losses"], ""
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
