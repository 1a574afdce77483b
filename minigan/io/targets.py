"""What the path of an output leads to: a place for a file, or a pipe or device to write to.

A file is written by renaming another one, which would put a plain file in the place of whatever has the name. So:

- a regular file is replaced, unless it is write-protected;
- a link stays, and the file at its end is replaced or made;
- a pipe that somebody reads, a terminal or another character device is written to;
- a folder, a socket or a disk is refused.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minigan.errors import RunError

__all__ = ["check_target", "explained", "is_stream", "place_of", "send"]


def is_stream(path: str | Path) -> bool:
    """Whether there is a pipe or a device at the path, which takes bytes and is never replaced."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(found.st_mode) or stat.S_ISCHR(found.st_mode)


def check_target(path: str | Path) -> None:
    """Refuse a path where nothing can be written; nothing is opened or changed.

    Raises
    ------
    OSError
        It is a folder, a socket or a disk, its folder does not exist, or it may not be written.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        folder = place_of(path).parent
        if not folder.is_dir():
            raise FileNotFoundError(errno.ENOENT, f"no such folder: {folder}", str(path)) from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, f"files in {folder} may not be written", str(path)) from None
        return
    except ValueError as error:  # a zero byte in the name
        raise OSError(errno.EINVAL, f"no name of a file ({error})", str(path)) from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if stat.S_ISSOCK(mode) or stat.S_ISBLK(mode):
        raise OSError(errno.EINVAL, f"it is a {'socket' if stat.S_ISSOCK(mode) else 'disk'}", str(path))
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "it may not be written", str(path))


def place_of(path: str | Path) -> Path:
    """Where a file must be for the path to lead to it: the end of its links, also where nothing is there yet."""
    path = Path(path)
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def send(source: Path, path: Path) -> None:
    """Write the content of a file to a pipe or a device.

    Raises
    ------
    OSError
        Nobody reads from the pipe, or stops reading before the end.
    """
    try:
        # Without waiting for a reader, who may never come; once there is one, writing waits for it.
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "nobody reads from this pipe", str(path)) from None
        raise
    os.set_blocking(handle, True)
    with open(source, "rb") as file, open(handle, "wb") as stream:
        shutil.copyfileobj(file, stream)


@contextmanager
def explained(path: str | Path) -> Iterator[None]:
    """A block that writes to `path`: an error of the system becomes a `RunError` of one line."""
    try:
        yield
    except OSError as error:
        raise RunError(f"expected a file that can be written, got {path}: {error.strerror or error}") from None
