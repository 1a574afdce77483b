"""A checkpoint: named arrays and one document of plain values, in one file whose damage is detected.

======================  ================================================================================
bytes                   what
======================  ================================================================================
21                      ``minigan checkpoint 2`` and a line feed: the kind of file and its format
8                       the manifest's length n, a whole number of 64 bits, low byte first
n                       the manifest: JSON, in ASCII
the rest but 32         the arrays' values, one array after the other as the manifest lists them, C order,
                        low bytes first, nothing between them
32                      SHA-256 of all bytes before
======================  ================================================================================

The manifest holds ``arrays``, a list of ``{"name", "dtype", "shape"}``; ``state``, the document; ``score``, how good
the run was, if known; and ``versions``. There is no pickle and no date in it: the same state makes the same bytes.
Whole numbers of any size are exact in JSON, and so are floats, which Python writes with as many digits as distinguish
them; NaN and the infinities are written as Python's json does.

Nothing of a file is used before its SHA-256 fits: a single bit that has changed, or an end that is missing, is found.
A SHA-256 does not prove who wrote the file, so even then a size in it is used only if all sizes add up to the file's
own. Every later format will end in the same SHA-256, so that a newer file is not taken for a damaged one.

Format 1, which minigan 0.1.0 wrote, has other names in the manifest: see `minigan.training.checkpoint.format_1`.
"""

import errno
import hashlib
import json
import math
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from minigan.errors import CheckpointError, RunError
from minigan.io.atomic_write import write_pieces
from minigan.io.messages import one_line
from minigan.training.checkpoint.format_1 import as_format_2
from minigan.version import __version__

__all__ = ["Checkpoint", "DamagedCheckpointError", "read_checkpoint", "read_score", "versions", "write_checkpoint"]

#: What all formats begin with; the number of this one follows.
KIND = b"minigan checkpoint "
FORMAT = "2"
HEAD = KIND + FORMAT.encode() + b"\n"
LENGTH, DIGEST = 8, hashlib.sha256().digest_size

#: The dtypes a file can hold, as written in it.
DTYPES = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16")

#: How much is read at a time to be checked.
PIECE = 2**20


class DamagedCheckpointError(CheckpointError):
    """A file that is no complete checkpoint: cut off, changed, or never one."""


def versions() -> dict[str, str]:
    """The versions that compute here: others may round differently."""
    return {"minigan": __version__, "numpy": np.__version__, "python": platform.python_version()}


@dataclass(frozen=True)
class Checkpoint:
    """A state to go on from.

    Attributes
    ----------
    arrays : mapping of str to ndarray
        In host memory.
    state : mapping
        Of text to text, numbers, truth values, None, and lists and mappings of these.
    score : float, optional
        How good the run was here; the lower, the better.
    versions : mapping of str to str
        What it was made with.
    """

    arrays: Mapping[str, np.ndarray]
    state: Mapping[str, Any]
    score: float | None = None
    versions: Mapping[str, str] = field(default_factory=versions)


# Writing


