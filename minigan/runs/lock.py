"""A lock that lets only one process work on a run's folder at a time."""

import errno
import json
import os
import platform
import stat
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType

from minigan.errors import RunError

__all__ = ["RunLock"]

#: Error numbers of a file system that has no locks.
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)


class RunLock:
    """A block in which only this process works on a folder.

    The operating system holds the lock, on a file named ``.lock``, and releases it when the process ends, however it
    ends: a process that was killed leaves the file, but no lock. The file names the process, for the error message of
    another one; it is removed at the end of the block. On a file system without locks every process may enter.

    Parameters
    ----------
    folder : path
        Must exist.

    Attributes
    ----------
    left_by : str
        The process that was killed while it held the lock; an empty text if there was none.

    Raises
    ------
    RunError
        On entering: another process works on the folder, or it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with RunLock(folder):
    ...     RunLock(folder).__enter__()
    Traceback (most recent call last):
    minigan.errors.RunError: expected a run that no other process works on, got ...: process ..., since ...
    """

    #: The file's name.
    NAME = ".lock"

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.path = self.folder / self.NAME
        self.left_by = ""

    def __repr__(self) -> str:
        return f"RunLock({str(self.folder)!r})"

    def __enter__(self) -> "RunLock":
        try:
            self.handle = self._locked()
            try:
                self.left_by = holder(self.handle)
                os.ftruncate(self.handle, 0)
                os.lseek(self.handle, 0, os.SEEK_SET)
                os.write(self.handle, describe_this_process())
            except OSError:
                self._release()
                raise
        except OSError as error:
            raise RunError(f"expected a folder that can be written, got {self.folder}: {error.strerror}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _release(self) -> None:
        # The file is removed while the lock is still held: later it may belong to another process.
        with suppress(OSError):
            os.unlink(self.path)
        os.close(self.handle)

    def _locked(self) -> int:
        """Open the lock file and lock it; returns its handle."""
        while True:
            # A link would let the lock empty another file.
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
            try:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise OSError(errno.EINVAL, f"its {self.NAME} is not a regular file")
                if not try_lock(handle):
                    raise RunError(
                        f"expected a run that no other process works on, got {self.folder}: "
                        f"{holder(handle) or 'another process'}"
                    )
                if is_at(handle, self.path):
                    return handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)  # its last holder removed the file between opening and locking


def try_lock(handle: int) -> bool:
    """Take the lock, which ends with the process; False if another process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            # Lock one byte far behind the text, because locked bytes cannot be read.
            os.lseek(handle, 2**30, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in NO_LOCKS:
            return True
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True


def is_at(handle: int, path: Path) -> bool:
    """Whether the open file is the one at the path."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def describe_this_process() -> bytes:
    """The content of the lock file: process, host and time."""
    now = datetime.now().astimezone().isoformat(" ", "seconds")
    return json.dumps({"process": os.getpid(), "host": platform.node(), "since": now}).encode("ascii")


def holder(handle: int) -> str:
    """The process named in the lock file; an empty text if it names none yet."""
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        content = json.loads(os.read(handle, 1000))
        return f"process {content['process']} on {content['host']}, since {content['since']}"
    except (ValueError, TypeError, KeyError):
        return ""
