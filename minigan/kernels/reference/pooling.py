"""Maximum and average over windows, and where their gradients go."""

from minigan.backend import Array, array_module
from minigan.kernels.reference.padding import Pads, Pair, pad
from minigan.kernels.reference.windows import scatter, windows

__all__ = ["average_pool", "average_pool_grad", "max_pool", "max_pool_grad", "max_pool_tangent"]


def max_pool(x: Array, size: Pair, strides: Pair, pads: Pads) -> tuple[Array, Array]:
    """The largest value of each window, and its place in the window: the first, where several are equal.

    Shapes: x (N, H, W, C), y and places (N, OH, OW, C); places count the window's pixels row by row.
    """
    flat = flat_windows(x, size, strides, pads, -float("inf"))
    places = flat.argmax(axis=3)
    return flat.max(axis=3), places


def max_pool_tangent(x_dot: Array, places: Array, size: Pair, strides: Pair, pads: Pads) -> Array:
    """From each window of x_dot the pixel at the place of the largest value in x."""
    flat = flat_windows(x_dot, size, strides, pads)
    return array_module(x_dot).take_along_axis(flat, places[:, :, :, None], axis=3)[:, :, :, 0]


def flat_windows(x: Array, size: Pair, strides: Pair, pads: Pads, padding: float = 0.0) -> Array:
    """The windows of `x`, padded with a value, with their pixels row by row: (N, OH, OW, KH*KW, C)."""
    view = windows(pad(x, pads, padding), size, strides)
    n, oh, ow, kh, kw, c = view.shape
    return view.reshape(n, oh, ow, kh * kw, c)


def max_pool_grad(dy: Array, places: Array, input_size: Pair, size: Pair, strides: Pair, pads: Pads) -> Array:
    """Each window's dy is added to the pixel that was its largest."""
    taps = (dy * (places == tap) for tap in range(size[0] * size[1]))
    return scatter(taps, input_size, size, strides, pads)


def average_pool(x: Array, size: Pair, strides: Pair, pads: Pads) -> Array:
    """The mean of each window; padding is not counted. Shapes as in `max_pool`."""
    sums = windows(pad(x, pads), size, strides).sum(axis=(3, 4))
    return sums / pixels(x, x.shape[1:3], size, strides, pads)


def average_pool_grad(dy: Array, input_size: Pair, size: Pair, strides: Pair, pads: Pads) -> Array:
    """Each window's dy is divided equally among its pixels."""
    part = dy / pixels(dy, input_size, size, strides, pads)
    return scatter([part] * (size[0] * size[1]), input_size, size, strides, pads)


def pixels(like: Array, input_size: Pair, size: Pair, strides: Pair, pads: Pads) -> Array:
    """The number of pixels of each window that are inside the image: (1, OH, OW, 1), in the dtype of `like`."""
    inside = array_module(like).ones((1, *input_size, 1), like.dtype)
    return windows(pad(inside, pads), size, strides).sum(axis=(3, 4))
