"""Atomic writes: after an error, a signal or a power cut a file is complete or absent, never partly written.

`atomic_path` is the way to write an output file: all writers of the package use it.

A file is written under a temporary name and flushed to the disk; then one call renames it, replacing the old file, and
the folder, which holds the name, is flushed as well. A reader finds the old file or the new one. Databases do the
same (see "Atomic Commit In SQLite", sqlite.org/atomiccommit.html).
"""

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from minigan.errors import CheckpointError
from minigan.io.messages import one_line
from minigan.io.npz import Archive
from minigan.io.safe_read import open_file
from minigan.io.targets import check_target, is_stream, place_of, send

__all__ = ["atomic_path", "load_arrays", "remove_leftovers", "save_arrays", "write_pieces", "write_text"]

#: The prefix of temporary names.
PARTIAL = ".partial-"


class System:
    """The operating system's calls that make a file durable; tests replace them by failing ones."""

    def open(self, path: Path, flags: int) -> int:
        """Open a file and return its handle; a new file gets the permissions of the umask."""
        return os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)

    def write(self, handle: int, data: memoryview) -> int:
        """Write bytes; returns how many were written."""
        return os.write(handle, data)

    def sync(self, handle: int) -> None:
        """Flush to the disk, and return when that is done."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        """Close the handle."""
        os.close(handle)

    def rename(self, source: Path, target: Path) -> None:
        """Rename in one step, replacing an existing file."""
        os.replace(source, target)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        os.unlink(path)


#: All writes of this module use these calls.
system = System()


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path in the same folder: renamed to `path` when the block succeeds, removed when it fails.

    It has the suffix of `path`, because some writers choose their format by it. After an error the old file is still
    there; only if the very last call fails, which makes the new name durable, the complete new file may be there. A
    file that is replaced keeps its permissions; a new one gets those of the umask.

    Only a regular file is ever replaced: see `minigan.io.targets` for links, pipes, devices and all else. For a pipe or
    a device the temporary path is in the system's folder for temporary files, and its content is sent at the end.

    Raises
    ------
    OSError
        Nothing can be written there, or writing failed.
    """
    check_target(path)
    if is_stream(path):
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / f"whole{Path(path).suffix}"
            whole.touch()
            yield whole
            send(whole, Path(path))
        return
    path = place_of(path)
    temporary = path.parent / f"{PARTIAL}{os.urandom(8).hex()}{path.suffix}"
    system.close(system.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    try:
        if path.exists():
            with suppress(OSError):  # a file system without permissions
                temporary.chmod(path.stat().st_mode & 0o777)
        yield temporary
        # Before the rename: otherwise a power cut could leave the name on a file without its content.
        sync(temporary, os.O_RDWR)
        system.rename(temporary, path)
    except BaseException:
        with suppress(OSError):  # the first error is the one to report
            system.remove(temporary)
        raise
    sync_folder(path.parent)


def sync(path: Path, flags: int) -> None:
    """Flush a file or folder to the disk."""
    handle = system.open(path, flags)
    try:
        system.sync(handle)
    finally:
        system.close(handle)


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk."""
    if os.name == "nt":  # Windows cannot open a folder
        return
    try:
        sync(folder, os.O_RDONLY)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system without this call
            raise


def write_pieces(path: str | Path, pieces: Iterable[bytes | np.ndarray]) -> None:
    """Write bytes and arrays one after the other, as one atomic write.

    Raises
    ------
    OSError
        It could not be written; the old file is unchanged.
    """
    with atomic_path(path) as temporary:
        handle = system.open(temporary, os.O_WRONLY)
        try:
            for piece in pieces:
                write_all(handle, memoryview(piece))  # type: ignore[arg-type]
        finally:
            system.close(handle)


def write_text(path: str | Path, text: str) -> None:
    """Write a text in UTF-8, as one atomic write; what has no UTF-8, a byte of a broken name, is written as an escape.

    Raises
    ------
    OSError
        It could not be written; the old file is unchanged.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", "backslashreplace"))


def write_all(handle: int, data: memoryview) -> None:
    """Write all bytes: one call may write fewer than it was given."""
    rest = data.cast("B") if data.nbytes else memoryview(b"")
    while rest:
        rest = rest[system.write(handle, rest) :]


def remove_leftovers(folder: str | Path) -> list[Path]:
    """Remove the temporary files of writes that were killed; no other process may be writing to the folder.

    Returns
    -------
    list of Path
        The files that were removed.
    """
    leftovers = sorted(path for path in Path(folder).iterdir() if path.name.startswith(PARTIAL))
    for path in leftovers:
        system.remove(path)
    return leftovers


def save_arrays(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays to an .npz file, without pickle; the same arrays give the same bytes."""
    contents: dict[str, Any] = dict(arrays)
    for name, array in contents.items():
        if array.dtype.hasobject:
            raise ValueError(f"expected {name} to hold numbers, got objects")
    with atomic_path(path) as temporary:
        np.savez(temporary, **contents)


def load_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Read a file of `save_arrays`.

    Raises
    ------
    CheckpointError
        The file is missing, damaged, holds pickled objects, or has an implausible compression ratio.
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
