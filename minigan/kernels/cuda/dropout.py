"""Launches ``dropout.cu``: one thread an entry."""

from minigan.backend import Array, array_module
from minigan.kernels.cuda.compiler import contiguous, fits, module, spread

__all__ = ["dropout"]


def dropout(x: Array, bits: Array, keep: float) -> Array:
    """The twin of `minigan.kernels.reference.dropout.dropout`."""
    if not fits(x.size) or 8 * bits.size < x.size:
        return NotImplemented
    y = array_module(x).empty(x.shape, x.dtype)
    arguments = [contiguous(x), contiguous(bits), y, 1 / keep, x.size]
    module("dropout", x.dtype).launch("dropout", *spread(x.size), arguments)
    return y
