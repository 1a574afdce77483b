"""Neighbouring operations as one: defined by the kernels they stand for, one after the other.

``affine`` is ``y = f(A x + b)``, where A is made of a kernel w: a matrix product, a convolution, or upsampling and
then a convolution (an `Operation` says which), and f an `Activation`. Its gradients need y but not ``z = A x + b``:
each f here tells its derivative from its output.

``normalize_activate`` is a batch normalisation with known statistics, an activation, and dropout.
"""

from typing import NamedTuple, TypeAlias

from minigan.backend import Array, array_module
from minigan.kernels.reference.activations import leaky_relu, leaky_relu_grad, sigmoid, sigmoid_grad, tanh, tanh_grad
from minigan.kernels.reference.convolution import conv2d, conv2d_input_grad, conv2d_kernel_grad
from minigan.kernels.reference.dropout import dropout
from minigan.kernels.reference.normalization import batch_norm, batch_norm_grad, channel_sum
from minigan.kernels.reference.resizing import upsample_nearest, upsample_nearest_grad
from minigan.kernels.reference.windows import Pads, Pair

__all__ = [
    "Activation",
    "Convolution",
    "Operation",
    "Product",
    "UpsampledConvolution",
    "affine",
    "affine_grads",
    "normalize_activate",
    "normalize_activate_grads",
]


class Activation(NamedTuple):
    """An activation whose derivative its output tells: "linear", "leaky_relu", "tanh" or "sigmoid".

    `slope` is that of the leaky rectifier below zero, from 0 to 1; with 0 it is the plain rectifier.
    """

    name: str = "linear"
    slope: float = 0.0

    def apply(self, z: Array) -> Array:
        """``f(z)``."""
        match self.name:
            case "leaky_relu":
                return leaky_relu(z, self.slope)
            case "tanh":
                return tanh(z)
            case "sigmoid":
                return sigmoid(z)
        return z

    def grad(self, dy: Array, y: Array) -> Array:
        """``dy f'(z)``, by ``y = f(z)``."""
        match self.name:
            case "leaky_relu":
                return leaky_relu_grad(dy, y, self.slope)
            case "tanh":
                return tanh_grad(dy, y)
            case "sigmoid":
                return sigmoid_grad(dy, y)
        return dy


#: None at all.
LINEAR = Activation()

#: The plain rectifier: its slopes are 1 and 0, which booleans say as well in a byte each.
RECTIFIER = Activation("leaky_relu")


class Product(NamedTuple):
    """``x w`` along the last axis of x."""

    def apply(self, x: Array, kernel: Array) -> Array:
        return x @ kernel

    def kernel_grad(self, x: Array, dz: Array, kernel: Array) -> Array:
        return x.reshape(-1, x.shape[-1]).T @ dz.reshape(-1, dz.shape[-1])

    def input_grad(self, dz: Array, kernel: Array, x: Array) -> Array:
        return dz @ kernel.T


class Convolution(NamedTuple):
    """The convolution of images with w."""

    strides: Pair
    pads: Pads

    def apply(self, x: Array, kernel: Array) -> Array:
        return conv2d(x, kernel, self.strides, self.pads)

    def kernel_grad(self, x: Array, dz: Array, kernel: Array) -> Array:
        return conv2d_kernel_grad(x, dz, kernel.shape[:2], self.strides, self.pads)

    def input_grad(self, dz: Array, kernel: Array, x: Array) -> Array:
        return conv2d_input_grad(dz, kernel, x.shape[1:3], self.strides, self.pads)


class UpsampledConvolution(NamedTuple):
    """Images doubled in height and width by repetition, then convolved with w (3, 3, C, F), as large as before."""

    def apply(self, x: Array, kernel: Array) -> Array:
        return SAME.apply(upsample_nearest(x, (2, 2)), kernel)

    def kernel_grad(self, x: Array, dz: Array, kernel: Array) -> Array:
        return SAME.kernel_grad(upsample_nearest(x, (2, 2)), dz, kernel)

    def input_grad(self, dz: Array, kernel: Array, x: Array) -> Array:
        return upsample_nearest_grad(SAME.input_grad(dz, kernel, dz), (2, 2))


#: A 3x3 convolution that keeps the size.
SAME = Convolution((1, 1), ((1, 1), (1, 1)))

Operation: TypeAlias = Product | Convolution | UpsampledConvolution


def affine(x: Array, kernel: Array, bias: Array | None, operation: Operation, activation: Activation) -> Array:
    """``y = f(A x + b)``, in new memory."""
    z = operation.apply(x, kernel)
    return activation.apply(z if bias is None else z + bias)


def affine_grads(
    dy: Array, y: Array, x: Array, kernel: Array, operation: Operation, activation: Activation, param_grads: bool = True
) -> tuple[Array, Array | None, Array | None]:
    """The gradients with respect to x, w and b; None for the last two without `param_grads`."""
    dz = activation.grad(dy, y)
    dx = operation.input_grad(dz, kernel, x)
    if not param_grads:
        return dx, None, None
    return dx, operation.kernel_grad(x, dz, kernel), channel_sum(dz)


def normalize_activate(
    x: Array,
    mean: Array,
    variance: Array,
    epsilon: float,
    gamma: Array,
    beta: Array,
    activation: Activation,
    bits: Array | None,
    keep: float,
) -> tuple[Array, Array | None]:
    """``y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta)``, of which dropout keeps the part `keep`.

    Returns
    -------
    y : array like `x`
    factor : array like `x`, of numbers or of booleans, or None
        What dy meets on its way back to f's input: f' and dropout's factor; None for 1.
    """
    x_hat, _ = batch_norm(x, mean, variance, epsilon)
    u = x_hat * gamma + beta
    y, factor = activation.apply(u), None
    if activation.name != "linear":
        factor = activation.grad(array_module(x).ones_like(u), y)
    if bits is not None:
        y = dropout(y, bits, keep)
        factor = dropout(array_module(x).ones_like(u) if factor is None else factor, bits, keep)
    elif activation == RECTIFIER:
        factor = u > 0
    return y, factor


def normalize_activate_grads(
    dy: Array,
    factor: Array | None,
    x: Array,
    mean: Array,
    variance: Array,
    epsilon: float,
    gamma: Array,
    training: bool,
) -> tuple[Array, Array, Array]:
    """The gradients with respect to x, gamma and beta; `training`: through the batch's own mean and variance."""
    g = dy if factor is None else dy * factor
    x_hat, inverse_std = batch_norm(x, mean, variance, epsilon)
    dx_hat = g * gamma
    dx = batch_norm_grad(dx_hat, x_hat, inverse_std) if training else dx_hat * inverse_std
    return dx, channel_sum(g * x_hat), channel_sum(g)
