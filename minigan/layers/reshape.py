"""Reshaping."""

from math import prod
from typing import NamedTuple

from minigan.backend import Array
from minigan.errors import ShapeError
from minigan.layers.base import INFERENCE, CacheStamp, Context, Shape
from minigan.layers.linear_map import LinearMap


class ReshapeCache(NamedTuple):
    """Only the stamp: the backward needs nothing else."""

    stamp: CacheStamp


class Reshape(LinearMap):
    """The same numbers in the same order, in another shape; the backward restores the shape.

    Shapes: x (N, ...), y ``(N, *target_shape)``.

    Parameters
    ----------
    target_shape : tuple of int
        Without the batch axis; one entry may be -1, which stands for the rest.
    name : str, optional
    """

    def __init__(self, target_shape: Shape, name: str | None = None) -> None:
        super().__init__(name)
        self.target_shape = tuple(target_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        known = prod(size for size in self.target_shape if size != -1)
        rest = prod(input_shape) // known if known > 0 else 0
        shape = tuple(rest if size == -1 else size for size in self.target_shape)
        if self.target_shape.count(-1) > 1 or prod(shape) != prod(input_shape):
            raise ShapeError(
                f"{self.title}: cannot make {self.target_shape} of an input of shape {input_shape}, "
                f"which has {prod(input_shape)} entries"
            )
        return shape

    def apply(self, x: Array) -> Array:
        return x.reshape(len(x), *self.output_shape)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, ReshapeCache]:
        self.check_input(x)
        y = self.apply(x)
        return y, ReshapeCache(self.stamp(y))

    def backward(self, dy: Array, cache: ReshapeCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return dy.reshape(len(dy), *self.input_shape)
