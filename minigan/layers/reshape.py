"""Reshaping."""

from math import prod
from typing import NamedTuple

from minigan.backend import Array
from minigan.errors import ConfigError, ShapeError
from minigan.layers.base import INFERENCE, CacheStamp, Context, Shape
from minigan.layers.linear_map import LinearMap
from minigan.layers.validation import is_sequence
from minigan.numbers import whole


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
        entries = tuple(whole(size) or 0 for size in target_shape) if is_sequence(target_shape) else (0,)
        if min(entries, default=1) < -1 or 0 in entries:
            raise ConfigError(
                f"{self.title}: expected target_shape to be a tuple of whole numbers of at least 1, one perhaps -1 for "
                f"the rest, such as (7, 7, 128), got {target_shape!r}"
            )
        self.target_shape = entries

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
