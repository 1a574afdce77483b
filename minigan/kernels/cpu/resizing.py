"""Upsampling by repetition over slabs.

A row is widened once, and the long row is copied. The gradient adds the long rows first, for the same reason.
"""

import numpy as np

from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import bytes_each, split_coarse
from minigan.kernels.reference.padding import Pair

__all__ = ["upsample_nearest", "upsample_nearest_grad"]


def upsample_nearest(x: np.ndarray, size: Pair) -> np.ndarray:
    """The twin of `minigan.kernels.reference.resizing.upsample_nearest`."""
    (n, h, w, c), (down, across) = x.shape, size
    y = memory_pool.empty((n, h * down, w * across, c), x.dtype)
    blocks = y.reshape(n, h, down, w, across, c)
    slabs = split_coarse(n, 2 * bytes_each(y))

    def work(number: int) -> None:
        part = blocks[slabs[number]]
        part[:, :, 0] = x[slabs[number]][:, :, :, None]
        part[:, :, 1:] = part[:, :, :1]

    parallel_for(work, len(slabs))
    return y


def upsample_nearest_grad(dy: np.ndarray, size: Pair) -> np.ndarray:
    """The twin of `minigan.kernels.reference.resizing.upsample_nearest_grad`."""
    (n, height, width, c), (down, across) = dy.shape, size
    h, w = height // down, width // across
    blocks = memory_pool.contiguous(dy).reshape(n, h, down, w, across, c)
    dx = memory_pool.empty((n, h, w, c), dy.dtype)
    slabs = split_coarse(n, 2 * bytes_each(dy))

    def work(number: int) -> None:
        part, out = blocks[slabs[number]], dx[slabs[number]]
        rows = scratch("rows", (len(part), h, w, across, c), dy.dtype)
        np.copyto(rows, part[:, :, 0])
        for i in range(1, down):
            rows += part[:, :, i]
        np.copyto(out, rows[:, :, :, 0])
        for j in range(1, across):
            out += rows[:, :, :, j]

    parallel_for(work, len(slabs))
    return dx
