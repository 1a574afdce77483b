"""Dropout by its packed bits, by compiled loops."""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import split

__all__ = ["dropout", "kept_of"]

#: The eight bits of each byte, the lowest first, as one number of eight bytes.
OCTETS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").view(np.uint64).reshape(-1)


@compiled
def unpack(bits: np.ndarray, octets: np.ndarray, kept: np.ndarray) -> None:
    """A byte of 0 or 1 for each bit, eight at a time."""
    for i in range(len(bits)):
        kept[i] = octets[bits[i]]


@compiled
def drop(x: np.ndarray, kept: np.ndarray, growth: float, y: np.ndarray) -> None:
    """``y <- x growth`` where it is kept, else 0."""
    for i in range(x.size):
        y[i] = x[i] * (growth * kept[i])


def kept_of(bits: np.ndarray, slab: slice) -> np.ndarray:
    """1 for the entries of a slab that are kept, 0 for the others: bytes in scratch memory."""
    begin, end = slab.start // 8, -(-slab.stop // 8)
    octets = scratch("kept", (end - begin,), np.dtype(np.uint64))
    unpack(bits[begin:end], OCTETS, octets)
    return octets.view(np.uint8)[slab.start - 8 * begin : slab.stop - 8 * begin]


def dropout(x: np.ndarray, bits: np.ndarray, keep: float) -> np.ndarray:
    """The twin of `minigan.kernels.reference.dropout.dropout`."""
    y = memory_pool.empty(x.shape, x.dtype)
    given, result, growth = memory_pool.contiguous(x).reshape(-1), y.reshape(-1), x.dtype.type(1 / keep)
    slabs = split(x.size, 3 * x.itemsize)

    def work(number: int) -> None:
        slab = slabs[number]
        drop(given[slab], kept_of(bits, slab), growth, result[slab])

    parallel_for(work, len(slabs))
    return y
