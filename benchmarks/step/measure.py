"""The timed turns: round after round, until each competitor has enough quiet ones."""

import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.problem import problem
from benchmarks.step.result import Result, Turn
from benchmarks.workers import Worker, WorkerError
from minigan.io.progress import Progress

__all__ = ["RunPlan", "Started", "measure_results", "take_turns"]


class RunPlan(NamedTuple):
    """The plan of the measurement of each competitor.

    Attributes
    ----------
    rounds : int
        Quiet turns of each competitor, in rounds that are quiet for minigan too.
    minutes : float
        After this time the round that has begun is the last one.
    steps : int
        Timed steps in a turn, at least, after one that is not timed.
    seconds : float
        The shortest turn: in a shorter one the system's counts of the processors' time are too coarse.
    warmup : int
        Steps before the first turn.
    pause : float
        Seconds between turns, in which the threads of the last turn become idle.
    """

    rounds: int
    minutes: float
    steps: int
    seconds: float
    warmup: int
    pause: float


class Started(NamedTuple):
    """A competitor's process that is warm, and the timed steps of its turns."""

    result: Result
    worker: Worker
    steps: int


def measure_results(results: Sequence[Result], pythons: Mapping[str, Path], plan: RunPlan, status: Progress) -> None:
    """Warm all competitors up, then time them in turns; all have the same model, batch size and threads."""
    workers: list[Worker] = []
    with problem(results[0].batch, name=results[0].model) as path:
        try:
            started = [start(result, pythons, path, plan, status, workers) for result in results if not result.error]
            take_turns(started, plan, status)
            for result, worker, _ in started:
                if not result.error:
                    result.peak_bytes = worker.peak_bytes()
        finally:
            for worker in workers:
                worker.close()


def start(
    result: Result,
    pythons: Mapping[str, Path],
    path: Path,
    plan: RunPlan,
    status: Progress,
    workers: list[Worker],
) -> Started:
    """Start a competitor's process, add it to `workers` and warm it up."""
    competitor = result.competitor
    status.begin(f"Starting {competitor.title}")
    worker = Worker(competitor, pythons[competitor.family], path, result.threads)
    workers.append(worker)
    steps = plan.steps
    try:
        result.first = worker.run(1)["seconds"][0]
        steps = max(steps, math.ceil(plan.seconds / float(np.median(worker.run(plan.warmup)["seconds"]))))
    except WorkerError as error:
        result.error = f"failed: {error}"
    return Started(result, worker, steps)


def take_turns(
    started: Sequence[Started], plan: RunPlan, status: Progress, clock: Callable[[], float] = time.monotonic
) -> None:
    """Time round after round until all have enough quiet turns, or the time is over.

    A competitor that has enough quiet turns does not take more, except minigan, the first, by which the others are
    measured.
    """
    end = clock() + 60 * plan.minutes
    for number in itertools.count():
        lacking = [one for one in started if quiet_turns(one.result, started[0].result) < plan.rounds]
        lacking = [one for one in lacking if not one.result.error]
        if not lacking or (number and clock() >= end):
            return
        taking = lacking if started[0] in lacking or started[0].result.error else [started[0], *lacking]
        for one in taking:
            status.begin(f"Round {number + 1}: {one.result.competitor.title}")
            take_turn(one, plan, number)


def quiet_turns(result: Result, baseline: Result) -> int:
    """In how many rounds a competitor was undisturbed, and minigan too."""
    return len(result.pairs(result if baseline.error else baseline, quiet=True))


def take_turn(one: Started, plan: RunPlan, number: int) -> None:
    """Time one turn; its first step, with cold caches, is not counted."""
    result, worker, steps = one
    time.sleep(plan.pause)
    try:
        answer = worker.run(1 + steps)
    except WorkerError as error:
        result.error = f"failed: {error}"
        result.turns.clear()
        return
    result.turns.append(Turn(number, answer["seconds"][1:], answer["others"]))