def write_checkpoint(path: str | Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint that is durable when this returns: a power cut does not take it away.

    Raises
    ------
    ValueError
        An array holds anything but numbers, or the state anything but plain values.
    OSError
        It could not be written; what was there before is as it was.
    """
    pieces = list(contents(checkpoint))  # before a file is begun
    write_pieces(path, with_digest(pieces))


def contents(checkpoint: Checkpoint) -> Iterator[bytes | np.ndarray]:
    """The bytes of the file except the last 32."""
    stored = {name: as_stored(name, checkpoint.arrays[name]) for name in sorted(checkpoint.arrays)}
    check_plain("score", checkpoint.score)
    check_plain("state", checkpoint.state)
    manifest = {
        "arrays": [{"name": name, "dtype": a.dtype.str, "shape": list(a.shape)} for name, a in stored.items()],
        "score": checkpoint.score,
        "state": checkpoint.state,
        "versions": dict(checkpoint.versions),
    }
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode("ascii")
    yield HEAD + len(text).to_bytes(LENGTH, "little") + text
    for array in stored.values():
        yield array.reshape(-1).view(np.uint8)


def as_stored(name: str, array: np.ndarray) -> np.ndarray:
    """The same values in C order, low bytes first."""
    stored = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
    if stored.dtype.str not in DTYPES:
        raise ValueError(f"expected {name} to hold numbers of at most 64 bits each, got {array.dtype}")
    return stored


def check_plain(place: str, value: Any) -> None:
    """Refuse values that JSON would change, such as a tuple or a number of NumPy's."""
    if value is None or type(value) in (bool, int, float, str):
        return
    if type(value) is list:
        for number, item in enumerate(value):
            check_plain(f"{place}[{number}]", item)
    elif type(value) is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise ValueError(f"expected the keys of {place} to be text, got {key!r}")
            check_plain(f"{place}.{key}", item)
    else:
        raise ValueError(f"expected {place} to be a plain value, got {value!r} of {type(value).__name__}")


def with_digest(pieces: list[bytes | np.ndarray]) -> Iterator[bytes | np.ndarray]:
    """The pieces, and the SHA-256 of them all."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)  # type: ignore[arg-type]
        yield piece
    yield digest.digest()


# Reading


class Entry(NamedTuple):
    """The manifest's entry for an array."""

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """The size in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read what `write_checkpoint` wrote.

    Raises
    ------
    DamagedCheckpointError
        The file is not whole, or no checkpoint.
    CheckpointError
        There is no such file, or a newer minigan made it.
    RunError
        The file cannot be read.
    """
    with opened(path) as file:
        manifest, entries = read_manifest(file)
        arrays = {entry.name: read_array(file, entry) for entry in entries}
    return Checkpoint(arrays, manifest["state"], manifest["score"], manifest["versions"])


def read_score(path: str | Path) -> float | None:
    """How good the run was at a checkpoint, with the whole file checked; raises what `read_checkpoint` does."""
    with opened(path) as file:
        manifest, _ = read_manifest(file)
    return manifest["score"]


@contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """A block with the open file, in which every sign of damage becomes an error that names the file."""
    path = Path(path)
    try:
        if path.exists() and not path.is_file():  # a pipe would never begin
            raise ValueError("it is not a file")
        with open(path, "rb") as file:
            yield file
    except FileNotFoundError:
        raise CheckpointError(f"expected a checkpoint in {path}, found no such file") from None
    except NewerFormat as error:
        raise CheckpointError(f"expected a checkpoint of format {FORMAT} in {path}, found {error}") from None
    except OSError as error:
        # A file that the disk has lost is damaged; any other refusal says nothing about the file.
        if error.errno == errno.EIO:
            raise damaged(path, error) from None
        raise RunError(f"expected a checkpoint that can be read, got {path}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise damaged(path, error) from None


class NewerFormat(Exception):
    """The file is whole, but of a format that is not known yet."""


def damaged(path: Path, error: Exception) -> DamagedCheckpointError:
    """The error that names the file."""
    return DamagedCheckpointError(
        f"expected a checkpoint in {path}, found a damaged or foreign file: {one_line(error)}"
    )


def read_manifest(file: BinaryIO) -> tuple[dict[str, Any], list[Entry]]:
    """The manifest of a complete file, and its entries for the arrays, which come next in the file."""
    size = os.fstat(file.fileno()).st_size
    check_digest(file, size)
    file.seek(len(KIND))
    number = file.readline(PIECE).rstrip(b"\n")
    if number not in (b"1", FORMAT.encode()):
        raise NewerFormat(f"format {one_line(number.decode('ascii', 'replace'))}, which a newer minigan made")
    rest = size - len(HEAD) - LENGTH - DIGEST
    length = int.from_bytes(file.read(LENGTH), "little")
    if length > rest:
        raise ValueError(f"its manifest of {length} bytes does not fit into {rest}")
    manifest = json.loads(file.read(length))
    score = "figure" if number == b"1" else "score"
    if not isinstance(manifest, dict) or manifest.keys() != {"arrays", score, "state", "versions"}:
        raise ValueError("its manifest has other parts than a checkpoint's")
    if not isinstance(manifest["state"], dict) or type(manifest[score]) not in (float, int, type(None)):
        raise ValueError(f"its manifest has a state or a {score} of another kind than a checkpoint's")
    if number == b"1":
        manifest = as_format_2(manifest)
    entries = [as_entry(**entry) for entry in manifest["arrays"]]
    claimed = sum(entry.size for entry in entries)
    if claimed != rest - length:
        raise ValueError(f"its arrays of {claimed} bytes are not the {rest - length} that there are")
    return manifest, entries


def check_digest(file: BinaryIO, size: int) -> None:
    """Refuse an incomplete file; it is read in pieces, so that its size does not matter."""
    if size < len(HEAD) + LENGTH + DIGEST or file.read(len(KIND)) != KIND:
        raise ValueError("it does not begin as a checkpoint does")
    digest, rest = hashlib.sha256(KIND), size - len(KIND) - DIGEST
    while rest:
        piece = file.read(min(PIECE, rest))
        if not piece:
            raise ValueError("it became shorter while it was read")
        digest.update(piece)
        rest -= len(piece)
    if file.read(DIGEST) != digest.digest():
        raise ValueError("its SHA-256 does not fit")


def as_entry(name: str, dtype: str, shape: list[int]) -> Entry:
    """An array of the manifest, refused unless it could have been written."""
    sizes = all(type(size) is int and size >= 0 for size in shape)
    # NumPy has no more axes than 32 everywhere, and refuses sizes beyond 64 bits also where one of them is 0.
    if not (sizes and len(shape) <= 32 and math.prod(size or 1 for size in shape) < 2**59):
        raise ValueError(f"it lists an array {name!r} of shape {shape!r}")
    if type(name) is not str or dtype not in DTYPES:
        raise ValueError(f"it lists an array {name!r} of {dtype!r}")
    return Entry(name, np.dtype(dtype), tuple(shape))


def read_array(file: BinaryIO, entry: Entry) -> np.ndarray:
    """The next array of the file."""
    array = np.empty(entry.shape, entry.dtype)
    if file.readinto(array.reshape(-1).view(np.uint8)) != entry.size:  # type: ignore[attr-defined]
        raise ValueError("it became shorter while it was read")
    return array.astype(entry.dtype.newbyteorder("="), copy=False)
