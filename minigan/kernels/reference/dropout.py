"""Dropout: a random part of all numbers set to zero, the others enlarged."""

from minigan.backend import Array, array_module

__all__ = ["dropout"]


def dropout(x: Array, bits: Array, keep: float) -> Array:
    """``x / keep`` where the bit is set, 0 elsewhere: so for x in the forward and for dy in the backward.

    `bits` holds those of eight entries of x in each byte, lowest first (`minigan.random.Stream.bits`).
    """
    mask = array_module(x).unpackbits(bits, bitorder="little")[: x.size].reshape(x.shape)
    return x * (mask * x.dtype.type(1 / keep))
