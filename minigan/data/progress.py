"""The progress of a download, as pooch asks for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from minigan.io.progress import Progress, track

__all__ = ["TransferBar", "track", "transfer"]


class TransferBar(Progress):
    """The progress bar that pooch asks for: `total` in bytes, `update`, `reset` and `close`."""

    def update(self, count: int) -> None:
        """Count `count` bytes more."""
        self.done += count

    def reset(self) -> None:
        """Count from zero again."""
        self.done, self.begun_part = 0, time.monotonic()

    def close(self) -> None:
        """Do nothing: the bar closes with its ``with`` block, after an error too."""

    def amount(self) -> str:
        """How many megabytes have come, of how many if the server says it."""
        done, total = self.done / 1e6, self.total / 1e6
        return f"{done:.1f}/{total:.1f} MB" if total else f"{done:.1f} MB"


@contextmanager
def transfer(description: str) -> Iterator[TransferBar]:
    """A bar that counts the bytes of one download."""
    with TransferBar(description) as bar:
        yield bar
