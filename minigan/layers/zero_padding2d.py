"""Zero padding."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.kernels import Pads, Pair
from minigan.layers.base import INFERENCE, CacheStamp, Context, Shape
from minigan.layers.linear_map import LinearMap
from minigan.layers.validation import explicit_padding, image_shape


class ZeroPadding2DCache(NamedTuple):
    """Only the stamp: the backward needs nothing else."""

    stamp: CacheStamp


class ZeroPadding2D(LinearMap):
    """Zeros around every image: ``y[n, h + top, w + left, c] = x[n, h, w, c]``, 0 elsewhere.

    The zeros depend on nothing, so the backward cuts them off: ``dx[n, h, w, c] = dy[n, h + top, w + left, c]``.

    Shapes: x (N, H, W, C), y (N, top + H + bottom, left + W + right, C).

    Parameters
    ----------
    padding : int, (int, int) or ((top, bottom), (left, right))
        Pixels: of all sides, of height and width, or of each side.
    name : str, optional
    """

    def __init__(self, padding: int | Pair | Pads = 1, name: str | None = None) -> None:
        super().__init__(name)
        self.padding = explicit_padding(self, padding)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        height, width, channels = image_shape(self, input_shape)
        return height + sum(self.padding[0]), width + sum(self.padding[1]), channels

    def apply(self, x: Array) -> Array:
        return kernels.pad(x, self.padding)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, ZeroPadding2DCache]:
        self.check_input(x)
        y = self.apply(x)
        return y, ZeroPadding2DCache(self.stamp(y))

    def backward(self, dy: Array, cache: ZeroPadding2DCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.crop(dy, self.padding)
