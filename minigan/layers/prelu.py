"""The rectifier with a slope that is learned."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minigan import initializers
from minigan.backend import Array, array_module
from minigan.errors import ConfigError, ShapeError
from minigan.initializers import Initializer
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer, Shape
from minigan.layers.validation import is_sequence, positive_int
from minigan.random import Stream


class PReLUCache(NamedTuple):
    """The input: its sign decides which slope the gradient meets."""

    x: Array
    stamp: CacheStamp


class PReLUTangent(NamedTuple):
    """The direction."""

    x_dot: Array
    stamp: CacheStamp


class PReLU(Layer):
    """``y = x`` for ``x > 0``, ``y = alpha * x`` elsewhere, with slopes alpha that are learned.

    Every place and channel has a slope of its own, or all places share those of the channels (`shared_axes`).

    Backward: ``dx = dy`` where x was positive and ``dx = alpha * dy`` elsewhere. alpha multiplies ``min(x, 0)``, so
    that its gradient is the sum of ``dy * min(x, 0)`` over all examples and over the axes that share it.

    The tangent pass is made of the same straight pieces: ``y_dot = x_dot`` or ``y_dot = alpha * x_dot``. x decides only
    between the two; alpha occurs in y and in y_dot, and collects a gradient from both.

    Shapes: x, y (N, ...), alpha the shape of one example, with 1 for each axis that is shared.

    Parameters
    ----------
    alpha_initializer : str or callable
        See `minigan.initializers`; with "zeros" the layer begins as a `ReLU`.
    shared_axes : sequence of int, optional
        The axes along which alpha is the same, from 1, the first after the batch's: (1, 2) for one slope a channel of
        images.
    name : str, optional

    Notes
    -----
    He et al., "Delving deep into rectifiers", arXiv:1502.01852, equations 1 and 3.
    """

    def __init__(
        self,
        alpha_initializer: str | Initializer = "zeros",
        shared_axes: Sequence[int] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.alpha_initializer = initializers.get(alpha_initializer)
        if shared_axes is not None and not is_sequence(shared_axes):
            raise ConfigError(f"{self.title}: expected shared_axes to be axes such as (1, 2), got {shared_axes!r}")
        self.shared_axes = tuple(positive_int(self, "each of shared_axes", axis) for axis in shared_axes or ())

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if max(self.shared_axes, default=0) > len(input_shape):
            raise ShapeError(
                f"{self.title}: expected shared_axes of an input {('N', *input_shape)}, got {self.shared_axes}"
            )
        return input_shape

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        shape = tuple(1 if axis in self.shared_axes else size for axis, size in enumerate(self.input_shape, start=1))
        self.alpha = self.add_parameter("alpha", shape, self.alpha_initializer, rng, dtype)

    def apply(self, values: Array, x: Array) -> Array:
        """The values where x is positive, alpha times them elsewhere."""
        return array_module(x).where(x > 0, values, self.alpha.data * values)

    def add_gradient(self, dy: Array, values: Array, x: Array) -> None:
        """That of alpha from one pair of a gradient and the values that alpha multiplied."""
        terms = dy * array_module(x).where(x > 0, 0, values)
        self.alpha.grad += terms.sum(axis=(0, *self.shared_axes)).reshape(self.alpha.data.shape)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, PReLUCache]:
        self.check_input(x)
        y = self.apply(x, x)
        return y, PReLUCache(x, self.stamp(y))

    def backward(self, dy: Array, cache: PReLUCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        if param_grads:
            self.add_gradient(dy, cache.x, cache.x)
        return self.apply(dy, cache.x)

    def tangent(self, x_dot: Array, cache: PReLUCache) -> tuple[Array, PReLUTangent]:
        self.check_tangent(x_dot, cache)
        return self.apply(x_dot, cache.x), PReLUTangent(x_dot, cache.stamp)

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: PReLUCache, tangent_cache: PReLUTangent, param_grads: bool = True
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        if param_grads:
            self.add_gradient(dy_dot, tangent_cache.x_dot, cache.x)
        return self.backward(dy, cache, param_grads), self.apply(dy_dot, cache.x)
