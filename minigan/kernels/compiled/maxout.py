"""The largest of neighbouring numbers, group by group, by a compiled loop."""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.slabs import bytes_each, split

__all__ = ["max_with_mask"]


@compiled
def find_largest(x: np.ndarray, y: np.ndarray, won: np.ndarray) -> None:
    """The largest of each row of x to y, and where it is first to `won`; a NaN is larger than all numbers."""
    for i in range(x.shape[0]):
        place, largest = 0, x[i, 0]
        for k in range(1, x.shape[1]):
            if x[i, k] > largest or (x[i, k] != x[i, k] and largest == largest):
                place, largest = k, x[i, k]
        y[i] = largest
        for k in range(x.shape[1]):
            won[i, k] = k == place


def max_with_mask(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.maxout.max_with_mask`."""
    if x.ndim < 2 or not x.size:
        return NotImplemented
    x = memory_pool.contiguous(x)
    y, won = memory_pool.empty(x.shape[:-1], x.dtype), memory_pool.empty(x.shape, np.dtype(np.bool_))
    slabs = split(len(x), bytes_each(x))

    def work(number: int) -> None:
        slab = slabs[number]
        find_largest(x[slab].reshape(-1, x.shape[-1]), y[slab].reshape(-1), won[slab].reshape(-1, x.shape[-1]))

    parallel_for(work, len(slabs))
    return y, won
