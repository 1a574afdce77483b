"""Activation functions and what they do to a gradient.

Each ``f_grad`` takes dy and whatever makes its derivative cheapest (x or y) and returns ``dy * f'(x)``.
Where f has a kink its derivative there is 0 or the left one, as in Keras and PyTorch.
"""

from minigan.backend import Array, array_module

__all__ = [
    "elu",
    "elu_grad",
    "leaky_relu",
    "leaky_relu_grad",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "softmax",
    "softmax_grad",
    "softplus",
    "softplus_grad",
    "tanh",
    "tanh_grad",
]


def relu(x: Array, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0) -> Array:
    """x above the threshold, ``negative_slope * (x - threshold)`` below, at most `max_value`."""
    xp = array_module(x)
    below = negative_slope * (x - threshold) if negative_slope else x.dtype.type(0)
    y = xp.where(x > threshold, x, below)
    return y if max_value is None else xp.minimum(y, x.dtype.type(max_value))


def relu_grad(
    dy: Array, x: Array, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0
) -> Array:
    """dy where x passed, ``negative_slope * dy`` below the threshold, 0 where `max_value` held it."""
    xp = array_module(dy)
    dx = xp.where(x > threshold, dy, dy * negative_slope if negative_slope else dy.dtype.type(0))
    return dx if max_value is None else xp.where(x < max_value, dx, dx.dtype.type(0))


def leaky_relu(x: Array, negative_slope: float) -> Array:
    """``x if x > 0 else negative_slope * x``."""
    return array_module(x).where(x > 0, x, negative_slope * x)


def leaky_relu_grad(dy: Array, x: Array, negative_slope: float) -> Array:
    """``dy if x > 0 else negative_slope * dy``."""
    return array_module(dy).where(x > 0, dy, negative_slope * dy)


def elu(x: Array, alpha: float) -> Array:
    """``x if x > 0 else alpha * (exp(x) - 1)``."""
    xp = array_module(x)
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0)))


def elu_grad(dy: Array, x: Array, alpha: float) -> Array:
    """``dy if x > 0 else alpha * exp(x) * dy``."""
    xp = array_module(dy)
    return xp.where(x > 0, dy, alpha * xp.exp(xp.minimum(x, 0)) * dy)


def sigmoid(x: Array) -> Array:
    """``1 / (1 + exp(-x))``, never with a positive exponent, so that nothing overflows."""
    xp = array_module(x)
    small = xp.exp(-abs(x))
    return xp.where(x >= 0, 1, small) / (1 + small)


def sigmoid_grad(dy: Array, y: Array) -> Array:
    """``sigma' = sigma (1 - sigma)``."""
    return dy * y * (1 - y)


def tanh(x: Array) -> Array:
    """``(exp(x) - exp(-x)) / (exp(x) + exp(-x))``."""
    return array_module(x).tanh(x)


def tanh_grad(dy: Array, y: Array) -> Array:
    """``tanh' = 1 - tanh^2``."""
    return dy * (1 - y * y)


def softplus(x: Array) -> Array:
    """``log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))``: the second form cannot overflow."""
    xp = array_module(x)
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-abs(x)))


def softplus_grad(dy: Array, x: Array) -> Array:
    """``softplus' = sigma``."""
    return dy * sigmoid(x)


def softmax(x: Array, axis: int) -> Array:
    """``exp(x) / sum(exp(x))``, shifted by the largest x, which changes nothing but the overflow."""
    powers = array_module(x).exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def softmax_grad(dy: Array, y: Array, axis: int) -> Array:
    """``dx_i = y_i (dy_i - sum_j y_j dy_j)``: the sum is there because raising one output lowers the others."""
    return y * (dy - (y * dy).sum(axis=axis, keepdims=True))
