"""The largest of neighbouring numbers, group by group, by compiled loops without branches.

No processor can predict which of some random numbers is the largest. So nothing is jumped over: the k-th numbers of all
groups are put into one row, and the rows are compared by wide instructions, which choose between two numbers each.
"""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import bytes_each, split

__all__ = ["max_with_mask"]


@compiled
def transpose(x: np.ndarray, rows: np.ndarray) -> None:
    """The k-th number of each group of x to the k-th of the rows."""
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            rows[k, i] = x[i, k]


@compiled
def find_largest(rows: np.ndarray, y: np.ndarray, place: np.ndarray) -> None:
    """The largest of each column to y, and its place in the column; a NaN is larger than all numbers."""
    for i in range(y.size):
        y[i], place[i] = rows[0, i], 0
    for k in range(1, rows.shape[0]):
        for i in range(y.size):
            value, largest = rows[k, i], y[i]
            larger = (value > largest) | ((value != value) & (largest == largest))
            y[i] = value if larger else largest
            place[i] = k if larger else place[i]


@compiled
def mark(place: np.ndarray, won: np.ndarray) -> None:
    """True at one place of each group, False elsewhere."""
    won[:] = False
    for i in range(place.size):
        won[i, place[i]] = True


def max_with_mask(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.maxout.max_with_mask`."""
    if x.ndim < 2 or not x.size:
        return NotImplemented
    x = memory_pool.contiguous(x)
    y, won = memory_pool.empty(x.shape[:-1], x.dtype), memory_pool.empty(x.shape, np.dtype(np.bool_))
    slabs = split(len(x), 2 * bytes_each(x))

    def work(number: int) -> None:
        slab = slabs[number]
        groups, largest = x[slab].reshape(-1, x.shape[-1]), y[slab].reshape(-1)
        rows = scratch("rows", groups.shape[::-1], x.dtype)
        place = scratch("place", largest.shape, np.int32)
        transpose(groups, rows)
        find_largest(rows, largest, place)
        mark(place, won[slab].reshape(groups.shape))

    parallel_for(work, len(slabs))
    return y, won
