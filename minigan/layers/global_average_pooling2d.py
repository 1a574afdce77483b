"""Global average pooling."""

from typing import NamedTuple

from minigan.backend import Array, array_module
from minigan.layers.base import INFERENCE, CacheStamp, Context, Shape
from minigan.layers.linear_map import LinearMap
from minigan.layers.validation import image_shape


class GlobalAveragePooling2DCache(NamedTuple):
    """Only the stamp: the backward needs nothing else."""

    stamp: CacheStamp


class GlobalAveragePooling2D(LinearMap):
    """The mean of every channel: ``y[n, c] = 1/(H*W) sum_hw x[n, h, w, c]``.

    Every pixel has the same part in it: ``dx[n, h, w, c] = dy[n, c] / (H*W)``.

    Shapes: x (N, H, W, C), y (N, C).
    """

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return image_shape(self, input_shape)[2:]

    def apply(self, x: Array) -> Array:
        return x.mean(axis=(1, 2))

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, GlobalAveragePooling2DCache]:
        self.check_input(x)
        y = self.apply(x)
        return y, GlobalAveragePooling2DCache(self.stamp(y))

    def backward(self, dy: Array, cache: GlobalAveragePooling2DCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        height, width, _ = self.input_shape
        part = dy / (height * width)
        return array_module(dy).tile(part[:, None, None, :], (1, height, width, 1))
