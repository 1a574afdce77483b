"""Safe reading of files from unknown sources: only regular files are opened, with a limit on the decompressed size.

A path may name a pipe that nobody writes to, or a device that never ends. A file of a kilobyte may claim to hold a
terabyte, and one of ten megabytes may really unpack to ten gigabytes of zeros. A reader must neither wait for ever
nor fill the memory.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

__all__ = ["free_memory", "most_in_memory", "most_unpacked", "open_file", "read_bytes", "size_of"]

#: A file may unpack to this many bytes; a large file to this many times its size. Pictures, numbers and labels are
#: compressed to a half or a tenth of their size, mostly black drawings to a fiftieth, zeros alone to a thousandth.
UNPACKED, RATIO = 2**28, 100

#: No deflated byte becomes more than this many: a file that states more is damaged.
DEFLATE = 1032

#: The share of the free memory that the data of a user's own file may take.
SHARE = 0.5


def open_file(path: str | Path) -> BinaryIO:
    """The file at `path`, to read bytes from.

    Raises
    ------
    OSError
        There is no such file, it may not be read, or it is a folder, a pipe or a device.
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
    """Open without waiting, even a pipe that nobody writes to."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def size_of(file: BinaryIO) -> int:
    """The size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size


def read_bytes(path: str | Path, most: int | None = None) -> bytes:
    """All of a file, if it has at most `most` bytes.

    Bytes that are appended while it is read are not read, so that reading ends.

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
    """The largest plausible decompressed size of a file of `packed` bytes."""
    return max(UNPACKED, RATIO * packed)


def most_in_memory(packed: int) -> int:
    """The largest decompressed size, for a file of `packed` bytes that the user has named as data.

    Drawings, masks and silhouettes pack several hundred to one, as bombs do. What counts is that they fit into the
    memory; and where the free memory is not known, `most_unpacked`.
    """
    free = free_memory()
    return max(most_unpacked(packed), 0 if free is None else min(int(SHARE * free), DEFLATE * packed))


def free_memory() -> int | None:
    """The bytes of memory that programs may still take, where the system says it."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return 1024 * int(line.split()[1])
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None
