"""Average pooling."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.kernels import Pads, Pair
from minigan.layers.base import INFERENCE, CacheStamp, Context, Shape
from minigan.layers.linear_map import LinearMap
from minigan.layers.validation import height_width, image_shape
from minigan.layers.window_spec import WindowSpec


class AveragePooling2DCache(NamedTuple):
    """Only the stamp: the backward needs nothing else."""

    stamp: CacheStamp


class AveragePooling2D(LinearMap):
    """The mean of every window: ``y[n, p, q, c] = 1/K sum_ij x[n, p*s + i, q*s + j, c]``.

    K is the number of the window's pixels inside the image: padding is not counted. Every pixel has the same
    part in it, so ``dx[n, h, w, c]`` is the sum of ``dy / K`` over all windows that (h, w) lies in.

    Shapes: x (N, H, W, C), y (N, OH, OW, C).

    Parameters
    ----------
    pool_size, strides, padding, name
        As in `MaxPooling2D`.
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

    def apply(self, x: Array) -> Array:
        size, strides, *_ = self.windows
        return kernels.average_pool(x, size, strides, self.windows.pads(x.shape[1:3]))

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, AveragePooling2DCache]:
        self.check_input(x)
        y = self.apply(x)
        return y, AveragePooling2DCache(self.stamp(y))

    def backward(self, dy: Array, cache: AveragePooling2DCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        size, strides, *_ = self.windows
        image = height_width(self.input_shape)
        return kernels.average_pool_grad(dy, image, size, strides, self.windows.pads(image))
