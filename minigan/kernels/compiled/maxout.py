"""The largest of neighbouring numbers, group by group, and its gradient, by compiled loops."""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.slabs import split

__all__ = ["max_with_mask", "max_with_mask_grad"]


@compiled
def find_largest(x: np.ndarray, y: np.ndarray, won: np.ndarray) -> None:
    """The largest of each row of x to y, and where it is first to `won`; a NaN is larger than all numbers."""
    won[:] = False
    for i in range(x.shape[0]):
        largest, place = x[i, 0], 0
        for k in range(1, x.shape[1]):
            # `&`, because `and` would be a branch that no processor can predict.
            larger = (not x[i, k] <= largest) & (largest == largest)
            largest = x[i, k] if larger else largest
            place = k if larger else place
        y[i] = largest
        won[i, place] = True


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
    rows, largest, places = groups(x), y.reshape(-1), groups(won)
    slabs = split(len(rows), 2 * rows[0].nbytes)

    def work(number: int) -> None:
        slab = slabs[number]
        find_largest(rows[slab], largest[slab], places[slab])

    parallel_for(work, len(slabs))
    return y, won


def max_with_mask_grad(dy: np.ndarray, won: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.maxout.max_with_mask_grad`."""
    if not won.size:
        return NotImplemented
    dx = memory_pool.empty(won.shape, dy.dtype)
    rows, places, values = groups(dx), groups(won), memory_pool.contiguous(dy).reshape(-1)
    slabs = split(len(rows), 2 * rows[0].nbytes)

    def work(number: int) -> None:
        slab = slabs[number]
        repeat(values[slab], rows[slab])
        mask(rows[slab].reshape(-1), places[slab].reshape(-1))

    parallel_for(work, len(slabs))
    return dx


def groups(array: np.ndarray) -> np.ndarray:
    """The array with a row for each group."""
    return memory_pool.contiguous(array).reshape(-1, array.shape[-1])
