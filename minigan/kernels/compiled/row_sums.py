"""Images as rows, and sums over rows.

A sum keeps its digits: a few rows are added in the numbers' own precision, then to the whole. One long running sum in
float32 would lose digits, for each small number is rounded to the size of the sum.

A loop over a row is fast where the row is long. So where there are few channels, neighbouring rows are joined to one,
vectors of the channels are repeated to its length, and sums are folded in the end.
"""

from functools import lru_cache

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.slabs import bytes_each, split

__all__ = ["BLOCK", "add_part", "alike", "fold", "matrix", "repeat", "slabs_of"]

#: Rows that are added up before they are added to the whole.
BLOCK = 64

#: Numbers of a row that is long enough.
LONG = 64


@compiled
def add_part(part: np.ndarray, sums: np.ndarray) -> None:
    """``sums <- sums + part``; then `part` is 0 for the next rows."""
    for j in range(part.shape[0]):
        for k in range(part.shape[1]):
            sums[j, k] += part[j, k]
            part[j, k] = 0


def alike(images: tuple[np.ndarray, ...], vectors: tuple[np.ndarray, ...] = ()) -> bool:
    """Whether arrays have one shape and entries, and vectors a number for each channel: the loops do not look."""
    shape = images[0].shape
    return (
        images[0].size > 0
        and len(shape) > 1
        and all(array.shape == shape for array in images)
        and all(vector.shape == shape[-1:] for vector in vectors)
    )


@lru_cache(maxsize=256)
def joined(channels: int, positions: int) -> int:
    """How many positions make a row: a divisor of their number."""
    return max((count for count in range(1, LONG // channels + 1) if positions % count == 0), default=1)


def matrix(x: np.ndarray) -> np.ndarray:
    """Images as rows: each has the channels of one position or, where these are few, of several."""
    channels = x.shape[-1]
    return memory_pool.contiguous(x).reshape(-1, channels * joined(channels, x.size // channels))


def repeat(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Vectors of the channels, as long as a row."""
    count = rows.shape[1] // vectors.shape[-1]
    return memory_pool.contiguous(vectors) if count == 1 else np.tile(vectors, count)


def fold(sums: np.ndarray, channels: int) -> np.ndarray:
    """Vectors as long as a row, added up to vectors of the channels."""
    return sums if sums.shape[1] == channels else sums.reshape(len(sums), -1, channels).sum(axis=1)


def slabs_of(rows: np.ndarray) -> tuple[slice, ...]:
    """Slabs of rows, for loops that visit each number once or twice: half of what would stay in the core's cache."""
    return split(len(rows), 2 * bytes_each(rows))
