"""Files that are either whole or not there, whatever happens while they are written: an error, a signal, a power cut.

A file is written beside its place and flushed to the disk; then one call puts it in the place of what was there, and
the folder, which holds the name, is flushed as well. A reader finds the old file or the new one, never a part. So do
databases (see "Atomic Commit In SQLite", sqlite.org/atomiccommit.html).
"""

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from minigan.errors import CheckpointError
from minigan.io.messages import one_line
from minigan.io.npz import Archive
from minigan.io.safe_read import open_file

__all__ = ["atomic_path", "load_arrays", "remove_leftovers", "save_arrays", "write_pieces"]

#: What the names of files begin with that are being written.
PARTIAL = ".partial-"


class System:
    """The operating system's calls by which a file becomes durable; tests put failing ones in their place."""

    def open(self, path: Path, flags: int) -> int:
        """A handle; a new file is as readable as the umask says."""
        return os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)

    def write(self, handle: int, data: memoryview) -> int:
        """How many of the bytes were taken."""
        return os.write(handle, data)

    def sync(self, handle: int) -> None:
        """Return when it is on the disk."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        """Give the handle back."""
        os.close(handle)

    def rename(self, source: Path, target: Path) -> None:
        """In one step, in the place of a file that may be there."""
        os.replace(source, target)

    def remove(self, path: Path) -> None:
        """Take the name away."""
        os.unlink(path)


#: What all writing here goes through.
system = System()


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path`, which takes its place, durably, when the block ends well, and is removed if not.

    It has the same suffix, so that writers which go by it do the same as with `path`. An error leaves what was there
    before; only where the very last call fails, which makes the new name durable, the new file may be there, whole.
    """
    path = Path(path)
    temporary = path.parent / f"{PARTIAL}{os.urandom(8).hex()}{path.suffix}"
    system.close(system.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    try:
        yield temporary
        # Before it gets the name: else a power cut could leave the name on a file without its content.
        sync(temporary, os.O_RDWR)
        system.rename(temporary, path)
    except BaseException:
        with suppress(OSError):  # the first error is the one to tell
            system.remove(temporary)
        raise
    sync_folder(path.parent)


def sync(path: Path, flags: int) -> None:
    """Return when a file or folder is on the disk."""
    handle = system.open(path, flags)
    try:
        system.sync(handle)
    finally:
        system.close(handle)


def sync_folder(folder: Path) -> None:
    """Return when the names in it are on the disk."""
    if os.name == "nt":  # there no folder can be opened
        return
    try:
        sync(folder, os.O_RDONLY)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system without this call
            raise


def write_pieces(path: str | Path, pieces: Iterable[bytes | np.ndarray]) -> None:
    """Write bytes and arrays one after the other, as a file that is whole or not there.

    Raises
    ------
    OSError
        It could not be written; what was there before is as it was.
    """
    with atomic_path(path) as temporary:
        handle = system.open(temporary, os.O_WRONLY)
        try:
            for piece in pieces:
                write_all(handle, memoryview(piece))  # type: ignore[arg-type]
        finally:
            system.close(handle)


def write_all(handle: int, data: memoryview) -> None:
    """Write all bytes: a call may take fewer than it was given."""
    rest = data.cast("B") if data.nbytes else memoryview(b"")
    while rest:
        rest = rest[system.write(handle, rest) :]


def remove_leftovers(folder: str | Path) -> list[Path]:
    """Remove what writes left in the folder that were killed; no other process may be writing there.

    Returns
    -------
    list of Path
        What was removed.
    """
    leftovers = sorted(path for path in Path(folder).iterdir() if path.name.startswith(PARTIAL))
    for path in leftovers:
        system.remove(path)
    return leftovers


def save_arrays(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays to an .npz file: no pickle, and the same bytes for the same arrays."""
    contents: dict[str, Any] = dict(arrays)
    for name, array in contents.items():
        if array.dtype.hasobject:
            raise ValueError(f"expected {name} to hold numbers, got objects")
    with atomic_path(path) as temporary:
        np.savez(temporary, **contents)


def load_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Read what `save_arrays` wrote.

    Raises
    ------
    CheckpointError
        The file is missing, damaged, holds pickled objects, or unpacks to more than a file of its size can honestly
        hold.
    """
    try:
        with open_file(path) as file:
            archive = Archive(file)
            return {name: archive[name] for name in archive.names}
    except FileNotFoundError:
        raise CheckpointError(f"expected weights in {path}, found no such file") from None
    except Exception as error:  # a damaged file can raise nearly anything
        reason = one_line(error)
        raise CheckpointError(f"expected weights in {path}, found a damaged or foreign file: {reason}") from None
