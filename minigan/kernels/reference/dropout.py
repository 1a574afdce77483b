"""Dropout: a random part of all numbers is set to zero, and the others are enlarged."""

from minigan.backend import Array, array_module

__all__ = ["dropout"]


def dropout(x: Array, bits: Array, keep: float) -> Array:
    """``x / keep`` where the bit is set, 0 elsewhere; the same for dy in the backward.

    Each byte of `bits` holds the bits of eight entries of x, lowest first (`minigan.random.Stream.bits`).
    """
    mask = array_module(x).unpackbits(bits, bitorder="little")[: x.size].reshape(x.shape)
    return x * (mask * x.dtype.type(1 / keep))
