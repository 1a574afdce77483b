"""The steps of all competitors on one GPU, one competitor at a time, within a time limit."""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any, NamedTuple

from benchmarks.competitors import Competitor
from benchmarks.gpu.competitors import CPU
from benchmarks.gpu.problem import CHECKED, CHECKED_BATCH, save_problem
from benchmarks.step.check import difference
from benchmarks.summaries import Summary, summary
from benchmarks.workers import Worker, WorkerError
from minigan.io.progress import Progress

__all__ = ["Clock", "Measured", "RunPlan", "Setting", "expected_losses", "problems", "run", "settings"]

#: Losses count as the same if their relative difference is less than this.
TOLERANCE = {"float32": 1e-3, "tf32": 3e-2}

#: The error of a measurement without time left.
NO_TIME = "no time left"


class Setting(NamedTuple):
    """A setting of the measurement: the model, the batch size, and the precision of products."""

    model: str
    batch: int
    precision: str


def settings(models: Mapping[str, Sequence[int]], precisions: Sequence[str]) -> list[Setting]:
    """All settings, the most important first: each model with its first batch in every precision, then larger batches.

    Examples
    --------
    >>> [tuple(setting) for setting in settings({"a": [64, 256], "b": [64]}, ["float32"])]
    [('a', 64, 'float32'), ('b', 64, 'float32'), ('a', 256, 'float32')]
    """
    longest = max(map(len, models.values()))
    return [
        Setting(model, batches[place], precision)
        for place in range(longest)
        for model, batches in models.items()
        if place < len(batches)
        for precision in precisions
    ]


class RunPlan(NamedTuple):
    """The plan of the measurement of each competitor.

    Attributes
    ----------
    rounds : int
        Number of timed blocks of steps.
    seconds : float
        Approximate duration of a block.
    warmup : int
        Steps before the first block; the first step is timed separately.
    """

    rounds: int
    seconds: float
    warmup: int


class Clock:
    """A time limit in minutes, from now on."""

    def __init__(self, minutes: float) -> None:
        self.begin = time.monotonic()
        self.end = self.begin + 60 * minutes

    @property
    def left(self) -> float:
        """The seconds left."""
        return self.end - time.monotonic()

    def until(self, part: float) -> "Clock":
        """A clock that ends after this fraction of the minutes."""
        clock = Clock(0)
        clock.begin, clock.end = self.begin, self.begin + part * (self.end - self.begin)
        return clock


@dataclass
class Measured:
    """The result of one competitor in one setting.

    Attributes
    ----------
    difference : float, optional
        The largest relative difference of its first losses, without dropout, from minigan's on the CPU.
    first : float
        Seconds of the first step, compilation included.
    blocks : list of float
        Seconds of a step, for each block.
    error : str
        The reason if there are no results.
    """

    competitor: Competitor
    setting: Setting
    versions: Mapping[str, str | None] = field(default_factory=dict)
    difference: float | None = None
    first: float = 0.0
    blocks: list[float] = field(default_factory=list)
    error: str = ""

    @property
    def seconds(self) -> Summary:
        """The seconds of one step."""
        return summary(self.blocks)

    @property
    def differs(self) -> bool:
        """Whether it computes something else than minigan on the CPU."""
        return self.difference is not None and not self.difference < TOLERANCE[self.setting.precision]

    @property
    def failed(self) -> bool:
        """Whether it ran into an error, or computes something else."""
        return self.differs or (bool(self.error) and not self.error.startswith(("not installed", NO_TIME)))

    def record(self) -> dict[str, Any]:
        """All values for the JSON file."""
        return {
            "name": self.competitor.name,
            "title": self.competitor.title,
            "versions": dict(self.versions),
            **self.setting._asdict(),
            "error": self.error or None,
            "difference": self.difference,
            "first_step_seconds": self.first if self.blocks else None,
            "seconds": self.seconds._asdict() if self.blocks else None,
            "blocks": self.blocks,
        }


