"""Calls of every kernel, with the sizes of dcgan28's layers, and the operations in them.

The operations are those of the formula: a multiplication, an addition, a comparison and an exponential count one each.
They measure the work, not what an implementation does: an implementation with fewer operations shows a higher rate.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minigan import kernels
from minigan.backend import Array
from minigan.fusion.affine import AffineStep
from minigan.fusion.normalization import NormalizationStep
from minigan.layers import Conv2D
from minigan.models import build
from minigan.random import Stream

__all__ = ["Case", "cases"]


class Case(NamedTuple):
    """One call of a kernel.

    Attributes
    ----------
    kernel : str
        Its name in `minigan.kernels`.
    size : str
        What a table calls the sizes.
    arguments : tuple
    operations : float
    """

    kernel: str
    size: str
    arguments: tuple[Any, ...]
    operations: float


def cases(batch: int) -> Iterator[Case]:
    """Calls of all kernels: with the sizes of every step and convolution, the others with G's largest feature map."""
    rng = np.random.default_rng(0)
    gan = build("dcgan28", seed=0)
    for network in (gan.generator, gan.discriminator.logits):
        for step in network.steps:
            if isinstance(step, AffineStep):
                yield from affine(rng, batch, step)
            elif isinstance(step, NormalizationStep):
                yield from normalization(rng, batch, step)
        for layer in network:
            if isinstance(layer, Conv2D):
                yield from convolution(rng, batch, layer)
    shape = (batch, 28, 28, 64)
    yield from activations(rng, shape)
    yield from normalizations(rng, shape)
    yield from windows(rng, shape)
    yield from resizings(rng, shape)


def normal(rng: np.random.Generator, *shape: int) -> Array:
    """Random numbers."""
    return rng.standard_normal(shape, np.float32)


def label(shape: tuple[int, ...], more: str = "") -> str:
    """Sizes in a table: ``64x28x28x64``, and what comes out."""
    return "x".join(map(str, shape)) + more


def per_entry(found: dict[str, tuple[tuple[Any, ...], int]], x: Array) -> Iterator[Case]:
    """A case for each kernel by its name, from its arguments and its operations for each entry of x."""
    for name, (arguments, operations) in found.items():
        yield Case(name, label(x.shape), arguments, float(operations * x.size))


def affine(rng: np.random.Generator, batch: int, step: AffineStep) -> Iterator[Case]:
    """A step's product with bias and activation, and all gradients: two operations for each pair that is multiplied."""
    x, y, dy = (normal(rng, batch, *shape) for shape in (step.input_shape, step.output_shape, step.output_shape))
    kernel, bias = step.affine.kernel.data, step.affine.bias.data
    operations = 2.0 * y.size * kernel[..., 0].size
    size = label(x.shape, f" > {label(y.shape[1:])}")
    yield Case("affine", size, (x, kernel, bias, step.operation, step.activation), operations)
    arguments = (dy, y, x, kernel, step.operation, step.activation)
    yield Case("affine_grads", size, arguments, 2 * operations)


def normalization(rng: np.random.Generator, batch: int, step: NormalizationStep) -> Iterator[Case]:
    """A step's normalisation with activation and dropout, and all gradients."""
    x, dy = (normal(rng, batch, *step.input_shape) for _ in range(2))
    mean, variance = kernels.moments(x)
    epsilon, gamma, beta = step.norm.epsilon, step.norm.gamma.data, step.norm.beta.data
    keep = 1 - step.drop.rate if step.drop else 1.0
    bits = Stream(0, "dropout").bits(x.size, keep) if step.drop else None
    arguments = (x, mean, variance, epsilon, gamma, beta, step.activation, bits, keep)
    y = kernels.normalize_activate(*arguments)
    yield Case("normalize_activate", label(x.shape), arguments, 9.0 * x.size)
    back = (dy, y, bits, keep, x, mean, variance, epsilon, gamma, step.activation, True)
    yield Case("normalize_activate_grads", label(x.shape), back, 14.0 * x.size)


def convolution(rng: np.random.Generator, batch: int, layer: Conv2D) -> Iterator[Case]:
    """A layer's product and its two gradients."""
    x, dy = (normal(rng, batch, *shape) for shape in (layer.input_shape, layer.output_shape))
    kernel, strides, pads = layer.kernel.data, layer.windows.strides, layer.pads
    operations = 2.0 * dy.size * kernel[..., 0].size
    size = label(x.shape, f" > {label(dy.shape[1:])}")
    yield Case("conv2d", size, (x, kernel, strides, pads), operations)
    yield Case("conv2d_kernel_grad", size, (x, dy, layer.windows.size, strides, pads), operations)
    yield Case("conv2d_input_grad", size, (dy, kernel, x.shape[1:3], strides, pads), operations)


