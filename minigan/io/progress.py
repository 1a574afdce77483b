"""Progress of slow work, on standard error: a bar or a clock on a terminal, elsewhere a line now and then."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from types import TracebackType
from typing import Self, TypeVar

from minigan.io.display import Display, Ticker, bar, clock, fitted

__all__ = ["Progress", "end_all", "track"]

#: Work that takes fewer seconds shows no progress.
DELAY = 2.0

#: Seconds between two drawings on a terminal, and between two lines elsewhere.
REDRAW, LINES = 0.25, 10.0

#: Smallest width of a bar that is worth its place.
NARROWEST = 8

T = TypeVar("T")

#: What is under way, the outer work first.
RUNNING: "list[Progress]" = []


class Progress:
    """Shows what a ``with`` block is doing, once it has lasted for `DELAY` seconds; nothing of it stays on a terminal.

    Attributes
    ----------
    description : str
        What is done at the moment.
    done, total : int
        How much of it is done, of how much; a total of 0 is one that nobody knows.
    """

    def __init__(self, description: str = "", total: int = 0, delay: float = DELAY) -> None:
        self.description, self.done, self.total, self.delay = description, 0, total, delay
        self.began = self.begun_part = time.monotonic()
        self.said = self.began + delay - LINES  # elsewhere the first line comes after the delay and a pause
        self.display: Display | None = None
        self.ticker = Ticker(self._show, min(REDRAW, max(delay, 0.01)))

    def __enter__(self) -> Self:
        RUNNING.append(self)
        self.ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Show nothing from now on."""
        if self in RUNNING:
            RUNNING.remove(self)
        self.ticker.stop()
        if self.display is not None:
            self.display.clear()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Make room for what the block prints."""
        with nullcontext() if self.display is None else self.display.paused():
            yield

    def begin(self, description: str, total: int = 0) -> None:
        """From now on the block does something else."""
        self.description, self.done, self.total, self.begun_part = description, 0, total, time.monotonic()

    def _show(self) -> None:
        """Show what is done, if the time has come."""
        now = time.monotonic()
        if now - self.began < self.delay:
            return
        if self.display is None:
            self.display = Display()
            self.said = now
        if self.display.live:
            self.display.draw([self.line(self.display.width, self.display.console.encoding)])
        elif now - self.said >= LINES:
            self.said = now
            print(self.line(0, None), file=self.display.console.file, flush=True)

    def line(self, width: int, encoding: str | None) -> str:
        """What is done, how much of it, and the time that is left, or has passed where no total is known.

        A `width` of 0 is for a line of text without a bar, as long as it has to be.
        """
        passed = time.monotonic() - self.begun_part
        share = self.done / self.total if self.total else 0.0
        left = f"{clock(passed * (1 - share) / share)} left" if share else clock(passed)
        parts = [(1, self.description), (2, self.amount()), (3, left)]
        parts = [part for part in parts if part[1]]
        if not width:
            return "  ".join(text for _, text in parts)
        text = fitted(parts, width)
        room = width - len(text) - 2
        if not self.total or room < NARROWEST or left not in text:
            return text
        return f"{text.removesuffix(left)}{bar(share, room, encoding)}  {left}"

    def amount(self) -> str:
        """How much is done."""
        return f"{self.done:,} of {self.total:,}" if self.total else ""


def end_all() -> None:
    """End the progress of work that an error interrupted, before the error is printed."""
    for progress in reversed(RUNNING):
        progress.end()


def track(items: Iterable[T], total: int, description: str, delay: float = DELAY) -> Iterator[T]:
    """Yield `items`, `total` of them, with progress once `delay` seconds have passed."""
    with Progress(description, total, delay) as progress:
        for item in items:
            yield item
            progress.done += 1
