"""The progress of a run in a notebook: one display that is updated in place."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from minigan.io import html
from minigan.training.events import EpochEnd, Evaluated, Event, Notice, RunStart, Saved, StepEnd, Stopped

__all__ = ["NotebookProgress"]

#: Seconds between two updates within an epoch, and rows of the table: the last epochs and the newest step.
SECONDS, ROWS = 0.5, 8

#: The pictures that are shown, by what their events call them, and their heights in pixels of the page.
PICTURES = {"samples": 400, "losses": 400}

HEADINGS = ("epoch", "step", "loss D", "loss G", "D(x)", "D(G(z))", "right on real", "right on fake", "images/s")


class NotebookProgress:
    """A listener for `train_run` and `resume_run` that shows a run in a notebook while it trains.

    The display has a table of the metrics, with a row for each of the last epochs and one for the newest step, the
    samples and the curves as the run saved them last, and the notices about the run. Outside of a notebook the same is
    printed, a line for each epoch and one for the last step.

    Parameters
    ----------
    seconds : float
        Time between two updates within an epoch.

    Examples
    --------
    >>> from minigan.runs import NotebookProgress, TrainConfig, train_run
    >>> train_run(TrainConfig(epochs=1), "a-run", NotebookProgress())  # doctest: +SKIP
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self.handle: Any = None
        self._clear()

    def __repr__(self) -> str:
        return f"NotebookProgress(seconds={self.seconds:g})"

    def _clear(self) -> None:
        """Forget the run before."""
        self.title: list[str] = []
        self.epochs: list[StepEnd] = []
        self.last: StepEnd | None = None
        self.lines: list[str] = []
        self.pictures: dict[str, Path] = {}
        self.updated = 0.0

    def __call__(self, event: Event) -> None:
        """Take an event of the run."""
        match event:
            case RunStart():
                self._clear()
                self.title = [f"Training {event.model} on {event.data}, into {event.folder}", event.description]
                self.handle = new_display()
                self._say(*self.title)
            case StepEnd():
                self.last = event
                if event.step == event.steps:
                    self._say(line(event))
                elif time.monotonic() - self.updated < self.seconds:
                    return
            case EpochEnd() if self.last is not None:
                self.epochs = [*self.epochs[1 - ROWS :], self.last]
                if self.last.step < self.last.steps:  # the last step was printed already
                    self._say(line(self.last))
            case Evaluated():
                metrics = "  ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in event.metrics.items())
                self._note(f"epoch {event.epoch}  samples: {metrics}")
            case Notice():
                self._note(f"note, step {event.step}: {event.kind}: {event.text}")
            case Stopped():
                self._note(f"stopped after step {event.step}")
            case Saved() if event.what in PICTURES:
                self.pictures[event.what] = event.path
            case _:
                return
        self._update()

    def _note(self, text: str) -> None:
        """Keep a line below the table, and print it where there is no display."""
        self.lines = [*self.lines[1 - ROWS :], text]
        self._say(text)

    def _say(self, *texts: str) -> None:
        """Print lines, where there is no display."""
        if self.handle is None:
            print(*texts, sep="\n", flush=True)

    def _update(self) -> None:
        """Show what is known now."""
        self.updated = time.monotonic()
        if self.handle is not None:
            from IPython.display import HTML

            self.handle.update(HTML(self.page()))

    def page(self) -> str:
        """What the display shows, as HTML."""
        rows = [*self.epochs, *([self.last] if self.last is not None and self.last not in self.epochs else [])]
        parts = [html.paragraph(text) for text in self.title]
        if rows:
            parts.append(html.table(HEADINGS, [cells(step) for step in rows], right=HEADINGS))
        for what, path in self.pictures.items():
            with suppress(OSError):  # the folder was removed or moved: the run itself reports that
                parts.append(html.image(path.read_bytes(), f"{what}: {path.name}", PICTURES[what]))
        return "".join([*parts, *map(html.paragraph, self.lines)])


def new_display() -> Any:
    """A display of IPython that can be updated; None outside of a notebook."""
    from rich.console import Console

    if not Console().is_jupyter:
        return None
    from IPython.display import HTML, display

    return display(HTML(""), display_id=True)


def cells(step: StepEnd) -> tuple[str, ...]:
    """A text for each of `HEADINGS`."""
    return (
        str(step.epoch),
        f"{step.step}/{step.steps}",
        f"{step.d_loss:.3f}",
        f"{step.g_loss:.3f}",
        f"{step.d_real:.2f}",
        f"{step.d_fake:.2f}",
        f"{step.real_accuracy:.0%}",
        f"{step.fake_accuracy:.0%}",
        f"{step.images_per_second:.0f}",
    )


def line(step: StepEnd) -> str:
    """The metrics of a step in one line."""
    return "  ".join(f"{heading} {cell}" for heading, cell in zip(HEADINGS, cells(step), strict=True))
