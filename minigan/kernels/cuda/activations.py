"""Launches ``activations.cu``: the activations and their derivatives, one thread an entry."""

from typing import Any

from minigan.backend import Array, array_module
from minigan.kernels.cuda.compiler import Argument, contiguous, fits, module, spread

__all__ = [
    "each",
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
    "softplus",
    "softplus_grad",
    "softplus_second_derivative",
    "tanh",
    "tanh_grad",
    "tanh_second_derivative",
]


def each(kernel: str, arrays: tuple[Array, ...], *settings: Argument, file: str = "activations") -> Any:
    """A new array like the first; a kernel of a file computes each entry from the same entry of all arrays.

    Declines arrays that differ in shape or dtype, and arrays with more entries than the kernels can number.
    """
    first = arrays[0]
    if not fits(first.size) or any((a.shape, a.dtype) != (first.shape, first.dtype) for a in arrays[1:]):
        return NotImplemented
    result = array_module(first).empty(first.shape, first.dtype)
    arguments = [*map(contiguous, arrays), result, *settings, first.size]
    module(file, first.dtype).launch(kernel, *spread(first.size), arguments)
    return result


# Rectifiers


def relu(x: Array, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0) -> Array:
    """The twin of `minigan.kernels.reference.activations.relu`."""
    return each("each_relu", (x,), *_bounds(max_value, negative_slope, threshold))


def relu_grad(
    dy: Array, x: Array, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0
) -> Array:
    """The twin of `minigan.kernels.reference.activations.relu_grad`."""
    return each("each_relu_grad", (dy, x), *_bounds(max_value, negative_slope, threshold))


def _bounds(max_value: float | None, negative_slope: float, threshold: float) -> tuple[float, float, float, int]:
    """The settings of both kernels; the last says whether there is a largest value."""
    return float(negative_slope), float(threshold), float(max_value or 0), int(max_value is not None)


def leaky_relu(x: Array, negative_slope: float) -> Array:
    """The twin of `minigan.kernels.reference.activations.leaky_relu`."""
    return each("each_leaky_relu", (x,), float(negative_slope))


def leaky_relu_grad(dy: Array, x: Array, negative_slope: float) -> Array:
    """The twin of `minigan.kernels.reference.activations.leaky_relu_grad`."""
    return each("each_leaky_relu_grad", (dy, x), float(negative_slope))


# Smooth functions


def elu(x: Array, alpha: float) -> Array:
    """The twin of `minigan.kernels.reference.activations.elu`."""
    return each("each_elu", (x,), float(alpha))


def elu_grad(dy: Array, x: Array, alpha: float) -> Array:
    """The twin of `minigan.kernels.reference.activations.elu_grad`."""
    return each("each_elu_grad", (dy, x), float(alpha))


def elu_second_derivative(x: Array, alpha: float) -> Array:
    """The twin of `minigan.kernels.reference.activations.elu_second_derivative`."""
    return each("each_elu_second", (x,), float(alpha))


def sigmoid(x: Array) -> Array:
    """The twin of `minigan.kernels.reference.activations.sigmoid`."""
    return each("each_sigmoid", (x,))


def sigmoid_grad(dy: Array, y: Array) -> Array:
    """The twin of `minigan.kernels.reference.activations.sigmoid_grad`."""
    return each("each_sigmoid_grad", (dy, y))


def sigmoid_second_derivative(y: Array) -> Array:
    """The twin of `minigan.kernels.reference.activations.sigmoid_second_derivative`."""
    return each("each_sigmoid_second", (y,))


def tanh(x: Array) -> Array:
    """The twin of `minigan.kernels.reference.activations.tanh`."""
    return each("each_tanh", (x,))


def tanh_grad(dy: Array, y: Array) -> Array:
    """The twin of `minigan.kernels.reference.activations.tanh_grad`."""
    return each("each_tanh_grad", (dy, y))


def tanh_second_derivative(y: Array) -> Array:
    """The twin of `minigan.kernels.reference.activations.tanh_second_derivative`."""
    return each("each_tanh_second", (y,))


def softplus(x: Array) -> Array:
    """The twin of `minigan.kernels.reference.activations.softplus`."""
    return each("each_softplus", (x,))


def softplus_grad(dy: Array, x: Array) -> Array:
    """The twin of `minigan.kernels.reference.activations.softplus_grad`."""
    return each("each_softplus_grad", (dy, x))


def softplus_second_derivative(x: Array) -> Array:
    """The twin of `minigan.kernels.reference.activations.softplus_second_derivative`."""
    return each("each_softplus_second", (x,))
