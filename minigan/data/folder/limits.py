"""Limits: a header of a few bytes can ask for gigabytes.

The pixels of one picture are limited, and those of all pictures that are decoded at the same time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore

__all__ = ["LARGEST", "PIXELS", "REMEDY", "Room", "check"]

#: Maximum number of pixels of a decoded picture (that of a 50-megapixel camera), and of all pictures decoded at the
#: same time. A pixel takes 4 bytes, and blending, cropping and rotating copy it: at most 16 bytes.
PIXELS = 48 * 2**20

#: Maximum number of pixels that the header of a JPEG may state (that of a 200-megapixel phone): it is decoded at a
#: half, a quarter or an eighth of its height and width if that is enough.
LARGEST = 2**28


REMEDY = "save it smaller, or leave it out with --skip-bad"


def check(size: tuple[int, int], most: int) -> None:
    """Raise if a picture of this width and height has more than `most` pixels.

    Raises
    ------
    ValueError
    """
    width, height = size
    if width * height > most:
        raise ValueError(f"expected at most {most:,} pixels, got {height}x{width} (height x width); {REMEDY}")


class Room:
    """A limit on the pixels decoded at the same time: many small pictures, or one large one."""

    def __init__(self) -> None:
        self.size = max(PIXELS >> 20, 1)
        self.free = Semaphore(self.size)
        self.turn = Lock()

    @contextmanager
    def taken(self, pixels: int) -> Iterator[None]:
        """A block that holds this number of pixels, or all; waits until they are free."""
        count = min(-(-pixels >> 20), self.size)
        with self.turn:  # otherwise two large pictures could each hold half of what they need
            for _ in range(count):
                self.free.acquire()
        try:
            yield
        finally:
            self.free.release(count)
