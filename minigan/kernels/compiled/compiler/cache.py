"""Machine code, kept on the disk for the next start.

A file is found by its name: a digest of the loop, the types of its arguments, the versions of all that compiled it, and
the processor. So a file of another version or processor is never looked at. A checksum over name and content shows
damage; a damaged file counts as none. Files are written under another name and then renamed: two processes may compile
at once. Those used last are kept, `LIMIT` bytes of them.

The folder is ``kernels`` in the user's cache folder (``MINIGAN_DATA``). Who could write to it could make this process
run anything: one that is not the user's own, or that others may write to, is not used. What cannot be read or written
is no error: the loops are compiled again. ``MINIGAN_CACHE=0`` turns the cache off.
"""

import hashlib
import os
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from minigan.io.atomic_write import PARTIAL, write_pieces
from minigan.io.cache_folder import cache_folder, is_on
from minigan.io.safe_read import open_file
from minigan.kernels.compiled.compiler.load import Code

__all__ = ["folder", "get", "put"]

#: Maximum bytes of all files: some hundred kilobytes for each version of minigan and of its packages.
LIMIT = 32 * 2**20

#: Seconds after which a file counts as not used, and a part of a file as left by a process that was killed.
DAY, HOUR = 24 * 3600, 3600

MAGIC = b"minigan kernel 1"


@cache
def folder() -> Path | None:
    """The folder, which is made; None where nothing can be kept."""
    if not is_on():
        return None
    path = cache_folder() / "kernels"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = path.stat()
    except OSError:
        return None
    if hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & 0o022):
        return None
    return path


def get(name: str) -> Code | None:
    """The code of this name; None if there is none, or if its file is damaged."""
    place = folder()
    if place is None:
        return None
    path = place / name
    try:
        with open_file(path) as file:
            content = file.read()
    except Exception:  # FileNotFoundError, mostly
        return None
    magic, checksum, body = content[:16], content[16:48], content[48:]
    if magic != MAGIC or checksum != checksum_of(name, body):
        return None
    calls, _, machine = body.partition(b"\n")
    with suppress(OSError):
        if path.stat().st_mtime < time.time() - DAY:
            os.utime(path)  # the file was used
    return Code(tuple(calls.decode().split()), machine)


def put(name: str, code: Code) -> None:
    """Keep the code of a loop, if that is possible."""
    place = folder()
    if place is None:
        return
    body = " ".join(code.calls).encode() + b"\n" + code.machine
    with suppress(OSError):
        make_room(place, len(body))
        write_pieces(place / name, (MAGIC, checksum_of(name, body), body))


def checksum_of(name: str, body: bytes) -> bytes:
    """The checksum of a file's name and content."""
    return hashlib.sha256(name.encode() + body).digest()


def make_room(place: Path, needed: int) -> None:
    """Remove the files that were not used for the longest time, and parts of files."""
    files = []
    for path in place.iterdir():
        with suppress(OSError):  # another process may remove it at the same time
            state = path.stat()
            if not path.name.startswith(PARTIAL):
                files.append((state.st_mtime, state.st_size, path))
            elif state.st_mtime < time.time() - HOUR:
                path.unlink()
    total = needed + sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= LIMIT:
            break
        with suppress(OSError):
            path.unlink()
            total -= size
