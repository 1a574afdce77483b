"""Files from anywhere: opened only where they are files, and unpacked only as far as they can honestly go.

A path may name a pipe that nobody writes to, or a device that never ends. A file of a kilobyte may say that it holds a
terabyte, and one of ten megabytes may really unpack to ten gigabytes of zeros. Whoever reads must neither wait for ever
nor fill the memory.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

__all__ = ["most_unpacked", "open_file", "read_bytes", "size_of"]

#: A file may unpack to so many bytes, a large one to so many times its size. Pictures, numbers and labels are packed to
#: a half or a tenth of their size, mostly black drawings to a fiftieth, and zeros alone to a thousandth.
UNPACKED, RATIO = 2**28, 100


def open_file(path: str | Path) -> BinaryIO:
    """The file at `path`, to read bytes from.

    Raises
    ------
    OSError
        There is none, it may not be read, or it is a folder, a pipe, a device or another thing without an end.
    """
    try:
        file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 (the caller closes it)
    except ValueError as error:  # a zero byte in the name
        raise OSError(errno.EINVAL, f"No name of a file ({error})", str(path)) from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    return file


def _without_waiting(path: str, flags: int) -> int:
    """A handle at once, even of a pipe that nobody writes to."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def size_of(file: BinaryIO) -> int:
    """How many bytes an open file has now."""
    return os.fstat(file.fileno()).st_size


def read_bytes(path: str | Path, most: int | None = None) -> bytes:
    """All of a file, if it has at most `most` bytes.

    What comes to it while it is read stays unread, so that this ends.

    Raises
    ------
    OSError
        As `open_file`; it is larger than `most`, or than the memory.
    """
    with open_file(path) as file:
        size = size_of(file)
        if most is not None and size > most:
            raise OSError(errno.EFBIG, f"Expected at most {most:,} bytes, got {size:,}", str(path))
        try:
            return file.read(size)
        except MemoryError:
            raise OSError(errno.ENOMEM, f"Its {size:,} bytes do not fit into the memory", str(path)) from None


def most_unpacked(packed: int) -> int:
    """How many bytes a file of `packed` bytes can honestly unpack to."""
    return max(UNPACKED, RATIO * packed)
