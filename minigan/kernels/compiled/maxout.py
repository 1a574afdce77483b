"""The largest of neighbouring numbers, group by group, by compiled loops without branches.

No processor can predict which of some random numbers is the largest. So each comparison chooses between two numbers,
and nothing is jumped over: the k-th numbers of all groups are compared with the largest so far.
"""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import bytes_each, split

__all__ = ["max_with_mask"]


@compiled
def find_largest(x: np.ndarray, size: int, y: np.ndarray, place: np.ndarray) -> None:
    """The largest of each group of x to y, and its place in the group; a NaN is larger than all numbers."""
    for i in range(y.size):
        y[i], place[i] = x[i * size], 0
    for k in range(1, size):
        for i in range(y.size):
            value, largest = x[i * size + k], y[i]
            larger = (value > largest) | ((value != value) & (largest == largest))
            y[i] = value if larger else largest
            place[i] = k if larger else place[i]


@compiled
def mark(place: np.ndarray, size: int, won: np.ndarray) -> None:
    """True at one place of each group, False elsewhere."""
    won[:] = False
    for i in range(place.size):
        won[i * size + place[i]] = True


def max_with_mask(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.maxout.max_with_mask`."""
    if x.ndim < 2 or not x.size:
        return NotImplemented
    x = memory_pool.contiguous(x)
    y, won = memory_pool.empty(x.shape[:-1], x.dtype), memory_pool.empty(x.shape, np.dtype(np.bool_))
    size, slabs = x.shape[-1], split(len(x), bytes_each(x))

    def work(number: int) -> None:
        slab = slabs[number]
        place = scratch("place", y[slab].shape, np.int32).reshape(-1)
        find_largest(x[slab].reshape(-1), size, y[slab].reshape(-1), place)
        mark(place, size, won[slab].reshape(-1))

    parallel_for(work, len(slabs))
    return y, won
