"""Flattening."""

from math import prod
from typing import NamedTuple

from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context, Shape
from minigan.layers.linear_map import LinearMap


class FlattenCache(NamedTuple):
    """Only the stamp: the backward needs nothing else."""

    stamp: CacheStamp


class Flatten(LinearMap):
    """All axes but the batch's in one, the last one running fastest; the backward restores them.

    Shapes: x (N, A, B, ...), y (N, A*B*...).
    """

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (prod(input_shape),)

    def apply(self, x: Array) -> Array:
        return x.reshape(len(x), *self.output_shape)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, FlattenCache]:
        self.check_input(x)
        y = self.apply(x)
        return y, FlattenCache(self.stamp(y))

    def backward(self, dy: Array, cache: FlattenCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return dy.reshape(len(dy), *self.input_shape)
