"""The largest of each window and its gradient, by compiled loops over windows; the channels are the inner loop."""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.slabs import split
from minigan.kernels.reference.padding import Pads, Pair
from minigan.kernels.reference.windows import output_size

__all__ = ["max_pool", "max_pool_grad"]


@compiled
def largest_of_windows(
    x: np.ndarray, size: Pair, strides: Pair, before: Pair, y: np.ndarray, places: np.ndarray
) -> None:
    """The largest of each window to y, and its place to `places`; a NaN is larger than all numbers."""
    for n in range(y.shape[0]):
        for p in range(y.shape[1]):
            for q in range(y.shape[2]):
                largest, place = y[n, p, q], places[n, p, q]
                largest[:] = -np.inf
                place[:] = 0
                for tap in range(size[0] * size[1]):
                    i, j = p * strides[0] + tap // size[1] - before[0], q * strides[1] + tap % size[1] - before[1]
                    if 0 <= i < x.shape[1] and 0 <= j < x.shape[2]:
                        pixel = x[n, i, j]
                        for k in range(pixel.size):
                            larger = (not pixel[k] <= largest[k]) & (largest[k] == largest[k])
                            largest[k] = pixel[k] if larger else largest[k]
                            place[k] = tap if larger else place[k]


@compiled
def add_to_largest(dy: np.ndarray, places: np.ndarray, size: Pair, strides: Pair, before: Pair, dx: np.ndarray) -> None:
    """Each window's dy to its pixel at the place of the largest; the pixels of several windows get a sum."""
    dx[:] = 0
    for n in range(dy.shape[0]):
        for p in range(dy.shape[1]):
            for q in range(dy.shape[2]):
                given, place = dy[n, p, q], places[n, p, q]
                for tap in range(size[0] * size[1]):
                    i, j = p * strides[0] + tap // size[1] - before[0], q * strides[1] + tap % size[1] - before[1]
                    if 0 <= i < dx.shape[1] and 0 <= j < dx.shape[2]:
                        pixel = dx[n, i, j]
                        for k in range(pixel.size):
                            pixel[k] += given[k] * (place[k] == tap)


def max_pool(x: np.ndarray, size: Pair, strides: Pair, pads: Pads) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.pooling.max_pool`."""
    down, across = map(output_size, x.shape[1:3], size, strides, pads)
    if not x.size or min(down, across) < 1:
        return NotImplemented
    x, before = memory_pool.contiguous(x), (pads[0][0], pads[1][0])
    y = memory_pool.empty((len(x), down, across, x.shape[3]), x.dtype)
    places = memory_pool.empty(y.shape, np.dtype(np.intp))
    slabs = split(len(x), x[0].nbytes + y[0].nbytes + places[0].nbytes)

    def work(number: int) -> None:
        slab = slabs[number]
        largest_of_windows(x[slab], tuple(size), tuple(strides), before, y[slab], places[slab])

    parallel_for(work, len(slabs))
    return y, places


def max_pool_grad(
    dy: np.ndarray, places: np.ndarray, input_size: Pair, size: Pair, strides: Pair, pads: Pads
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.pooling.max_pool_grad`."""
    if not dy.size:
        return NotImplemented
    dy, places, before = memory_pool.contiguous(dy), memory_pool.contiguous(places), (pads[0][0], pads[1][0])
    dx = memory_pool.empty((len(dy), *input_size, dy.shape[3]), dy.dtype)
    slabs = split(len(dy), dx[0].nbytes + dy[0].nbytes + places[0].nbytes)

    def work(number: int) -> None:
        slab = slabs[number]
        add_to_largest(dy[slab], places[slab], tuple(size), tuple(strides), before, dx[slab])

    parallel_for(work, len(slabs))
    return dx