@contextmanager
def problems(models: Sequence[str], **options: Any) -> Iterator[dict[str, Path]]:
    """A temporary file with the problem of each model."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {model: Path(folder) / f"{model}.npz" for model in models}
        for model, path in paths.items():
            save_problem(path, model, **options)
        yield paths


class Session:
    """A competitor's process, which measures one setting after the other."""

    def __init__(
        self, competitor: Competitor, python: Path, paths: Mapping[str, Path], more: Mapping[str, Any]
    ) -> None:
        self.paths, self.more = paths, dict(more)
        path = next(iter(paths.values()))
        self.worker = Worker(competitor, python, path, more["threads"], later=True)

    def make(self, setting: Setting, dropout: float) -> None:
        """Build the networks again; each layer's dropout rate is multiplied by `dropout`."""
        job = {**setting._asdict(), "problem": str(self.paths[setting.model]), "dropout": dropout, **self.more}
        self.worker.ask(do="make", job=job)

    def losses(self, setting: Setting) -> list[list[float]]:
        """The losses of the first steps on the problem's own images, without dropout."""
        self.make(setting._replace(batch=CHECKED_BATCH), dropout=0.0)
        return self.worker.ask(do="check", steps=CHECKED)["losses"]

    def time(self, measured: Measured, plan: RunPlan) -> None:
        """Time the blocks of a plan; the number of steps in a block is set by the time of the first steps."""
        self.make(measured.setting, dropout=1.0)
        measured.first = self.worker.ask(do="block", steps=1)["seconds"]
        self.worker.ask(do="block", steps=plan.warmup)
        pace = self.worker.ask(do="block", steps=plan.warmup)["seconds"] / plan.warmup
        steps = max(1, round(plan.seconds / pace))
        for _ in range(plan.rounds):
            measured.blocks.append(self.worker.ask(do="block", steps=steps)["seconds"] / steps)


@contextmanager
def ended_after(worker: Worker, seconds: float) -> Iterator[None]:
    """End a worker's process if the block takes longer; its present request then fails."""
    timer = Timer(max(0.0, seconds), worker.process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def run(
    results: Sequence[Measured],
    python: Path,
    paths: Mapping[str, Path],
    expected: Mapping[str, list[list[float]]],
    plan: RunPlan,
    clock: Clock,
    status: Progress,
    more: Mapping[str, Any],
) -> None:
    """Measure one competitor in all its settings, in one process.

    Parameters
    ----------
    results : sequence of Measured
        The results of one competitor, which are filled in here.
    python : path
        The competitor's interpreter.
    paths : mapping
        The problem of each model.
    expected : mapping
        The losses of each model; a model without losses is not compared.
    more : mapping
        Further settings for the competitor: `threads`, `device`.
    """
    competitor = results[0].competitor
    session = Session(competitor, python, paths, more)
    compared: dict[tuple[str, str], float | None] = {}
    try:
        for measured in results:
            if clock.left <= 0:
                measured.error = NO_TIME
                continue
            model, batch, precision = measured.setting
            status.begin(f"{competitor.title}: {model}, batches of {batch}, {precision}")
            if session.worker.process.poll() is not None:
                session.worker.close()
                session = Session(competitor, python, paths, more)
            with ended_after(session.worker, clock.left):
                attempt(session, measured, compared, expected.get(model), plan, clock)
    finally:
        session.worker.close()


def attempt(
    session: Session,
    measured: Measured,
    compared: dict[tuple[str, str], float | None],
    expected: list[list[float]] | None,
    plan: RunPlan,
    clock: Clock,
) -> None:
    """Compare the losses, once for each model and precision, and time the steps."""
    key = measured.setting.model, measured.setting.precision
    try:
        if key not in compared and expected is not None:
            compared[key] = difference(session.losses(measured.setting), expected)
        measured.difference = compared.get(key)
        session.time(measured, plan)
    except WorkerError as error:
        measured.blocks.clear()
        measured.error = NO_TIME if clock.left <= 0 else f"failed: {error}"


def expected_losses(paths: Mapping[str, Path], python: Path, more: Mapping[str, Any]) -> dict[str, list[list[float]]]:
    """minigan's losses on the CPU, of each model."""
    session = Session(CPU, python, paths, more)
    try:
        return {model: session.losses(Setting(model, CHECKED_BATCH, "float32")) for model in paths}
    finally:
        session.worker.close()