def activations(rng: np.random.Generator, shape: tuple[int, ...]) -> Iterator[Case]:
    """Every activation and its derivatives."""
    x, dy, x_dot = (normal(rng, *shape) for _ in range(3))
    slope = 0.2
    unit = kernels.sigmoid(x)
    part = kernels.softmax(x, -1)
    # Arguments, and the operations for each entry in the formulas of `minigan.kernels.reference.activations`.
    found: dict[str, tuple[tuple[Any, ...], int]] = {
        "relu": ((x,), 1),
        "relu_grad": ((dy, x), 2),
        "leaky_relu": ((x, slope), 3),
        "leaky_relu_grad": ((dy, x, slope), 3),
        "elu": ((x, 1.0), 4),
        "elu_grad": ((dy, x, 1.0), 4),
        "elu_second_derivative": ((x, 1.0), 3),
        "gated": ((x, "normal"), 24),
        "gated_grad": ((dy, x, "normal"), 30),
        "gated_second_derivative": ((x, "normal"), 7),
        "sigmoid": ((x,), 3),
        "sigmoid_grad": ((dy, unit), 3),
        "sigmoid_second_derivative": ((unit,), 4),
        "tanh": ((x,), 1),
        "tanh_grad": ((dy, unit), 3),
        "tanh_second_derivative": ((unit,), 4),
        "softplus": ((x,), 4),
        "softplus_grad": ((dy, x), 4),
        "softplus_second_derivative": ((x,), 5),
        "softmax": ((x, -1), 4),
        "softmax_grad": ((dy, part, -1), 4),
        "softmax_tangent_grad": ((dy, dy, x_dot, part, -1), 12),
    }
    yield from per_entry(found, x)
    bits = Stream(0, "dropout").bits(x.size, 0.75)
    yield Case("dropout", label(shape), (x, bits, 0.75), float(x.size))
    groups = x.reshape(*shape[:-1], -1, 4)
    yield Case("max_with_mask", label(groups.shape), (groups,), float(x.size))
    largest, won = kernels.max_with_mask(groups)
    yield Case("max_with_mask_grad", label(groups.shape), (largest, won), float(x.size))
    logits = normal(rng, shape[0], 1)
    yield Case("binary_crossentropy_from_logits", label(logits.shape), (logits, 0.9), 20.0 * logits.size)


def normalizations(rng: np.random.Generator, shape: tuple[int, ...]) -> Iterator[Case]:
    """The kernels of BatchNorm, LayerNorm and GroupNormalization; those of the gradient penalty included."""
    x, dy, x_dot, dy_dot = (normal(rng, *shape) for _ in range(4))
    epsilon = 1e-3
    mean, variance = kernels.moments(x)
    x_hat, inverse_std = kernels.batch_norm(x, mean, variance, epsilon)
    x_hat_dot = kernels.batch_norm_grad(x_dot, x_hat, inverse_std)
    found: dict[str, tuple[tuple[Any, ...], int]] = {
        "channel_sum": ((x,), 1),
        "moments": ((x,), 4),
        "batch_norm": ((x, mean, variance, epsilon), 2),
        "batch_norm_grad": ((dy, x_hat, inverse_std), 7),
        "batch_norm_tangent_grad": ((dy, dy_dot, x_dot, x_hat, x_hat_dot, inverse_std), 28),
        "layer_norm": ((x, epsilon), 6),
    }
    x_hat, inverse_std = kernels.layer_norm(x, epsilon)
    x_hat_dot = kernels.layer_norm_grad(x_dot, x_hat, inverse_std)
    found["layer_norm_grad"] = ((dy, x_hat, inverse_std), 7)
    found["layer_norm_tangent_grad"] = ((dy, dy_dot, x_dot, x_hat, x_hat_dot, inverse_std), 28)
    x_hat, inverse_std = kernels.group_norm(x, 8, epsilon)
    x_hat_dot = kernels.group_norm_grad(x_dot, x_hat, inverse_std, 8)
    found["group_norm"] = ((x, 8, epsilon), 6)
    found["group_norm_grad"] = ((dy, x_hat, inverse_std, 8), 7)
    found["group_norm_tangent_grad"] = ((dy, dy_dot, x_dot, x_hat, x_hat_dot, inverse_std, 8), 28)
    yield from per_entry(found, x)


def windows(rng: np.random.Generator, shape: tuple[int, ...]) -> Iterator[Case]:
    """Padding, which only copies numbers, and pooling of 2 x 2 pixels."""
    x = normal(rng, *shape)
    pads, pair, none = ((0, 1), (0, 1)), (2, 2), ((0, 0), (0, 0))
    yield Case("pad", label(shape), (x, pads), 0.0)
    y, places = kernels.max_pool(x, pair, pair, none)
    dy, image = normal(rng, *y.shape), shape[1:3]
    yield Case("max_pool", label(shape), (x, pair, pair, none), float(x.size))
    yield Case("max_pool_tangent", label(shape), (x, places, pair, pair, none), 0.0)
    yield Case("max_pool_grad", label(shape), (dy, places, image, pair, pair, none), float(x.size))
    yield Case("average_pool", label(shape), (x, pair, pair, none), float(x.size))
    yield Case("average_pool_grad", label(shape), (dy, image, pair, pair, none), float(dy.size))


def resizings(rng: np.random.Generator, shape: tuple[int, ...]) -> Iterator[Case]:
    """Doubling of height and width, to images of this shape, and back."""
    n, height, width, channels = shape
    x, dy = normal(rng, n, height // 2, width // 2, channels), normal(rng, *shape)
    yield Case("upsample_nearest", label(x.shape), (x, (2, 2)), 0.0)
    yield Case("upsample_nearest_grad", label(dy.shape), (dy, (2, 2)), float(dy.size))
    yield Case("upsample_bilinear", label(x.shape), (x, (2, 2)), 8.0 * dy.size)
    yield Case("upsample_bilinear_grad", label(dy.shape), (dy, (2, 2)), 8.0 * dy.size)
