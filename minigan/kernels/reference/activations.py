"""Activation functions and what they do to a gradient.

Each ``f_grad`` takes dy, and x or y, whichever makes its derivative cheaper, and returns ``dy * f'(x)``; each
``f_second_derivative`` returns ``f''(x)``. At a kink the derivative is 0 or the left one, as in Keras and PyTorch.

The smooth functions are analytic as they are written: f(x + ih) has the imaginary part ``h f'(x)`` (the complex
step). So none uses an absolute value; a minimum or maximum is one of its complex numbers, because NumPy orders them by
their real parts first.
"""

from minigan.backend import Array, array_module

__all__ = [
    "elu",
    "elu_grad",
    "elu_second_derivative",
    "leaky_relu",
    "leaky_relu_grad",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "sigmoid_second_derivative",
    "softmax",
    "softmax_grad",
    "softmax_tangent_grad",
    "softplus",
    "softplus_grad",
    "softplus_second_derivative",
    "tanh",
    "tanh_grad",
    "tanh_second_derivative",
]


def relu(x: Array, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0) -> Array:
    """x above the threshold, ``negative_slope * (x - threshold)`` below, at most `max_value`."""
    xp = array_module(x)
    below = negative_slope * (x - threshold) if negative_slope else x.dtype.type(0)
    y = xp.where(x <= threshold, below, x)  # written so that a NaN gives a NaN
    return y if max_value is None else xp.minimum(y, x.dtype.type(max_value))


def relu_grad(
    dy: Array, x: Array, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0
) -> Array:
    """dy where x passed, ``negative_slope * dy`` below the threshold, 0 where `max_value` limited it."""
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


def elu_second_derivative(x: Array, alpha: float) -> Array:
    """``0 if x > 0 else alpha * exp(x)``."""
    xp = array_module(x)
    return xp.where(x > 0, 0, alpha * xp.exp(xp.minimum(x, 0)))


def exp_minus_abs(x: Array) -> Array:
    """``exp(-|x|)``, which cannot overflow."""
    xp = array_module(x)
    return xp.exp(xp.minimum(x, -x))


def sigmoid(x: Array) -> Array:
    """``1 / (1 + exp(-x))``, never with a positive exponent, so that nothing overflows."""
    small = exp_minus_abs(x)
    return array_module(x).where(x >= 0, 1, small) / (1 + small)


def sigmoid_grad(dy: Array, y: Array) -> Array:
    """``sigma' = sigma (1 - sigma)``."""
    return dy * y * (1 - y)


def sigmoid_second_derivative(y: Array) -> Array:
    """``sigma'' = sigma (1 - sigma) (1 - 2 sigma)``."""
    return y * (1 - y) * (1 - 2 * y)


def tanh(x: Array) -> Array:
    """``(exp(x) - exp(-x)) / (exp(x) + exp(-x))``."""
    return array_module(x).tanh(x)


def tanh_grad(dy: Array, y: Array) -> Array:
    """``tanh' = 1 - tanh^2``."""
    return dy * (1 - y * y)


def tanh_second_derivative(y: Array) -> Array:
    """``tanh'' = -2 tanh (1 - tanh^2)``."""
    return -2 * y * (1 - y * y)


def softplus(x: Array) -> Array:
    """``log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))``: the second form cannot overflow."""
    xp = array_module(x)
    return xp.maximum(x, 0) + xp.log1p(exp_minus_abs(x))


def softplus_grad(dy: Array, x: Array) -> Array:
    """``softplus' = sigma``."""
    return dy * sigmoid(x)


def softplus_second_derivative(x: Array) -> Array:
    """``softplus'' = sigma' = exp(-|x|) / (1 + exp(-|x|))^2``; 1 - sigma itself has no digits left for a large x."""
    small = exp_minus_abs(x)
    return small / (1 + small) ** 2


def softmax(x: Array, axis: int) -> Array:
    """``exp(x) / sum(exp(x))``, shifted by the largest x, which changes nothing but the overflow."""
    powers = array_module(x).exp(x - x.real.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def softmax_grad(dy: Array, y: Array, axis: int) -> Array:
    """``dx_i = y_i (dy_i - sum_j y_j dy_j)``: with the sum, because raising one output lowers the others."""
    return y * (dy - (y * dy).sum(axis=axis, keepdims=True))


def softmax_tangent_grad(dy: Array, dy_dot: Array, x_dot: Array, y: Array, axis: int) -> tuple[Array, Array]:
    """The gradients with respect to x and x_dot through ``y = softmax(x)`` and ``y_dot = softmax_grad(x_dot, y)``.

    y_dot contains y too: ``y_dot_i = y_i (x_dot_i - sum_j y_j x_dot_j)``, each y_i once in front and once in the sum.
    """
    mean = (y * x_dot).sum(axis=axis, keepdims=True)
    through_y_dot = dy_dot * (x_dot - mean) - x_dot * (y * dy_dot).sum(axis=axis, keepdims=True)
    return softmax_grad(dy + through_y_dot, y, axis), softmax_grad(dy_dot, y, axis)
