"""Upsampling by repetition: launches ``resizing.cu``."""

from minigan.backend import Array, array_module
from minigan.kernels.cuda.compiler import contiguous, module
from minigan.kernels.cuda.rows import covers, layout
from minigan.kernels.reference.padding import Pair

__all__ = ["upsample_nearest", "upsample_nearest_grad"]


def upsample_nearest(x: Array, size: Pair) -> Array:
    """The twin of `minigan.kernels.reference.resizing.upsample_nearest`."""
    (n, h, w, c), (down, across) = x.shape, size
    shape = n, h * down, w * across, c
    if not covers(n * h * down, w * across * c):
        return NotImplemented
    y = array_module(x).empty(shape, x.dtype)
    rows, columns = n * shape[1], shape[2] * c
    arguments = (contiguous(x), y, rows, shape[2], c, down, across)
    module("resizing", x.dtype).launch("upsample_nearest", *layout(rows, columns), arguments)
    return y


def upsample_nearest_grad(dy: Array, size: Pair) -> Array:
    """The twin of `minigan.kernels.reference.resizing.upsample_nearest_grad`."""
    (n, height, width, c), (down, across) = dy.shape, size
    if not covers(n * height, width * c):
        return NotImplemented
    h, w = height // down, width // across
    dx = array_module(dy).empty((n, h, w, c), dy.dtype)
    arguments = (contiguous(dy), dx, n * h, w, c, down, across)
    module("resizing", dy.dtype).launch("upsample_nearest_grad", *layout(n * h, w * c), arguments)
    return dx
