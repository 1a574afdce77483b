"""Windows over images: what convolution and pooling share."""

from collections.abc import Iterable

from minigan.backend import Array, array_module
from minigan.kernels.reference.padding import Pads, Pair, crop

__all__ = ["output_size", "scatter", "windows"]


def output_size(size: int, kernel: int, stride: int, pads: Pair) -> int:
    """The number of windows of `kernel` pixels, `stride` apart, in `size` pixels with `pads` around them."""
    return (size + sum(pads) - kernel) // stride + 1


def windows(x: Array, size: Pair, strides: Pair) -> Array:
    """All windows of `x` (N, H, W, C) as a view (N, OH, OW, KH, KW, C): no pixel is copied."""
    everywhere = array_module(x).lib.stride_tricks.sliding_window_view(x, size, axis=(1, 2))
    return everywhere[:, :: strides[0], :: strides[1]].transpose(0, 1, 2, 4, 5, 3)


def scatter(taps: Iterable[Array], image: Pair, size: Pair, strides: Pair, pads: Pads) -> Array:
    """The adjoint of `windows`: every pixel (N, H, W, C) is the sum of the values from all windows that it is in.

    `taps` yields, for each place in a window, row by row, the values of all windows for that place: (N, OH, OW, C).
    The padding is cropped.
    """
    dx = None
    for tap, part in enumerate(taps):
        if dx is None:
            padded = [extent + sum(around) for extent, around in zip(image, pads)]
            dx = array_module(part).zeros((part.shape[0], *padded, part.shape[3]), part.dtype)
        i, j = divmod(tap, size[1])
        rows = slice(i, i + (part.shape[1] - 1) * strides[0] + 1, strides[0])
        cols = slice(j, j + (part.shape[2] - 1) * strides[1] + 1, strides[1])
        dx[:, rows, cols] += part
    return crop(dx, pads)
