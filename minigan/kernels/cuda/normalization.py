"""Normalisation, over the batch and over the channels: launches ``normalization.cu``.

A sum over the batch takes two launches: one computes the sums over parts of the rows, one adds them up. The parts
depend on the array's shape alone, so that the result has the same bits on every card and in every run.
"""

from minigan.backend import Array, array_module
from minigan.kernels.cuda.compiler import Module, contiguous, fits, module
from minigan.kernels.cuda.rows import columns_along, covers, layout, matrix

__all__ = [
    "batch_norm",
    "batch_norm_grad",
    "channel_sum",
    "layer_norm",
    "layer_norm_grad",
    "moments",
]

#: The fewest rows that a thread adds up: a sum over few rows needs few parts.
EACH = 8

#: The most threads that share the channels of a position.
TEAM = 256


def covered(*arrays: Array) -> bool:
    """Whether they are matrices of one shape, not empty, whose entries the kernels can number."""
    shape = arrays[0].shape
    if len(shape) < 2 or not arrays[0].size or any(array.shape != shape for array in arrays):
        return False
    return covers(*matrix(arrays[0]))


# Over the batch


def channel_sum(x: Array) -> Array:
    """The twin of `minigan.kernels.reference.normalization.channel_sum`."""
    if not covered(x):
        return NotImplemented
    x = contiguous(x)
    rows, channels = matrix(x)
    grid, block = layout(rows, channels, EACH)
    source = module("normalization", x.dtype)
    parts = array_module(x).empty((1, grid[1], channels), x.dtype)
    source.launch("channel_sum", grid, block, (x, parts, rows, channels))
    return join_sums(source, parts)[0]


def join_sums(source: Module, parts: Array) -> Array:
    """The sums over the middle axis."""
    sums, count, channels = parts.shape
    total = array_module(parts).empty((sums, channels), parts.dtype)
    (across, _), block = layout(count, channels)
    source.launch("join_sums", (across, sums), block, (parts, total, count, channels))
    return total


def moments(x: Array) -> tuple[Array, Array]:
    """The twin of `minigan.kernels.reference.normalization.moments`."""
    if not covered(x):
        return NotImplemented
    x = contiguous(x)
    rows, channels = matrix(x)
    grid, block = layout(rows, channels, EACH)
    source, xp = module("normalization", x.dtype), array_module(x)
    count = grid[1]
    means, squares = (xp.empty((count, channels), x.dtype) for _ in range(2))
    source.launch("channel_moments", grid, block, (x, means, squares, rows, channels))
    mean, variance = (xp.empty((channels,), x.dtype) for _ in range(2))
    (across, _), block = layout(count, channels)
    source.launch("join_moments", (across, 1), block, (x, means, squares, mean, variance, count, rows, channels))
    return mean, variance


def batch_norm(x: Array, mean: Array, variance: Array, epsilon: float) -> tuple[Array, Array]:
    """The twin of `minigan.kernels.reference.normalization.batch_norm`."""
    if not covered(x) or not mean.shape == variance.shape == x.shape[-1:]:
        return NotImplemented
    x, mean, variance = map(contiguous, (x, mean, variance))
    rows, channels = matrix(x)
    xp = array_module(x)
    x_hat, inverse_std = xp.empty(x.shape, x.dtype), xp.empty((channels,), x.dtype)
    arguments = (x, mean, variance, x_hat, inverse_std, float(epsilon), rows, channels)
    module("normalization", x.dtype).launch("batch_norm", *layout(rows, channels), arguments)
    return x_hat, inverse_std


def batch_norm_grad(dx_hat: Array, x_hat: Array, inverse_std: Array) -> Array:
    """The twin of `minigan.kernels.reference.normalization.batch_norm_grad`."""
    if not covered(dx_hat, x_hat) or inverse_std.shape != x_hat.shape[-1:]:
        return NotImplemented
    g, x_hat, inverse_std = map(contiguous, (dx_hat, x_hat, inverse_std))
    rows, channels = matrix(g)
    source, xp = module("normalization", g.dtype), array_module(g)
    grid, block = layout(rows, channels, EACH)
    parts = xp.empty((2, grid[1], channels), g.dtype)
    source.launch("batch_norm_grad_sums", grid, block, (g, x_hat, parts, rows, channels))
    sums, dx = join_sums(source, parts), xp.empty(g.shape, g.dtype)
    arguments = (g, x_hat, inverse_std, sums, dx, rows, channels)
    source.launch("batch_norm_grad", *layout(rows, channels), arguments)
    return dx


# Over the channels


def layer_norm(x: Array, epsilon: float) -> tuple[Array, Array]:
    """The twin of `minigan.kernels.reference.normalization.layer_norm`."""
    if not covers_positions(x):
        return NotImplemented
    x = contiguous(x)
    xp = array_module(x)
    x_hat, inverse_std = xp.empty(x.shape, x.dtype), xp.empty((*x.shape[:-1], 1), x.dtype)
    positions, channels = matrix(x)
    arguments = (x, x_hat, inverse_std, float(epsilon), positions, channels)
    module("normalization", x.dtype).launch("layer_norm", *teams(positions, channels), arguments)
    return x_hat, inverse_std


def layer_norm_grad(dx_hat: Array, x_hat: Array, inverse_std: Array) -> Array:
    """The twin of `minigan.kernels.reference.normalization.layer_norm_grad`."""
    if not covers_positions(x_hat) or dx_hat.shape != x_hat.shape or inverse_std.shape != (*x_hat.shape[:-1], 1):
        return NotImplemented
    g, x_hat, inverse_std = map(contiguous, (dx_hat, x_hat, inverse_std))
    positions, channels = matrix(g)
    dx = array_module(g).empty(g.shape, g.dtype)
    arguments = (g, x_hat, inverse_std, dx, positions, channels)
    module("normalization", g.dtype).launch("layer_norm_grad", *teams(positions, channels), arguments)
    return dx


def covers_positions(x: Array) -> bool:
    """Whether x is not empty, and the kernels can number its entries."""
    return bool(x.ndim and x.size) and fits(x.size + TEAM * x.shape[-1])


def teams(positions: int, channels: int) -> tuple[tuple[int], tuple[int, int]]:
    """The grid and the block of kernels in which several threads share a position."""
    block = columns_along(channels, TEAM)
    return (-(-positions // block[1]),), block
