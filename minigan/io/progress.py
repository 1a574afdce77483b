"""Progress of slow work, on standard error: a bar or a clock on a terminal, elsewhere a line now and then."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Self, TypeVar

from minigan.io.display import BAR, Display, clock, row

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Progress", "end_all", "track"]

#: Work that takes fewer seconds shows no progress.
DELAY = 2.0

#: Seconds between two lines where no bar can be drawn.
LINES = 10.0

T = TypeVar("T")

#: What is under way, the outer work first.
RUNNING: "list[Progress]" = []


class Progress(Display):
    """Shows what a ``with`` block is doing, once it has lasted for `DELAY` seconds; nothing of it stays on a terminal.

    Attributes
    ----------
    description : str
        What is done at the moment.
    done, total : int
        How much of it is done, of how much; a total of 0 is one that nobody knows.
    """

    def __init__(self, description: str = "", total: int = 0, delay: float = DELAY) -> None:
        super().__init__(min(0.25, max(delay, 0.01)))
        self.delay = delay
        self.began = time.monotonic()
        self.said = self.began + delay  # elsewhere the first line comes after the delay and a pause
        self.begin(description, total)

    def __enter__(self) -> Self:
        RUNNING.append(self)
        return super().__enter__()

    def end(self) -> None:
        """Show nothing from now on."""
        if self in RUNNING:
            RUNNING.remove(self)
        super().end()

    def begin(self, description: str, total: int = 0) -> None:
        """From now on the block does something else."""
        self.description, self.done, self.total, self.begun_part = description, 0, total, time.monotonic()

    def tick(self) -> None:
        """Show what is done, if the time has come."""
        now = time.monotonic()
        if now - self.began < self.delay:
            return
        if self.can_draw:
            if [work for work in RUNNING if now - work.began >= work.delay][-1:] == [self]:  # the line is the inmost's
                self.draw()
        elif now - self.said >= LINES:
            self.said = now
            print(*(part for _, part in self.parts() if part), sep="  ", file=sys.stderr, flush=True)

    def parts(self) -> list[tuple[int, str]]:
        """What is done, how much of it, and the time that is left, or has passed where no total is known."""
        passed, share = time.monotonic() - self.begun_part, self.share
        left = f"{clock(passed * (1 - share) / share)} left" if share else clock(passed)
        return [(1, self.description), (2, self.amount()), (3, left)]

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def amount(self) -> str:
        """How much is done, in words."""
        return f"{self.done:,} of {self.total:,}" if self.total else ""

    def drawn(self, width: int) -> "RenderableType":
        """The line on a terminal, with a bar where a total is known and there is room."""
        *parts, left = self.parts()
        return row([*parts, (4, BAR if self.total else ""), left], width, self.share)


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
