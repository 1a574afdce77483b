"""Sequences (T, C) as images (1, T, C) of one row: what the layers for sequences share."""

from typing import Any, NamedTuple

from minigan.backend import Array
from minigan.errors import ShapeError
from minigan.kernels import Pads, Pair
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer, Shape
from minigan.layers.validation import explicit_padding

__all__ = ["OneRow", "OneRowCache", "one_row", "row_padding", "row_sides"]


def one_row(layer: Layer, input_shape: Shape) -> Shape:
    """The (1, T, C) of a layer that works on sequences (T, C)."""
    if len(input_shape) != 2:
        raise ShapeError(f"{layer.title}: expected sequences (T, C), got an input of shape {input_shape}")
    return (1, *input_shape)


def row_padding(layer: Layer, padding: Any) -> str | Pads:
    """The padding of the image: a name, or what is left and right of its row."""
    return padding if isinstance(padding, str) else explicit_padding(layer, (0, padding))


def row_sides(padding: str | Pads) -> str | Pair:
    """The padding of an image of one row, as `row_padding` takes it."""
    return padding if isinstance(padding, str) else padding[1]


class OneRowCache(NamedTuple):
    """The cache of the layer for images."""

    image: Any
    stamp: CacheStamp


class OneRow(Layer):
    """A layer for sequences that is `image`, a layer for images without parameters, in all its passes."""

    image: Layer

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.image.name = self.name
        return self.image.build(one_row(self, input_shape))[1:]

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, OneRowCache]:
        self.check_input(x)
        y, cache = self.image.forward(x[:, None], ctx)
        return y[:, 0], OneRowCache(cache, self.stamp(y[:, 0]))

    def backward(self, dy: Array, cache: OneRowCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return self.image.backward(dy[:, None], cache.image)[:, 0]

    def tangent(self, x_dot: Array, cache: OneRowCache) -> tuple[Array, OneRowCache]:
        self.check_tangent(x_dot, cache)
        y_dot, tangent_cache = self.image.tangent(x_dot[:, None], cache.image)
        return y_dot[:, 0], OneRowCache(tangent_cache, cache.stamp)

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: OneRowCache, tangent_cache: OneRowCache, param_grads: bool = True
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        dx, dx_dot = self.image.tangent_backward(dy[:, None], dy_dot[:, None], cache.image, tangent_cache.image)
        return dx[:, 0], dx_dot[:, 0]
