"""Output of a program that never decides over its work: what cannot be printed is replaced or dropped.

Python raises an error where a terminal's encoding lacks a character, where the reader of a pipe has closed it
(``minigan train | head``), where the terminal is gone, and where a disk is full. None of these is a reason to end a
training, or to lose a result that only had to be shown.
"""

import errno
import io
import select
import sys
from typing import Any

__all__ = ["Guard", "guard_output"]

#: Errors of a stream that nobody reads any more: the reader closed the pipe, or the terminal is gone.
NOBODY_READS = (errno.EPIPE, errno.EIO, errno.ENXIO, errno.ECONNRESET)


class Guard(io.RawIOBase):
    """Passes bytes on to `raw`; what cannot be written is dropped, and the first error is kept.

    Parameters
    ----------
    raw : io.RawIOBase

    Attributes
    ----------
    error : OSError or None
        The first error but those of a stream that nobody reads any more.
    """

    def __init__(self, raw: io.RawIOBase) -> None:
        self.raw = raw
        self.error: OSError | None = None
        self.name: Any = getattr(raw, "name", None)
        self.terminal = raw.isatty()  # decided once: a terminal that is gone would be none at the end of the program

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.terminal

    def fileno(self) -> int:
        return self.raw.fileno()

    def write(self, data: Any) -> int:
        """Write all of `data`, or as much as can be written; returns its length."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest:
                written = self.raw.write(rest)
                if written is None:  # another program has made the stream non-blocking
                    select.select([], [self.raw], [])
                rest = rest[written or 0 :]
        except OSError as error:
            if error.errno not in NOBODY_READS:
                self.error = self.error or error
        return size


def guard_output() -> list[Guard]:
    """Replace `sys.stdout` and `sys.stderr` by streams that raise no error, with the same encoding and buffering.

    Characters that the encoding lacks become question marks on stdout and escapes on stderr.

    Returns
    -------
    list of Guard
        One for each of the two that is a file; a stream of another kind stays as it is.
    """
    guards = []
    for name, errors in (("stdout", "replace"), ("stderr", "backslashreplace")):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue
        buffer: Any = stream.buffer
        guard = Guard(getattr(buffer, "raw", buffer))
        stream.flush()
        guarded = io.TextIOWrapper(
            io.BufferedWriter(guard) if isinstance(buffer, io.BufferedWriter) else guard,
            encoding=stream.encoding,
            errors=errors,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        setattr(sys, name, guarded)
        guards.append(guard)
    return guards
