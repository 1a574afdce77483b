"""The maxout layer."""

from typing import NamedTuple

import numpy as np

from minigan import initializers, kernels
from minigan.backend import Array
from minigan.errors import ShapeError
from minigan.initializers import Initializer
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer, Shape
from minigan.layers.validation import positive_int
from minigan.random import Stream


class MaxoutCache(NamedTuple):
    """The input, and for each unit and piece whether it was the largest."""

    x: Array
    won: Array
    stamp: CacheStamp


class MaxoutTangent(NamedTuple):
    """The direction."""

    x_dot: Array
    stamp: CacheStamp


class Maxout(Layer):
    """``y_nu = max_k z_nuk`` with ``z_nuk = sum_d x_nd W_duk + b_uk``: each unit learns its own activation.

    The largest of `pieces` straight lines is a convex function, and a maximum passes its gradient to the
    largest: ``dz_nuk = dy_nu`` for the largest k and 0 for the others. From there it is a Dense layer:
    ``dW = x^T dz``, ``db = sum_n dz``, ``dx = dz W^T``. The tangent pass follows the largest too: ``y_dot_nu =
    z_dot_nuk`` with ``z_dot = x_dot W``, and dy_dot goes back as dy does, with x_dot in the place of x.

    Shapes: x (N, D), W (D, units, pieces), b (units, pieces), y (N, units).

    Parameters
    ----------
    units : int
        The number of outputs.
    pieces : int
        Lines per unit; the GAN paper's discriminator has 240 units of 5 pieces.
    kernel_initializer, bias_initializer : str or callable
        See `minigan.initializers`.
    name : str, optional

    Notes
    -----
    Goodfellow et al., "Maxout networks", arXiv:1302.4389, section 2.

    A default run executes this layer fused with its neighbours, with the same result but for rounding;
    `minigan.backend.textbook` runs this file instead.
    """

    def __init__(
        self,
        units: int,
        pieces: int = 2,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.units = positive_int(self, "units", units)
        self.pieces = positive_int(self, "pieces", pieces)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise ShapeError(f"{self.title}: expected vectors (D), got an input of shape {input_shape}")
        return (self.units,)

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        pieces = (self.units, self.pieces)
        # The fans are those of the matrix (D, units * pieces).
        matrix = self.kernel_initializer((self.input_shape[0], self.units * self.pieces), rng.child("kernel"), dtype)
        self.kernel = self.add_parameter(
            "kernel",
            (*self.input_shape, *pieces),
            lambda shape, rng, dtype: matrix.reshape(shape),
            rng,
            dtype,
        )
        self.bias = self.add_parameter("bias", pieces, self.bias_initializer, rng, dtype)

    @property
    def matrix(self) -> Array:
        """The kernel as a matrix (D, units * pieces)."""
        return self.kernel.data.reshape(len(self.kernel.data), -1)

    def products(self, x: Array) -> Array:
        """``x W`` for all pieces: (N, units, pieces)."""
        return (x @ self.matrix).reshape(-1, self.units, self.pieces)

    def product_grad(self, dz: Array, x: Array, param_grads: bool) -> Array:
        """``dz W^T``; adds ``x^T dz`` to the kernel's gradient if `param_grads`."""
        flat = dz.reshape(-1, self.units * self.pieces)
        if param_grads:
            self.kernel.grad += (x.T @ flat).reshape(self.kernel.data.shape)
        return flat @ self.matrix.T

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, MaxoutCache]:
        self.check_input(x)
        y, won = kernels.max_with_mask(self.products(x) + self.bias.data)
        return y, MaxoutCache(x, won, self.stamp(y))

    def backward(self, dy: Array, cache: MaxoutCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        dz = kernels.max_with_mask_grad(dy, cache.won)
        if param_grads:
            self.bias.grad += dz.sum(axis=0)
        return self.product_grad(dz, cache.x, param_grads)

    def tangent(self, x_dot: Array, cache: MaxoutCache) -> tuple[Array, MaxoutTangent]:
        self.check_tangent(x_dot, cache)
        y_dot = (self.products(x_dot) * cache.won).sum(axis=2)
        return y_dot, MaxoutTangent(x_dot, cache.stamp)

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: MaxoutCache, tangent_cache: MaxoutTangent, param_grads: bool = True
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        dx = self.backward(dy, cache, param_grads)
        dz_dot = kernels.max_with_mask_grad(dy_dot, cache.won)
        return dx, self.product_grad(dz_dot, tangent_cache.x_dot, param_grads)
