"""Dropout over slabs."""

from functools import lru_cache

import numpy as np

from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.slabs import bytes_each, split_coarse

__all__ = ["dropout", "mask_of"]


@lru_cache(maxsize=16)
def octets(keep: float, dtype: np.dtype) -> np.ndarray:
    """The eight factors for the bits of each byte, (256, 8): ``1 / keep`` where a bit is set, else 0."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    return bits * dtype.type(1 / keep)


def mask_of(bits: np.ndarray, slab: slice, keep: float, out: np.ndarray) -> None:
    """Write ``1 / keep`` where a bit is set, 0 elsewhere, to a slab of a contiguous array."""
    part, each = out[slab].reshape(-1), out[0].size
    first, last = slab.start * each, slab.stop * each
    begin, end = first // 8, -(-last // 8)
    if first % 8 == last % 8 == 0:
        np.take(octets(keep, out.dtype), bits[begin:end], axis=0, out=part.reshape(-1, 8), mode="wrap")
    else:
        factors = np.take(octets(keep, out.dtype), bits[begin:end], axis=0).reshape(-1)
        part[...] = factors[first - 8 * begin : last - 8 * begin]


def dropout(x: np.ndarray, bits: np.ndarray, keep: float) -> np.ndarray:
    """The twin of `minigan.kernels.reference.dropout.dropout`."""
    y = memory_pool.empty(x.shape, x.dtype)
    slabs = split_coarse(len(x), 3 * bytes_each(x))

    def work(number: int) -> None:
        mask_of(bits, slabs[number], keep, y)
        y[slabs[number]] *= x[slabs[number]]

    parallel_for(work, len(slabs))
    return y
