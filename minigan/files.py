"""Files that are either whole or not there."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from minigan.errors import CheckpointError

__all__ = ["atomic_path", "load_arrays", "save_arrays"]


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path`, which takes its place when the block ends well, and is removed if not.

    It has the same suffix, so that writers which go by it do the same as with `path`.
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files that only their owner may read; a result is as readable as any other file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
        The file is missing, damaged, or holds pickled objects.
    """
    try:
        # Not by np.load, which takes all that is no .npz file for a pickle, and leaves a damaged one open.
        with open(path, "rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as content:
            arrays = dict(content.items())
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ValueError("holds something that is no array")
        return arrays
    except FileNotFoundError:
        raise CheckpointError(f"expected weights in {path}, found no such file") from None
    except Exception as error:  # a damaged file can raise nearly anything
        raise CheckpointError(f"expected weights in {path}, found a damaged or foreign file: {error}") from None
