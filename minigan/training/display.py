"""Progress of a training in a notebook: one display that is updated in place; elsewhere lines that are printed."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from minigan.io import html
from minigan.training.events import StepEnd

__all__ = ["ProgressDisplay", "in_notebook"]

#: Seconds between two updates within an epoch, and rows of the table: the last epochs and the newest step.
SECONDS, ROWS = 0.5, 8

#: The height of pictures, in pixels of the page.
HEIGHT = 400

HEADINGS = ("epoch", "step", "loss D", "loss G", "D(x)", "D(G(z))", "right on real", "right on fake", "images/s")


class ProgressDisplay:
    """A table of metrics, pictures, and lines below them; outside of a notebook a line for each epoch.

    Parameters
    ----------
    seconds : float
        Time between two updates within an epoch.

    Attributes
    ----------
    handle : object
        IPython's display; None outside of a notebook.
    pictures : dict
        The title and the PNG file, or its content, of each picture, by what it shows.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self.handle: Any = None
        self._clear()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(seconds={self.seconds:g})"

    def _clear(self) -> None:
        """Forget the training before."""
        self.title: list[str] = []
        self.epochs: list[StepEnd] = []
        self.last: StepEnd | None = None
        self.lines: list[str] = []
        self.pictures: dict[str, tuple[str, Path | bytes]] = {}
        self.updated = 0.0

    def begin(self, *title: str) -> None:
        """A training begins: a new display, with these lines at its top."""
        self._clear()
        self.title = list(title)
        self.handle = new_display()
        self._say(*title)
        self.update()

    def end_step(self, step: StepEnd) -> None:
        """A step has ended: it is shown if the last update was some time ago, or if it is the last one."""
        self.last = step
        if step.step == step.steps:
            self._say(line(step))
        elif time.monotonic() - self.updated < self.seconds:
            return
        self.update()

    def end_epoch(self) -> None:
        """An epoch has ended: its last step stays in the table."""
        if self.last is not None:
            self.epochs = [*self.epochs[1 - ROWS :], self.last]
            if self.last.step < self.last.steps:  # the last step was printed already
                self._say(line(self.last))
            self.update()

    def note(self, text: str) -> None:
        """Keep a line below the table, and print it where there is no display."""
        self.lines = [*self.lines[1 - ROWS :], text]
        self._say(text)
        self.update()

    def _say(self, *texts: str) -> None:
        """Print lines, where there is no display."""
        if self.handle is None and texts:
            print(*texts, sep="\n", flush=True)

    def update(self) -> None:
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
        for title, picture in self.pictures.values():
            with suppress(OSError):  # the folder was removed or moved: the run itself reports that
                data = picture if isinstance(picture, bytes) else picture.read_bytes()
                parts.append(html.image(data, title, HEIGHT))
        return "".join([*parts, *map(html.paragraph, self.lines)])


def in_notebook() -> bool:
    """Whether this process shows its results in a notebook."""
    from rich.console import Console

    return Console().is_jupyter


def new_display() -> Any:
    """A display of IPython that can be updated; None outside of a notebook."""
    if not in_notebook():
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
