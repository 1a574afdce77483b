"""Rectifiers, and the gradients that need no exponential, in one pass each.

NumPy's exponentials and hyperbolic tangents use wide instructions, and compiled loops call one for each number: those
functions stay in `minigan.kernels.cpu.activations`.
"""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.activations import each
from minigan.kernels.cpu.parallel.slabs import split

__all__ = ["leaky_relu", "leaky_relu_grad", "relu", "relu_grad", "sigmoid_grad", "tanh_grad"]


@compiled
def rectify(x: np.ndarray, slope: float, y: np.ndarray) -> None:
    """``y <- x if x > 0 else slope x``."""
    for i in range(x.size):
        y[i] = x[i] if x[i] > 0 else slope * x[i]


@compiled
def rectify_grad(dy: np.ndarray, x: np.ndarray, slope: float, dx: np.ndarray) -> None:
    """``dx <- dy if x > 0 else slope dy``."""
    for i in range(x.size):
        dx[i] = dy[i] if x[i] > 0 else slope * dy[i]


@compiled
def cut(x: np.ndarray, y: np.ndarray) -> None:
    """``y <- 0 if x <= 0 else x``: a NaN stays."""
    for i in range(x.size):
        y[i] = 0 if x[i] <= 0 else x[i]


@compiled
def cut_grad(dy: np.ndarray, x: np.ndarray, dx: np.ndarray) -> None:
    """``dx <- dy if x > 0 else 0``."""
    for i in range(x.size):
        dx[i] = dy[i] if x[i] > 0 else 0


@compiled
def logistic_grad(dy: np.ndarray, y: np.ndarray, one: float, dx: np.ndarray) -> None:
    """``dx <- dy y (1 - y)``."""
    for i in range(y.size):
        dx[i] = dy[i] * y[i] * (one - y[i])


@compiled
def hyperbolic_grad(dy: np.ndarray, y: np.ndarray, one: float, dx: np.ndarray) -> None:
    """``dx <- dy (1 - y^2)``."""
    for i in range(y.size):
        dx[i] = dy[i] * (one - y[i] * y[i])


def leaky_relu(x: np.ndarray, negative_slope: float) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.leaky_relu`."""
    slope = x.dtype.type(negative_slope)
    return each(lambda x, y: rectify(x, slope, y), x, divide=split)


def leaky_relu_grad(dy: np.ndarray, x: np.ndarray, negative_slope: float) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.leaky_relu_grad`."""
    slope = dy.dtype.type(negative_slope)
    return each(lambda dy, x, dx: rectify_grad(dy, x, slope, dx), dy, x, divide=split)


def relu(
    x: np.ndarray, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.relu`, without its options."""
    if max_value is not None or negative_slope or threshold:
        return NotImplemented
    return each(cut, x, divide=split)


def relu_grad(
    dy: np.ndarray,
    x: np.ndarray,
    max_value: float | None = None,
    negative_slope: float = 0.0,
    threshold: float = 0.0,
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.relu_grad`, without its options."""
    if max_value is not None or negative_slope or threshold:
        return NotImplemented
    return each(cut_grad, dy, x, divide=split)


def sigmoid_grad(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.sigmoid_grad`."""
    one = y.dtype.type(1)
    return each(lambda dy, y, dx: logistic_grad(dy, y, one, dx), dy, y, divide=split)


def tanh_grad(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.tanh_grad`."""
    one = y.dtype.type(1)
    return each(lambda dy, y, dx: hyperbolic_grad(dy, y, one, dx), dy, y, divide=split)
