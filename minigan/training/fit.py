"""`Trainer.fit`: training with its progress in view, in a notebook with samples and curves."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from minigan import plots
from minigan.data import Dataset, Points
from minigan.io import html
from minigan.model.sequential import Sequential
from minigan.training.display import ProgressDisplay
from minigan.training.events import EpochEnd, Event, StepEnd
from minigan.training.interrupt import StopRequest
from minigan.training.sample_grid import SampleGrid
from minigan.training.trainer_like import TrainerLike

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from matplotlib.figure import Figure

__all__ = ["History", "fit", "trainer_table"]

#: Seconds between two pictures; and how many times as long as drawing them takes, so that little time is lost.
SECONDS, TIMES = 2.0, 10

#: Digits of a metric in a table.
DIGITS = 4


class FittedTrainer(TrainerLike, Protocol):
    """What `fit` needs of a trainer beyond its steps."""

    data: Dataset | Points
    steps_per_epoch: int

    def train(self, epochs: int | None = None, steps: int | None = None) -> Iterator[Any]: ...

    def sampler(self) -> "AbstractContextManager[Sequential]": ...


@dataclass(frozen=True, repr=False)
class History:
    """The metrics of every step that `Trainer.fit` took.

    Attributes
    ----------
    metrics : mapping of str to array
        A column for each number of `StepEnd`: ``history["d_loss"]``.
    steps_per_epoch : int
    optimum : (float, float), optional
        The losses of both networks where D cannot distinguish the data.
    stopped : bool
        Whether it was stopped by a signal, such as Ctrl-C.
    """

    metrics: Mapping[str, np.ndarray]
    steps_per_epoch: int
    optimum: tuple[float | None, float | None] | None = None
    stopped: bool = False

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.metrics:
            raise KeyError(f"no column {name!r}: there are {', '.join(self.metrics)}")
        return self.metrics[name]

    def __len__(self) -> int:
        return len(self.metrics["step"])

    def __repr__(self) -> str:
        last = ", ".join(f"{name}={self[name][-1]:.{DIGITS}g}" for name in ("d_loss", "g_loss")) if len(self) else ""
        count = f"{len(self)} step{'' if len(self) == 1 else 's'}"
        return f"History({count}{', stopped' if self.stopped else ''}{': ' + last if last else ''})"

    def _repr_html_(self) -> str:
        """The first and the last value of each column, for a notebook."""
        rows = [
            (name, *(f"{column[place]:.{DIGITS}g}" for place in (0, -1)))
            for name, column in self.metrics.items()
            if len(self)
        ]
        return html.paragraph(repr(self)) + html.table(
            ("column", "first step", "last step"), rows, right=("first step", "last step")
        )

    def plot(self, path: str | Path | None = None) -> "Figure":
        """Draw the losses, D's mean outputs and D's accuracy over the steps.

        Parameters
        ----------
        path : path, optional
            Also saves the picture: PNG, SVG, PDF, JPEG or WebP, by its suffix.
        """
        return plots.save_losses(path, self.metrics, self.steps_per_epoch, self.optimum)


def fit(trainer: FittedTrainer, epochs: int | None, steps: int | None) -> History:
    """Take the steps, and show the progress: see `Trainer.fit`."""
    view, rows, stopped = TrainingView(trainer), list[StepEnd](), False
    with StopRequest() as stop:
        for event in trainer.train(epochs, steps):
            if isinstance(event, StepEnd):
                rows.append(event)
            view(event, rows)
            if stop.asked and not trainer.pending_events:
                stopped = not rows or rows[-1].step < rows[-1].steps
                break
    if stopped:
        view.display.note(f"stopped after step {trainer.step}")
    view.draw(rows)
    return history_of(trainer, rows, stopped)


def history_of(trainer: FittedTrainer, rows: list[StepEnd], stopped: bool = False) -> History:
    """The columns of some steps."""
    names = StepEnd.__dataclass_fields__
    columns = {name: np.array([getattr(row, name) for row in rows]) for name in names}
    return History(columns, trainer.steps_per_epoch, trainer.loss.optimum, stopped)


class TrainingView:
    """What `fit` shows: metrics, and in a notebook the samples and the curves, drawn again from time to time."""

    def __init__(self, trainer: FittedTrainer) -> None:
        self.trainer, self.display = trainer, ProgressDisplay()
        self.display.begin(f"Training {trainer.gan.name} on {trainer.data.name}")
        self.samples: SampleGrid | None = None
        if self.display.handle is not None:
            self.samples = SampleGrid(
                trainer.gan, trainer.data, trainer.loss, trainer.noise, 0, trainer.data.class_names
            )
        self.next = time.monotonic() + SECONDS

    def __repr__(self) -> str:
        return f"TrainingView({self.trainer!r})"

    def __call__(self, event: Event, rows: list[StepEnd]) -> None:
        """Show an event; `rows` are all steps so far."""
        if isinstance(event, StepEnd):
            self.display.end_step(event)
        elif isinstance(event, EpochEnd):
            self.display.end_epoch()
        if time.monotonic() >= self.next:
            self.draw(rows)

    def draw(self, rows: list[StepEnd]) -> None:
        """Draw the samples and the curves as they are now."""
        if self.samples is None or not rows:
            return
        start = time.monotonic()
        with self.trainer.sampler() as generator:
            samples = self.samples.save(None, generator, f"step {self.trainer.step}")
        if samples is not None:
            self.display.pictures["samples"] = f"samples, step {self.trainer.step}", png(samples)
        self.display.pictures["losses"] = "losses", png(history_of(self.trainer, rows).plot())
        self.display.update()
        end = time.monotonic()
        self.next = end + max(SECONDS, TIMES * (end - start))


def png(picture: Any) -> bytes:
    """A picture of matplotlib or of Pillow as a PNG file."""
    if hasattr(picture, "_repr_png_"):
        return bytes(picture._repr_png_())
    stream = BytesIO()
    picture.save(stream, format="PNG")
    return stream.getvalue()


def trainer_table(trainer: Any) -> str:
    """The networks and the settings of a trainer, for a notebook."""
    counts = ", ".join(
        f"{name} {network.flat_data.size:,}"
        for name, network in (("G", trainer.gan.generator), ("D", trainer.gan.discriminator))
    )
    rows = {
        "model": f"{trainer.gan.name} (parameters: {counts})",
        "data": repr(trainer.data),
        "loss": repr(trainer.loss),
        "optimizer of D": repr(trainer.d_optimizer),
        "optimizer of G": repr(trainer.g_optimizer),
        "batch size": str(trainer.batch_size),
        "round": f"{trainer.d_steps} of D, {trainer.g_steps} of G" + (", both at once" if trainer.simultaneous else ""),
        "noise": trainer.noise,
        "steps so far": f"{trainer.step:,}, of {trainer.steps_per_epoch:,} in an epoch",
    }
    options = {name: value for name, value in trainer.options._asdict().items() if value is not None}
    rows |= {name.replace("_", " "): repr(value) for name, value in options.items()}
    return html.table(("Trainer", ""), list(rows.items()))
