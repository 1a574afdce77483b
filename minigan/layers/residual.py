"""A skip connection around layers."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigan.backend import Array
from minigan.errors import ConfigError, ShapeError
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer, Shape
from minigan.layers.names import name_layers
from minigan.random import Stream

__all__ = ["Residual", "ResidualCache", "ResidualTangent", "every_layer"]


class ResidualCache(NamedTuple):
    """The caches of the layers."""

    caches: tuple[Any, ...]
    stamp: CacheStamp


class ResidualTangent(NamedTuple):
    """The tangent caches of the layers."""

    tangent_caches: tuple[Any, ...]
    stamp: CacheStamp


class Residual(Layer):
    """``y = x + F(x)`` where F are layers in a row: they learn what to add to x, and x itself is passed on.

    x reaches y on two paths, so that its gradient is the sum of two: ``dx = dy + J^T dy`` with the Jacobian J of F.
    However small J is, dy arrives undiminished: so networks of very many layers can be trained.

    Tangent: ``y_dot = x_dot + J x_dot``. On the way back, too, what goes through F is added to what passes it by:
    ``dx`` and ``dx_dot`` are those of F's reverse pass, plus dy and dy_dot.

    Shapes: x, y (N, ...); the layers must give back the shape that they take.

    Parameters
    ----------
    layers : sequence of Layer
        Or a `minigan.Sequential`, whose layers are taken. Weights are named after them: ``residual.conv2d.kernel``.
    name : str, optional

    Notes
    -----
    He et al., "Deep residual learning for image recognition", arXiv:1512.03385, equation 1. In Keras it is an ``Add``
    of two paths.
    """

    def __init__(self, layers: Iterable[Layer], name: str | None = None) -> None:
        super().__init__(name)
        try:
            self.layers = list(layers)
        except TypeError:
            raise ConfigError(f"{self.title}: expected a list of layers, got {layers!r}") from None
        if not self.layers:
            raise ConfigError(f"{self.title}: expected a list of layers, got an empty one")
        name_layers(self.title, self.layers)
        self.mixes_examples = any(layer.mixes_examples for layer in self.layers)
        self.concurrent_safe = all(layer.concurrent_safe for layer in self.layers)

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        shape: Shape = self.input_shape
        for layer in self.layers:
            shape = layer.build(shape, rng.child(layer.name), dtype)
            self.parameters |= {f"{layer.name}.{name}": parameter for name, parameter in layer.parameters.items()}
        if shape != self.input_shape:
            raise ShapeError(
                f"{self.title}: expected layers that give back the shape {self.input_shape}, which is added to their "
                f"output, got {shape}"
            )

    def rng_blocks(self, examples: int, dtype: Any) -> int:
        return sum(layer.rng_blocks(examples, dtype) for layer in self.layers)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, ResidualCache]:
        self.check_input(x)
        fx, caches = forward_through(self.layers, x, ctx)
        y = x + fx
        return y, ResidualCache(caches, self.stamp(y))

    def backward(self, dy: Array, cache: ResidualCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return dy + backward_through(self.layers, dy, cache.caches, param_grads)

    def tangent(self, x_dot: Array, cache: ResidualCache) -> tuple[Array, ResidualTangent]:
        self.check_tangent(x_dot, cache)
        tangent_caches, y_dot = [], x_dot
        for layer, its in zip(self.layers, cache.caches):
            y_dot, tangent_cache = layer.tangent(y_dot, its)
            tangent_caches.append(tangent_cache)
        return x_dot + y_dot, ResidualTangent(tuple(tangent_caches), cache.stamp)

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: ResidualCache, tangent_cache: ResidualTangent, param_grads: bool = True
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        dx, dx_dot = dy, dy_dot
        caches = zip(reversed(self.layers), reversed(cache.caches), reversed(tangent_cache.tangent_caches))
        for layer, its, remembered in caches:
            dx, dx_dot = layer.tangent_backward(dx, dx_dot, its, remembered, param_grads)
        return dy + dx, dy_dot + dx_dot


def forward_through(layers: Sequence[Layer], x: Array, ctx: Context) -> tuple[Array, tuple[Any, ...]]:
    """The output of the last layer, and the caches of all."""
    caches = []
    for layer in layers:
        x, cache = layer.forward(x, ctx)
        caches.append(cache)
    return x, tuple(caches)


def backward_through(layers: Sequence[Layer], dy: Array, caches: Sequence[Any], param_grads: bool) -> Array:
    """The gradient of the first layer's input."""
    for layer, cache in zip(reversed(layers), reversed(caches)):
        dy = layer.backward(dy, cache, param_grads)
    return dy


def every_layer(layers: Iterable[Layer]) -> Iterator[Layer]:
    """The layers, each after those inside of it where it is a `Residual`."""
    for layer in layers:
        if isinstance(layer, Residual):
            yield from every_layer(layer.layers)
        yield layer
