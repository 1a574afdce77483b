"""Upsampling."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.kernels import Pair
from minigan.layers.base import INFERENCE, CacheStamp, Context, Shape
from minigan.layers.linear_map import LinearMap
from minigan.layers.validation import image_shape, one_of, pair


class UpSampling2DCache(NamedTuple):
    """Only the stamp: the backward needs nothing else."""

    stamp: CacheStamp


class UpSampling2D(LinearMap):
    """Enlarge images by whole factors.

    "nearest" repeats rows and columns: ``y[n, h*s + i, w*s + j, c] = x[n, h, w, c]`` for all i, j below s. A pixel
    is copied into a block, so its gradient is the sum over the block: ``dx[n, h, w, c] = sum_ij dy[n, h*s + i,
    w*s + j, c]`` (picking one of them is a common mistake).

    "bilinear" takes output pixel p from position ``(p + 1/2) / s - 1/2`` between two input pixels (half-pixel
    centres, the border repeated): ``y = R x Q^T`` for a matrix R of rows and Q of columns; ``dx = R^T dy Q``.

    Shapes: x (N, H, W, C), y (N, H*size[0], W*size[1], C).

    Parameters
    ----------
    size : int or (int, int)
        Factors for height and width.
    interpolation : {"nearest", "bilinear"}
    name : str, optional

    Notes
    -----
    A default run executes this layer fused with its neighbours, with the same result but for rounding;
    `minigan.backend.textbook` runs this file instead.
    """

    KERNELS = {
        "nearest": (kernels.upsample_nearest, kernels.upsample_nearest_grad),
        "bilinear": (kernels.upsample_bilinear, kernels.upsample_bilinear_grad),
    }

    def __init__(self, size: int | Pair = 2, interpolation: str = "nearest", name: str | None = None) -> None:
        super().__init__(name)
        self.size = pair(self, "size", size)
        self.interpolation = one_of(self, "interpolation", interpolation, self.KERNELS)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        height, width, channels = image_shape(self, input_shape)
        return height * self.size[0], width * self.size[1], channels

    def apply(self, x: Array) -> Array:
        upsample, _ = self.KERNELS[self.interpolation]
        return upsample(x, self.size)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, UpSampling2DCache]:
        self.check_input(x)
        y = self.apply(x)
        return y, UpSampling2DCache(self.stamp(y))

    def backward(self, dy: Array, cache: UpSampling2DCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        _, upsample_grad = self.KERNELS[self.interpolation]
        return upsample_grad(dy, self.size)
