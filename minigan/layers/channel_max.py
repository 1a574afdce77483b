"""The largest of neighbouring channels."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.errors import ShapeError
from minigan.layers.base import INFERENCE, CacheStamp, Context, Shape
from minigan.layers.linear_map import LinearMap, LinearTangent
from minigan.layers.validation import positive_int, require_last_axis


class ChannelMaxCache(NamedTuple):
    """For each channel of x whether it was the largest of its neighbours."""

    won: Array
    stamp: CacheStamp


class ChannelMax(LinearMap):
    """The largest of every `pieces` neighbouring channels: ``y[..., c] = max_k x[..., c * pieces + k]``.

    After a convolution with ``filters * pieces`` filters it makes the maxout convolution, as `Maxout` is Dense and a
    maximum. The largest one gets the gradient: ``dx[..., c * pieces + k] = dy[..., c]`` for the largest k, else 0.
    Where several are equal the first counts. The tangent pass takes x_dot from that place.

    Shapes: x (N, ..., C * pieces), y (N, ..., C).

    Parameters
    ----------
    pieces : int
        Number of channels of which one is kept.
    name : str, optional

    Notes
    -----
    Goodfellow et al., "Maxout networks", arXiv:1302.4389, section 2.
    """

    def __init__(self, pieces: int = 2, name: str | None = None) -> None:
        super().__init__(name)
        self.pieces = positive_int(self, "pieces", pieces)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        *places, channels = require_last_axis(self, input_shape)
        if channels % self.pieces:
            raise ShapeError(f"{self.title}: expected channels that divide by {self.pieces}, got {channels}")
        return (*places, channels // self.pieces)

    def split_pieces(self, x: Array) -> Array:
        """x with an axis of its own for the pieces."""
        return x.reshape(len(x), *self.output_shape, self.pieces)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, ChannelMaxCache]:
        self.check_input(x)
        y, won = kernels.max_with_mask(self.split_pieces(x))
        return y, ChannelMaxCache(won, self.stamp(y))

    def backward(self, dy: Array, cache: ChannelMaxCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.max_with_mask_grad(dy, cache.won).reshape(len(dy), *self.input_shape)

    def tangent(self, x_dot: Array, cache: ChannelMaxCache) -> tuple[Array, LinearTangent]:
        self.check_tangent(x_dot, cache)
        return (self.split_pieces(x_dot) * cache.won).sum(axis=-1), LinearTangent(cache.stamp)
