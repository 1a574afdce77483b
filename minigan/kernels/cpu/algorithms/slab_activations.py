"""Activations of slabs, by fast operations only.

``np.where`` takes ten times as long as a sum, because no processor can predict random signs. A maximum or a product
with booleans is fast: for a slope from 0 to 1 below zero, ``f(z) = max(z, slope * z)``.
"""

import numpy as np

from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.affine import Activation

__all__ = ["activate", "activation_grad", "rectify", "shift_and_activate", "sigmoid", "slopes"]


def activate(z: np.ndarray, activation: Activation) -> None:
    """``z <- f(z)``."""
    match activation.name:
        case "leaky_relu":
            rectify(z, activation.slope, z)
        case "tanh":
            np.tanh(z, out=z)
        case "sigmoid":
            sigmoid(z, z)


def shift_and_activate(z: np.ndarray, bias: np.ndarray | None, activation: Activation) -> None:
    """``z <- f(z + b)``; the bias is that of several pixels, by `tile_row`."""
    if bias is not None:
        rows = z.reshape(-1, bias.size)
        rows += bias
    activate(z, activation)


def rectify(z: np.ndarray, slope: float, y: np.ndarray) -> None:
    """``y <- z if z > 0 else slope * z``; y may be z."""
    if not slope:
        np.maximum(z, z.dtype.type(0), out=y)
        return
    lower = scratch("activation", z.shape, z.dtype)
    if 0 < slope <= 1:
        np.multiply(z, z.dtype.type(slope), out=lower)
        np.maximum(z, lower, out=y)
    else:
        np.minimum(z, z.dtype.type(0), out=lower)
        lower *= z.dtype.type(slope)
        np.maximum(z, z.dtype.type(0), out=y)
        y += lower


def sigmoid(z: np.ndarray, y: np.ndarray) -> None:
    """``y <- 1 / (1 + exp(-z))``; y may be z."""
    # exp(-|z|) cannot overflow; sigma is 1 / (1 + it) above zero and it / (1 + it) below.
    small, above = scratch("activation", z.shape, z.dtype), scratch("above", z.shape, np.bool_)
    np.greater_equal(z, 0, out=above)
    np.copysign(z, z.dtype.type(-1), out=small)
    np.exp(small, out=small)
    np.maximum(small, above, out=y)
    small += z.dtype.type(1)
    y /= small


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
