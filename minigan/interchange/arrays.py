"""The headers of a file of arrays, and the check that the file fits a network, before any array is read.

A header of a few bytes can claim an array of a terabyte. So every reader gives names, shapes and dtypes first, and
they are compared with the network's. Only then are arrays read, and these are as large as the network's own.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigan.errors import CheckpointError, MiniganError
from minigan.interchange.layout import Entry, from_theirs
from minigan.io.messages import one_line
from minigan.layers import Shape

__all__ = ["ArrayFile", "Header", "both_names", "reading", "select", "shown"]

#: Names in an error message, and letters of one: a foreign file may hold a million names, or one of a megabyte.
MAX_NAMES, MAX_LETTERS = 5, 60


class Header(NamedTuple):
    """The shape and the dtype of an array, as its file states them."""

    shape: Shape
    dtype: str


class ArrayFile(NamedTuple):
    """An open file: all headers, in the order of the file, and a function that reads the array of a name."""

    headers: dict[str, Header]
    read: Callable[[str], np.ndarray]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn every error that a library raises about a bad file into one kind of error.

    Raises
    ------
    CheckpointError
        The file is missing, damaged, or not of its format.
    """
    if not path.is_file():
        raise CheckpointError(f"expected weights in {path}, found no such file")
    try:
        yield
    except MiniganError:
        raise
    except Exception as error:  # a damaged file can raise nearly anything, MemoryError included
        reason = one_line(error)[:300].encode("ascii", "backslashreplace").decode()
        raise CheckpointError(f"expected weights in {path}, found a damaged or foreign file: {reason}") from None


def select(path: Path, file: ArrayFile, entries: Sequence[Entry]) -> dict[str, np.ndarray]:
    """Read the state of a network from a file that holds exactly that, under the names of `entries`.

    Raises
    ------
    CheckpointError
        A name is missing or unknown; an array is of another shape or dtype, or holds a NaN or an infinity.
    """
    expected = {item.theirs: item for item in entries}
    missing = [name for name in expected if name not in file.headers]
    unknown = [name for name in file.headers if name not in expected]
    if missing or unknown:
        raise CheckpointError(f"{path} does not fit: missing {shown(missing)}; unknown {shown(unknown)}")
    for name, item in expected.items():
        shape, dtype = file.headers[name]
        if shape != item.permutation.theirs or dtype != "float32":
            wanted = f"{both_names(item)} {item.permutation.theirs} float32"
            raise CheckpointError(f"{path} does not fit: expected {wanted}, got {shape} {dtype}")
    arrays = {name: file.read(name) for name in expected}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise CheckpointError(
                f"{path}: expected finite numbers in {both_names(expected[name])}, got NaN or infinity"
            )
    return from_theirs(arrays, entries)


def both_names(item: Entry) -> str:
    """The name of an array in the file and, if it differs, in minigan."""
    return item.theirs if item.ours == item.theirs else f"{item.theirs} (minigan's {item.ours})"


def shown(names: Collection[str], limit: int = MAX_NAMES) -> str:
    """The first of the names, without control characters, which a terminal would obey."""
    if not names:
        return "none"
    first = ", ".join(_first(map(plain, names), limit))
    return first if len(names) <= limit else f"{first} and {len(names) - limit:,} more"


def plain(name: str) -> str:
    """A name from a file, short and in ASCII."""
    letters = ascii(name)[1:-1]
    return letters if len(letters) <= MAX_LETTERS else f"{letters[:MAX_LETTERS]}..."


def _first(names: Iterable[str], count: int) -> list[str]:
    return [name for name, _ in zip(names, range(count))]
