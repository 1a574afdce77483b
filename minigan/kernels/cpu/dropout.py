"""Dropout over slabs."""

import numpy as np

from minigan.kernels.cpu import memory
from minigan.kernels.cpu.slabs import bytes_each, cut, run

__all__ = ["dropout", "mask_of"]


def mask_of(bits: np.ndarray, slab: slice, keep: float, out: np.ndarray) -> None:
    """Write ``1 / keep`` where a bit is set, 0 elsewhere, to a slab of a contiguous array."""
    part = out[slab]
    each = out[0].size
    first, last = slab.start * each, slab.stop * each
    begin = first // 8
    mask = np.unpackbits(bits[begin : -(-last // 8)], bitorder="little")[first - 8 * begin : last - 8 * begin]
    np.copyto(part, mask.reshape(part.shape))
    part *= out.dtype.type(1 / keep)


def dropout(x: np.ndarray, bits: np.ndarray, keep: float) -> np.ndarray:
    """The twin of `minigan.kernels.reference.dropout.dropout`."""
    y = memory.empty(x.shape, x.dtype)
    slabs = cut(len(x), 3 * bytes_each(x))

    def work(number: int) -> None:
        mask_of(bits, slabs[number], keep, y)
        y[slabs[number]] *= x[slabs[number]]

    run(work, len(slabs))
    return y
