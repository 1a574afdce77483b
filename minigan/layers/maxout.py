"""The maxout layer."""

from typing import NamedTuple

import numpy as np

from minigan import initializers
from minigan.backend import Array, array_module
from minigan.errors import ShapeError
from minigan.initializers import Initializer
from minigan.layers.base import INFERENCE, Context, Layer, Shape, Stamp
from minigan.layers.options import positive
from minigan.random import Stream


class MaxoutCache(NamedTuple):
    """The input, and which piece was the largest."""

    x: Array
    winner: Array
    stamp: Stamp


class Maxout(Layer):
    """``y_nu = max_k z_nuk`` with ``z_nuk = sum_d x_nd W_duk + b_uk``: each unit learns its own activation.

    The largest of `pieces` straight lines is a convex function, and a maximum passes its gradient to the one
    that won: ``dz_nuk = dy_nu`` for the winning k and 0 for the others. From there it is a Dense layer:
    ``dW = x^T dz``, ``db = sum_n dz``, ``dx = dz W^T``.

    Shapes: x (N, D), W (D, units, pieces), b (units, pieces), y (N, units).

    Parameters
    ----------
    units : int
        The number of outputs.
    pieces : int
        Lines a unit; the GAN paper's discriminator has 240 units of 5 pieces.
    kernel_initializer, bias_initializer : str or callable
        See `minigan.initializers`.
    name : str, optional

    Notes
    -----
    Goodfellow et al., "Maxout networks", arXiv:1302.4389, section 2.
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
        self.units = positive(self, "units", units)
        self.pieces = positive(self, "pieces", pieces)
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

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, MaxoutCache]:
        self.check_input(x)
        z = x @ self.kernel.data.reshape(len(self.kernel.data), -1)
        z = z.reshape(-1, self.units, self.pieces) + self.bias.data
        y = z.max(axis=2)
        return y, MaxoutCache(x, z.argmax(axis=2), self.stamp(y))

    def backward(self, dy: Array, cache: MaxoutCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        pieces = array_module(dy).arange(self.pieces)
        dz = dy[:, :, None] * (cache.winner[:, :, None] == pieces)
        flat = dz.reshape(len(dz), -1)
        if param_grads:
            self.kernel.grad += (cache.x.T @ flat).reshape(self.kernel.data.shape)
            self.bias.grad += dz.sum(axis=0)
        return flat @ self.kernel.data.reshape(len(self.kernel.data), -1).T
