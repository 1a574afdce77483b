"""Windows over images: what convolution and pooling share."""

from collections.abc import Iterable

from minigan.backend import Array, array_module
from minigan.kernels.reference.padding import Pads, Pair, crop

__all__ = ["DENSE", "output_size", "scatter", "span", "windows"]


#: Windows whose pixels are neighbours.
DENSE = (1, 1)


def span(kernel: int, dilation: int) -> int:
    """From the first to the last of `kernel` pixels that are `dilation` apart, both included."""
    return (kernel - 1) * dilation + 1


def output_size(size: int, kernel: int, stride: int, pads: Pair, dilation: int = 1) -> int:
    """The number of windows of `kernel` pixels, `stride` apart, in `size` pixels with `pads` around them."""
    return (size + sum(pads) - span(kernel, dilation)) // stride + 1


def windows(x: Array, size: Pair, strides: Pair, dilation: Pair = DENSE) -> Array:
    """All windows of `x` (N, H, W, C) as a view (N, OH, OW, KH, KW, C): no pixel is copied."""
    spans = tuple(map(span, size, dilation))
    everywhere = array_module(x).lib.stride_tricks.sliding_window_view(x, spans, axis=(1, 2))
    view = everywhere[:, :: strides[0], :: strides[1], :, :: dilation[0], :: dilation[1]]
    return view.transpose(0, 1, 2, 4, 5, 3)


def scatter(taps: Iterable[Array], image: Pair, size: Pair, strides: Pair, pads: Pads, dilation: Pair = DENSE) -> Array:
    """The adjoint of `windows`: every pixel (N, H, W, C) is the sum of the values from all windows that it is in.

    `taps` yields, for each place in a window, row by row, the values of all windows for that place: (N, OH, OW, C).
    The padding is cropped.
    """
    dx = None
    for tap, part in enumerate(taps):
        if dx is None:
            padded = [extent + sum(around) for extent, around in zip(image, pads)]
            dx = array_module(part).zeros((part.shape[0], *padded, part.shape[3]), part.dtype)
        i, j = (place * apart for place, apart in zip(divmod(tap, size[1]), dilation))
        rows = slice(i, i + (part.shape[1] - 1) * strides[0] + 1, strides[0])
        cols = slice(j, j + (part.shape[2] - 1) * strides[1] + 1, strides[1])
        dx[:, rows, cols] += part
    return crop(dx, pads)
