"""Upsampling by whole factors: by repetition, and by bilinear interpolation."""

from minigan.backend import Array, array_module
from minigan.kernels.reference.padding import Pair

__all__ = [
    "upsample_bilinear",
    "upsample_bilinear_grad",
    "upsample_nearest",
    "upsample_nearest_grad",
]


def upsample_nearest(x: Array, size: Pair) -> Array:
    """Repeat every row ``size[0]`` and every column ``size[1]`` times: (N, H, W, C) to (N, H*s, W*s, C)."""
    return x.repeat(size[0], axis=1).repeat(size[1], axis=2)


def upsample_nearest_grad(dy: Array, size: Pair) -> Array:
    """A pixel was copied into a block: its gradient is the sum over the block."""
    n, h, w, c = dy.shape
    return dy.reshape(n, h // size[0], size[0], w // size[1], size[1], c).sum(axis=(2, 4))


def upsample_bilinear(x: Array, size: Pair) -> Array:
    """``y = R x Q^T`` with the interpolation matrices R of the rows and Q of the columns."""
    rows, cols = (interpolation(x, extent, s) for extent, s in zip(x.shape[1:3], size))
    return separable(x, rows, cols)


def upsample_bilinear_grad(dy: Array, size: Pair) -> Array:
    """``dx = R^T dy Q``: the transposed matrices."""
    rows, cols = (interpolation(dy, extent // s, s) for extent, s in zip(dy.shape[1:3], size))
    return separable(dy, rows.T, cols.T)


def separable(x: Array, rows: Array, cols: Array) -> Array:
    """Apply `rows` to the rows and `cols` to the columns of every channel."""
    n, h, w, c = x.shape
    x = (rows @ x.reshape(n, h, w * c)).reshape(n, len(rows), w, c)
    return cols @ x


def interpolation(like: Array, extent: int, factor: int) -> Array:
    """The matrix (extent*factor, extent) of linear interpolation with half-pixel centres.

    Output pixel p is at ``(p + 1/2) / factor - 1/2`` in input pixels; beyond the outermost centres the outermost
    pixel is used.
    """
    xp = array_module(like)
    centres = ((xp.arange(extent * factor) + 0.5) / factor - 0.5).clip(0, extent - 1)
    # A hat of height 1 and half-width 1 around every input pixel.
    distance = abs(centres[:, None] - xp.arange(extent)[None, :])
    return (1 - distance).clip(0, 1).astype(like.dtype)
