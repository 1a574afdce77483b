"""Activations of slabs, in place, from fast operations alone.

``np.where`` costs ten times as much as a sum, for no processor guesses random signs; a maximum, or a product with
booleans, costs little. So slopes below zero are from 0 to 1, where ``f(z) = max(z, slope * z)``.
"""

import numpy as np

from minigan.kernels.cpu.slabs import scratch
from minigan.kernels.reference.fused import Activation

__all__ = ["activate", "activation_grad", "slopes"]


def activate(z: np.ndarray, activation: Activation) -> None:
    """``z <- f(z)``."""
    match activation.name:
        case "leaky_relu" if activation.slope:
            lower = scratch("activation", z.shape, z.dtype)
            np.multiply(z, z.dtype.type(activation.slope), out=lower)
            np.maximum(z, lower, out=z)
        case "leaky_relu":
            np.maximum(z, z.dtype.type(0), out=z)
        case "tanh":
            np.tanh(z, out=z)
        case "sigmoid":
            # exp(-|z|) cannot overflow; sigma is 1 / (1 + it) above zero and it / (1 + it) below.
            small, above = scratch("activation", z.shape, z.dtype), scratch("above", z.shape, np.bool_)
            np.greater_equal(z, 0, out=above)
            np.copysign(z, z.dtype.type(-1), out=small)
            np.exp(small, out=small)
            np.maximum(small, above, out=z)
            small += z.dtype.type(1)
            z /= small


def activation_grad(dy: np.ndarray, y: np.ndarray, activation: Activation) -> np.ndarray:
    """``dy f'(z)``, by ``y = f(z)``: in scratch memory, or dy itself."""
    if activation.name == "linear":
        return dy
    if activation.name == "leaky_relu":
        dz = slopes(y, activation.slope)
    else:
        dz = scratch("activation", y.shape, y.dtype)
        if activation.name == "tanh":
            np.multiply(y, y, out=dz)
            np.subtract(y.dtype.type(1), dz, out=dz)
        else:
            np.subtract(y.dtype.type(1), y, out=dz)
            dz *= y
    dz *= dy
    return dz


def slopes(y: np.ndarray, slope: float) -> np.ndarray:
    """1 where y is positive, `slope` elsewhere, in scratch memory."""
    positive = scratch("above", y.shape, np.bool_)
    np.greater(y, 0, out=positive)
    result = scratch("activation", y.shape, y.dtype)
    np.copyto(result, positive)
    if slope:
        np.maximum(result, y.dtype.type(slope), out=result)
    return result
