"""Sums over rows that keep their digits: a few rows in the numbers' own precision, then added to the whole.

One long running sum in float32 would lose digits, for each small number is rounded to the size of the sum.
"""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.slabs import bytes_each, split

__all__ = ["BLOCK", "add_part", "matrix", "slabs_of"]

#: Rows that are added up before they are added to the whole.
BLOCK = 64


@compiled
def add_part(part: np.ndarray, sums: np.ndarray) -> None:
    """``sums <- sums + part``; then `part` is 0 for the next rows."""
    for j in range(part.shape[0]):
        for k in range(part.shape[1]):
            sums[j, k] += part[j, k]
            part[j, k] = 0


def matrix(x: np.ndarray) -> np.ndarray:
    """Images as rows: a row for each position, a column for each channel."""
    return memory_pool.contiguous(x).reshape(-1, x.shape[-1])


def slabs_of(rows: np.ndarray) -> tuple[slice, ...]:
    """Slabs of rows, for loops that visit each number once or twice: half of what would stay in the core's cache."""
    return split(len(rows), 2 * bytes_each(rows))
