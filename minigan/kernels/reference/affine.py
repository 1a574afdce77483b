"""An affine map and the activation after it as one operation, defined by the kernels it replaces.

``affine`` is ``y = f(A x + b)``. A is made of a kernel w: a matrix product, a convolution, or upsampling and then a
convolution, as an `Operation` says. f is an `Activation`. The gradients need y but not ``z = A x + b``: the derivative
of each f here is a function of its output.
"""

from typing import NamedTuple, TypeAlias

from minigan.backend import Array
from minigan.kernels.reference.activations import leaky_relu, leaky_relu_grad, sigmoid, sigmoid_grad, tanh, tanh_grad
from minigan.kernels.reference.convolution import conv2d, conv2d_input_grad, conv2d_kernel_grad
from minigan.kernels.reference.normalization import channel_sum
from minigan.kernels.reference.padding import Pads, Pair
from minigan.kernels.reference.resizing import upsample_nearest, upsample_nearest_grad
from minigan.kernels.reference.windows import DENSE

__all__ = [
    "LINEAR",
    "SAME",
    "Activation",
    "Convolution",
    "Operation",
    "Product",
    "UpsampledConvolution",
    "affine",
    "affine_grads",
]


class Activation(NamedTuple):
    """An activation whose derivative is a function of its output: "linear", "leaky_relu", "tanh" or "sigmoid".

    `slope` is the slope of the leaky rectifier below zero, from 0 to 1; with 0 it is the plain rectifier.
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


#: No activation.
LINEAR = Activation()


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
    dilation: Pair = DENSE
    groups: int = 1

    def apply(self, x: Array, kernel: Array) -> Array:
        return conv2d(x, kernel, *self)

    def kernel_grad(self, x: Array, dz: Array, kernel: Array) -> Array:
        return conv2d_kernel_grad(x, dz, kernel.shape[:2], *self)

    def input_grad(self, dz: Array, kernel: Array, x: Array) -> Array:
        return conv2d_input_grad(dz, kernel, x.shape[1:3], *self)


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
    dy: Array,
    y: Array,
    x: Array,
    kernel: Array,
    operation: Operation,
    activation: Activation,
    param_grads: bool = True,
    input_grad: bool = True,
) -> tuple[Array | None, Array | None, Array | None]:
    """The gradients with respect to x, w and b; None for those that are not asked for."""
    dz = activation.grad(dy, y)
    dx = operation.input_grad(dz, kernel, x) if input_grad else None
    if not param_grads:
        return dx, None, None
    return dx, operation.kernel_grad(x, dz, kernel), channel_sum(dz)
