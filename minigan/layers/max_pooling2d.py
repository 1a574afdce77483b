"""Maximum pooling."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.kernels import Pads, Pair
from minigan.layers.base import INFERENCE, CacheStamp, Context, Shape
from minigan.layers.linear_map import LinearMap, LinearTangent
from minigan.layers.validation import height_width, image_shape
from minigan.layers.window_spec import WindowSpec


class MaxPooling2DCache(NamedTuple):
    """Where in its window each maximum stood."""

    places: Array
    stamp: CacheStamp


class MaxPooling2D(LinearMap):
    """The largest value of every window: ``y[n, p, q, c] = max_ij x[n, p*s + i, q*s + j, c]``.

    The output depends on the largest value alone, so only that one receives dy: ``dx[n, h, w, c]`` is the sum of the dy
    of all windows whose maximum stood at (h, w). Where several are equal the first counts, as in PyTorch. The tangent
    pass takes x_dot from that place.

    Shapes: x (N, H, W, C), y (N, OH, OW, C).

    Parameters
    ----------
    pool_size : int or (int, int)
        Height and width of a window.
    strides : int or (int, int), optional
        Default: `pool_size`, windows side by side.
    padding : {"valid", "same"}, int, (int, int) or ((int, int), (int, int))
        As in `Conv2D`, less than a window on each side; padding never wins.
    name : str, optional
    """

    def __init__(
        self,
        pool_size: int | Pair = 2,
        strides: int | Pair | None = None,
        padding: str | int | Pair | Pads = "valid",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        steps = pool_size if strides is None else strides
        self.windows = WindowSpec.of(self, ("pool_size", pool_size), ("strides", steps), padding)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        height, width, channels = image_shape(self, input_shape)
        return (*self.windows.fit_pixels(self, (height, width)), channels)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, MaxPooling2DCache]:
        self.check_input(x)
        size, strides, *_ = self.windows
        y, places = kernels.max_pool(x, size, strides, self.windows.pads(x.shape[1:3]))
        return y, MaxPooling2DCache(places, self.stamp(y))

    def backward(self, dy: Array, cache: MaxPooling2DCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        size, strides, *_ = self.windows
        image = height_width(self.input_shape)
        return kernels.max_pool_grad(dy, cache.places, image, size, strides, self.windows.pads(image))

    def tangent(self, x_dot: Array, cache: MaxPooling2DCache) -> tuple[Array, LinearTangent]:
        self.check_tangent(x_dot, cache)
        size, strides, *_ = self.windows
        pads = self.windows.pads(x_dot.shape[1:3])
        return kernels.max_pool_tangent(x_dot, cache.places, size, strides, pads), LinearTangent(cache.stamp)
