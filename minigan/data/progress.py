"""Progress bars for slow work, on standard error if that is a terminal; they disappear at the end."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

__all__ = ["TransferBar", "track", "transfer"]

T = TypeVar("T")


class TransferBar:
    """The progress bar that pooch asks for: `total` in bytes, `update`, `reset` and `close`."""

    def __init__(self, progress: "Progress", task: "TaskID") -> None:
        self._progress, self._task = progress, task
        self._total = 0

    @property
    def total(self) -> int:
        """Bytes to come; 0 if the server does not say."""
        return self._total

    @total.setter
    def total(self, total: int) -> None:
        self._total = total
        self._progress.update(self._task, total=total or None, completed=0)

    def update(self, count: int) -> None:
        """Count `count` bytes more."""
        self._progress.advance(self._task, count)

    def reset(self) -> None:
        """Count from zero again."""
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        """Do nothing: the bar closes with its ``with`` block, after an error too."""


@contextmanager
def transfer(description: str) -> Iterator[TransferBar]:
    """A bar that counts the bytes of one download."""
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with _progress(*columns) as progress:
        yield TransferBar(progress, progress.add_task(description, total=None))


def track(items: Iterable[T], total: int, description: str, delay: float = 2.0) -> Iterator[T]:
    """Yield `items`, `total` of them, with a bar once `delay` seconds have passed."""
    begun = time.monotonic()
    progress, task = None, None
    try:
        for done, item in enumerate(items, start=1):
            yield item
            if progress is None and time.monotonic() - begun > delay:
                progress = _progress()
                task = progress.add_task(description, total=total)
                progress.start()
            if progress is not None and task is not None:
                progress.update(task, completed=done)
    finally:
        if progress is not None:
            progress.stop()


def _progress(*columns: "ProgressColumn") -> "Progress":
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    console.quiet = not console.is_terminal  # a disabled bar still ends with an empty line in older versions
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
