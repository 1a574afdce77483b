"""What is drawn at the bottom of the terminal while work is under way, by rich, on standard error."""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

__all__ = ["BAR", "Display", "clock", "fitted", "is_terminal", "row"]

#: Columns that stay free at the end of a line, for the ``^C`` that a terminal shows there.
FREE = 3

#: The part of a line that is drawn as a bar, in its smallest width.
BAR = "\0" * 5


class Display:
    """Shows what a ``with`` block is doing; when the block ends, nothing of it stays on the terminal.

    A thread of its own calls `tick`, which may `draw` or print a line. rich's own thread would not do: progress begins
    after some seconds, and where nothing can be drawn there are lines.
    """

    def __init__(self, seconds: float = 0.25) -> None:
        self.seconds = seconds
        self.lock = threading.RLock()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True, name="minigan progress")

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def end(self) -> None:
        """Show nothing from now on."""
        self.ended.set()
        if self.thread.is_alive():
            self.thread.join()
        if "live" in vars(self):
            self.live.stop()

    def tick(self) -> None:
        """Called every `seconds`."""
        raise NotImplementedError

    def drawn(self, width: int) -> "RenderableType":
        """What `draw` shows: lines of at most `width` columns."""
        raise NotImplementedError

    @cached_property
    def live(self) -> "Live":
        """Draws on standard error; what Python prints to a terminal meanwhile stands above."""
        from rich.console import Console
        from rich.live import Live

        terminal = is_terminal(sys.stderr)  # FORCE_COLOR makes none of a pipe
        plain: Any = {"force_terminal": terminal, "force_jupyter": False, "markup": False, "emoji": False}
        console = Console(file=sys.stderr, stderr=True, highlight=False, **plain)
        return Live(
            get_renderable=lambda: self.drawn(max(console.width - FREE, 1)),
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=is_terminal(sys.stdout),
        )

    @property
    def can_draw(self) -> bool:
        """Whether standard error is a terminal that can move its cursor."""
        return self.live.console.is_interactive

    def draw(self) -> None:
        """Draw what is to be shown now in place of what was there."""
        with self.lock:
            if not self.live.is_started:
                self.live.start()
                self.live.console.show_cursor()  # a program that is killed would leave it hidden
            self.live.refresh()

    @contextmanager
    def above(self, console: "Console") -> "Iterator[Console]":
        """Where to print what is meant for `console` and stays: on a terminal it stands above what is drawn."""
        with self.lock:
            drawn = "live" in vars(self) and self.live.is_started
            yield self.live.console if drawn and console.is_terminal else console

    def _run(self) -> None:
        while not self.ended.wait(self.seconds):
            try:
                with self.lock:
                    self.tick()
            except (OSError, ValueError):  # the stream is closed: the work goes on without progress
                return


def is_terminal(stream: object) -> bool:
    """Whether a stream is a terminal; a closed one, or none, is not."""
    stream = getattr(stream, "rich_proxied_file", stream)  # while rich draws
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        return False


def clock(seconds: float) -> str:
    """A time in hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))


def fitted(parts: Sequence[tuple[float, str]], width: int) -> list[str]:
    """The parts of a line that fit into `width` columns, in their order, with two blanks between them.

    rich shortens columns that do not fit; here whole ones are left out.

    Parameters
    ----------
    parts : sequence of (float, str)
        Each with its rank: parts of lower ranks are chosen first. The one of the lowest rank is always there.
    """
    chosen: set[int] = set()
    for place in sorted(range(len(parts)), key=lambda place: parts[place][0]):
        size = sum(len(parts[other][1]) + 2 for other in chosen | {place}) - 2
        if parts[place][1] and (not chosen or size <= width):
            chosen.add(place)
    return [parts[place][1] for place in sorted(chosen)]


def row(parts: Sequence[tuple[float, str]], width: int, share: float) -> "RenderableType":
    """A line of those parts that fit; `BAR` among them takes the columns that the others leave."""
    from rich.constrain import Constrain
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    line, cells = Table.grid(padding=(0, 2), pad_edge=False), []
    for part in fitted(parts, width):
        line.add_column(no_wrap=part != BAR, overflow="crop")
        cells.append(ProgressBar(1.0, share) if part == BAR else Text(part))
    line.add_row(*cells)
    return Constrain(line, width)
