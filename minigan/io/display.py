"""Lines at the bottom of the terminal that are drawn over again and again, such as a progress bar."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Display", "Ticker", "bar", "clock", "fitted", "is_terminal"]

#: Columns that stay free at the end of a line: a terminal that is made smaller, or that shows ``^C``, then wraps none.
FREE = 3

#: One display at a time writes.
LOCK = threading.RLock()


class Display:
    """Draws lines on standard error, if that is a terminal that can move its cursor.

    The cursor always waits at the start of the first line. What the terminal itself shows there, such as the ``^C`` of
    an interrupt, is drawn over by the next `draw`, and never moves the lines.

    Attributes
    ----------
    live : bool
        Whether lines are shown. In a pipe, a file, a notebook or a terminal without cursor movements they are not.
    """

    def __init__(self, console: "Console | None" = None) -> None:
        from rich.console import Console

        self.console = console or Console(stderr=True, markup=False, highlight=False, emoji=False)
        self.live = is_terminal(self.console.file) and not (self.console.is_dumb_terminal or self.console.is_jupyter)
        self.lines: list[str] = []

    @property
    def width(self) -> int:
        """The columns that a line may take."""
        return max(self.console.width - FREE, 1)

    def draw(self, lines: Sequence[str]) -> None:
        """Show these lines in place of those before."""
        if self.live and (lines or self.lines):
            with LOCK:
                self._write(lines, max(len(lines), len(self.lines)))
                self.lines = list(lines)

    def clear(self) -> None:
        """Remove the lines from the screen."""
        self.draw(())

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Remove the lines while the block prints something that is to stay, and show them below it."""
        with LOCK:
            lines = self.lines
            self.clear()
            try:
                yield
            finally:
                self.draw(lines)

    def _write(self, lines: Sequence[str], rows: int) -> None:
        """Draw the lines, and empty ones up to `rows`, in one piece."""
        from rich.control import Control
        from rich.segment import ControlType
        from rich.text import Text

        with self.console:
            for row in range(rows):
                self.console.control(Control((ControlType.ERASE_IN_LINE, 2)))
                line = Text(lines[row] if row < len(lines) else "", no_wrap=True, overflow="crop")
                line.truncate(self.width)
                self.console.print(line, end="\n" if row < rows - 1 else "", soft_wrap=True)
            if rows > 1:
                self.console.control(Control((ControlType.CURSOR_UP, rows - 1)))
            self.console.control(Control(ControlType.CARRIAGE_RETURN))


class Ticker:
    """Calls a function every `seconds` on a thread of its own, from `start` to `stop`."""

    def __init__(self, tick: Callable[[], None], seconds: float) -> None:
        self.tick, self.seconds = tick, seconds
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True, name="minigan progress")

    def start(self) -> None:
        """Begin; the first call comes after `seconds`."""
        self.thread.start()

    def stop(self) -> None:
        """End, after the call that is under way."""
        self.ended.set()
        if self.thread.is_alive():
            self.thread.join()

    def _run(self) -> None:
        while not self.ended.wait(self.seconds):
            try:
                self.tick()
            except (OSError, ValueError):  # the stream is closed: the work goes on without progress
                return


def is_terminal(stream: object) -> bool:
    """Whether a stream is a terminal; a closed one, or none, is not."""
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        return False


def bar(share: float, width: int, encoding: str | None) -> str:
    """A bar of `width` columns, of which a `share` from 0 to 1 is done, in characters that the encoding has."""
    done, rest = "━", "─"
    try:
        (done + rest).encode(encoding or "ascii")
    except (UnicodeError, LookupError):
        done, rest = "#", "-"
    full = round(width * min(max(share, 0.0), 1.0))
    return done * full + rest * (width - full)


def clock(seconds: float) -> str:
    """A time as minutes and seconds, or hours, minutes and seconds."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def fitted(parts: Sequence[tuple[float, str]], width: int) -> str:
    """The parts of a line that fit into `width` columns, in their order, two blanks between them.

    Parameters
    ----------
    parts : sequence of (float, str)
        Each with its rank: parts of lower ranks are chosen first. The one of the lowest rank is always there.
    """
    chosen: set[int] = set()
    for place in sorted(range(len(parts)), key=lambda place: parts[place][0]):
        line = "  ".join(parts[other][1] for other in sorted(chosen | {place}))
        if not chosen or len(line) <= width:
            chosen.add(place)
    return "  ".join(parts[place][1] for place in sorted(chosen))
