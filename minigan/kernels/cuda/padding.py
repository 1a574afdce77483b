"""Padding of images: launches ``padding.cu``."""

from minigan.backend import Array, array_module
from minigan.kernels.cuda.compiler import contiguous, module
from minigan.kernels.cuda.rows import covers, layout
from minigan.kernels.reference.padding import Pads

__all__ = ["pad"]


def pad(x: Array, pads: Pads, value: float = 0.0) -> Array:
    """The twin of `minigan.kernels.reference.padding.pad`."""
    (top, bottom), (left, right) = pads
    n, h, w, c = x.shape
    rows, columns = n * (h + top + bottom), (w + left + right) * c
    if not any(map(any, pads)) or not covers(rows, columns):
        return NotImplemented  # without padding, the images themselves
    y = array_module(x).empty((n, h + top + bottom, w + left + right, c), x.dtype)
    arguments = (contiguous(x), y, float(value), n, h, w * c, y.shape[1], columns, top, left * c)
    module("padding", x.dtype).launch("pad", *layout(rows, columns), arguments)
    return y
