"""The largest of neighbouring numbers, group by group, and its gradient, by compiled loops without branches.

No processor can predict which of some random numbers is the largest. So nothing is jumped over: the k-th numbers of
many groups are put into one row, and the rows are compared by wide instructions, which choose between numbers.
"""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import split

__all__ = ["max_with_mask", "max_with_mask_grad"]


#: Bytes of the arrays of a slab: passes over few numbers, for which two threads are better than one.
SLAB = 1 << 18

#: Groups that are compared at once: their rows stay in the fastest cache.
GROUPS = 1024


@compiled
def find_largest(x: np.ndarray, y: np.ndarray, won: np.ndarray, rows: np.ndarray, places: np.ndarray) -> None:
    """The largest of each row of x to y, and where it is first to `won`, as many rows at once as there are `places`."""
    for start in range(0, y.size, places.size):
        stop = min(start + places.size, y.size)
        transpose(x[start:stop], rows)
        compare(rows, y[start:stop], places)
        mark(places, won[start:stop])


@compiled
def transpose(x: np.ndarray, rows: np.ndarray) -> None:
    """The k-th number of each group of x to the k-th of the rows."""
    for k in range(x.shape[1]):
        for i in range(x.shape[0]):
            rows[k, i] = x[i, k]


@compiled
def compare(rows: np.ndarray, y: np.ndarray, places: np.ndarray) -> None:
    """The largest of each column to y, and where it is first; a NaN is larger than all numbers."""
    for i in range(y.size):
        y[i], places[i] = rows[0, i], 0
    for k in range(1, rows.shape[0]):
        for i in range(y.size):
            value, largest = rows[k, i], y[i]
            larger = (not value <= largest) & (largest == largest)
            y[i] = value if larger else largest
            places[i] = k if larger else places[i]


@compiled
def mark(places: np.ndarray, won: np.ndarray) -> None:
    """True at one place of each group, False elsewhere."""
    won[:] = False
    for i in range(len(won)):
        won[i, places[i]] = True


@compiled
def repeat(dy: np.ndarray, dx: np.ndarray) -> None:
    """Each dy to all of its row of dx."""
    for i in range(dx.shape[0]):
        for k in range(dx.shape[1]):
            dx[i, k] = dy[i]


@compiled
def mask(dx: np.ndarray, won: np.ndarray) -> None:
    """``dx <- dx won``."""
    for i in range(dx.size):
        dx[i] *= won[i]


def max_with_mask(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.maxout.max_with_mask`."""
    if x.ndim < 2 or not x.size:
        return NotImplemented
    y, won = memory_pool.empty(x.shape[:-1], x.dtype), memory_pool.empty(x.shape, np.dtype(np.bool_))
    numbers, largest, winners = groups(x), y.reshape(-1), groups(won)
    slabs = split(len(numbers), 2 * numbers[0].nbytes, SLAB)

    def work(number: int) -> None:
        slab = slabs[number]
        rows, places = scratch("rows", (x.shape[-1], GROUPS), x.dtype), scratch("places", (GROUPS,), np.int32)
        find_largest(numbers[slab], largest[slab], winners[slab], rows, places)

    parallel_for(work, len(slabs))
    return y, won


def max_with_mask_grad(dy: np.ndarray, won: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.maxout.max_with_mask_grad`."""
    if not won.size:
        return NotImplemented
    dx = memory_pool.empty(won.shape, dy.dtype)
    rows, places, values = groups(dx), groups(won), memory_pool.contiguous(dy).reshape(-1)
    slabs = split(len(rows), 2 * rows[0].nbytes, SLAB)

    def work(number: int) -> None:
        slab = slabs[number]
        repeat(values[slab], rows[slab])
        mask(rows[slab].reshape(-1), places[slab].reshape(-1))

    parallel_for(work, len(slabs))
    return dx


def groups(array: np.ndarray) -> np.ndarray:
    """The array with a row for each group."""
    return memory_pool.contiguous(array).reshape(-1, array.shape[-1])
