"""The largest of neighbouring numbers, over slabs.

NumPy's maximum along a short axis starts a loop for every few numbers. Here the k-th numbers of all groups are a view,
which is compared with the largest so far in one long loop.
"""

import numpy as np

from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import bytes_each, split_coarse

__all__ = ["max_with_mask"]


def max_with_mask(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.maxout.max_with_mask`."""
    if x.ndim < 2 or not x.size:
        return NotImplemented
    x = memory_pool.contiguous(x)
    y, won = memory_pool.empty(x.shape[:-1], x.dtype), memory_pool.empty(x.shape, np.dtype(np.bool_))
    slabs = split_coarse(len(x), bytes_each(x))

    def work(number: int) -> None:
        slab = slabs[number]
        find_largest(x[slab], y[slab], won[slab])

    parallel_for(work, len(slabs))
    return y, won


def find_largest(x: np.ndarray, y: np.ndarray, won: np.ndarray) -> None:
    """Write the largest along the last axis to `y`, and its mask to `won`; a NaN is larger than all numbers."""
    np.copyto(y, x[..., 0])
    for k in range(1, x.shape[-1]):
        np.maximum(y, x[..., k], out=y)
    wins, nan, free = (scratch(name, y.shape, np.bool_) for name in ("wins", "nan", "free"))
    free.fill(True)
    for k in range(x.shape[-1]):
        np.equal(x[..., k], y, out=wins)
        np.not_equal(x[..., k], x[..., k], out=nan)
        wins |= nan
        wins &= free
        won[..., k] = wins
        free ^= wins
