"""Maximum and average over windows: launches ``pooling.cu``."""

import numpy as np

from minigan.backend import Array, array_module
from minigan.kernels.cuda.compiler import contiguous, module
from minigan.kernels.cuda.rows import covers, layout
from minigan.kernels.reference.padding import Pads, Pair
from minigan.kernels.reference.windows import output_size

__all__ = ["average_pool", "average_pool_grad", "max_pool", "max_pool_grad"]


def max_pool(x: Array, size: Pair, strides: Pair, pads: Pads) -> tuple[Array, Array]:
    """The twin of `minigan.kernels.reference.pooling.max_pool`."""
    n, h, w, c = x.shape
    down, across = map(output_size, (h, w), size, strides, pads)
    if not covers_both((n, h, w, c), (down, across)):
        return NotImplemented
    xp = array_module(x)
    y, places = (xp.empty((n, down, across, c), dtype) for dtype in (x.dtype, np.int64))
    arguments = (contiguous(x), y, places, -float("inf"), n, c, h, w, down, across, *options(size, strides, pads))
    module("pooling", x.dtype).launch("max_pool", *layout(n * down, across * c), arguments)
    return y, places


def max_pool_grad(dy: Array, places: Array, input_size: Pair, size: Pair, strides: Pair, pads: Pads) -> Array:
    """The twin of `minigan.kernels.reference.pooling.max_pool_grad`."""
    if places.shape != dy.shape or places.dtype != np.int64:
        return NotImplemented
    return spread_back("max_pool_grad", (dy, places), input_size, size, strides, pads)


def average_pool(x: Array, size: Pair, strides: Pair, pads: Pads) -> Array:
    """The twin of `minigan.kernels.reference.pooling.average_pool`."""
    n, h, w, c = x.shape
    down, across = map(output_size, (h, w), size, strides, pads)
    if not covers_both((n, h, w, c), (down, across)):
        return NotImplemented
    y = array_module(x).empty((n, down, across, c), x.dtype)
    arguments = (contiguous(x), y, n, c, h, w, down, across, *options(size, strides, pads))
    module("pooling", x.dtype).launch("average_pool", *layout(n * down, across * c), arguments)
    return y


def average_pool_grad(dy: Array, input_size: Pair, size: Pair, strides: Pair, pads: Pads) -> Array:
    """The twin of `minigan.kernels.reference.pooling.average_pool_grad`."""
    return spread_back("average_pool_grad", (dy,), input_size, size, strides, pads)


def spread_back(
    kernel: str, arrays: tuple[Array, ...], input_size: Pair, size: Pair, strides: Pair, pads: Pads
) -> Array:
    """The sum for each pixel over the windows that it is in."""
    dy = arrays[0]
    (n, down, across, c), (h, w) = dy.shape, input_size
    if not covers_both((n, h, w, c), (down, across)):
        return NotImplemented
    dx = array_module(dy).empty((n, h, w, c), dy.dtype)
    arguments = (*map(contiguous, arrays), dx, n, c, h, w, down, across, *options(size, strides, pads))
    module("pooling", dy.dtype).launch(kernel, *layout(n * h, w * c), arguments)
    return dx


def covers_both(images: tuple[int, int, int, int], windows: Pair) -> bool:
    """Whether there are images with windows, and the kernels can number the pixels of both."""
    n, h, w, c = images
    return min(windows) >= 1 and covers(n * h, w * c) and covers(n * windows[0], windows[1] * c)


def options(size: Pair, strides: Pair, pads: Pads) -> tuple[int, ...]:
    """The sizes of the windows as the kernels take them."""
    return (*size, *strides, pads[0][0], pads[1][0])
