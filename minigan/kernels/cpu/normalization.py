"""Normalisation over slabs: moments, sums over channels, BatchNorm and LayerNorm.

Mean and variance come from one visit: each slab has its own mean and its own sum of squares around it, and two such
pairs are combined exactly (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
variances", 1979). ``E[x^2] - E[x]^2`` loses digits where the mean is large compared with the deviation; it is used only
where it does not.

The other formulas are those of `minigan.kernels.reference.normalization`. Over the batch one vector is combined with
many rows: neighbouring rows are joined to long ones (`minigan.kernels.cpu.parallel.broadcast`). Over the channels each
position is independent of the others, and the definition runs slab by slab.
"""

import numpy as np

from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.broadcast import row_dot, row_sum, tile_row
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import bytes_each, split, split_coarse
from minigan.kernels.reference import normalization as definitions

__all__ = [
    "batch_norm",
    "batch_norm_grad",
    "batch_norm_tangent_grad",
    "channel_sum",
    "group_norm",
    "group_norm_grad",
    "layer_norm",
    "layer_norm_grad",
    "layer_norm_tangent_grad",
    "moments",
]

#: The moments of this number of slabs are computed before another thread has started.
SHORT = 2


def slabs_of(x: np.ndarray) -> tuple[slice, ...]:
    """Slabs for x and for twice as many numbers that are computed from it."""
    return split_coarse(len(x), 3 * bytes_each(x))


def is_near(mean: np.ndarray, square: np.ndarray) -> bool:
    """Whether the variance ``square - mean^2`` loses no more than two bits, for all channels."""
    return bool((4 * mean * mean <= 3 * square).all())


def centred(x: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """``x - mean`` of a slab, in scratch memory."""
    long = tile_row(mean, x.shape[1:])
    rows = scratch("normalization", (x.size // long.size, long.size), x.dtype)
    return np.subtract(x.reshape(rows.shape), long, out=rows).reshape(x.shape)


def moments_of(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of a slab, and the sum of ``(x - mean)^2``."""
    count = x.dtype.type(x.size // x.shape[-1])
    mean, square = row_sum(x) / count, row_dot(x, x)
    if is_near(mean, square / count):
        return mean, square - count * mean * mean
    rest = centred(x, mean)
    # A large mean is rounded: the error is the mean of the differences.
    left = row_sum(rest) / count
    return mean.astype(np.float64) + left, row_dot(rest, rest) - count * left * left


def moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.moments`."""
    if not x.size:
        return NotImplemented
    x = memory_pool.contiguous(x)
    slabs = slabs_of(x) if len(split(len(x), bytes_each(x))) > SHORT else (slice(0, len(x)),)
    c = x.shape[-1]
    means, squares = np.empty((2, len(slabs), c))
    counts = np.array([(slab.stop - slab.start) * (x[0].size // c) for slab in slabs])

    def work(number: int) -> None:
        means[number], squares[number] = moments_of(x[slabs[number]])

    parallel_for(work, len(slabs))
    # There are few slabs: combining their numbers in float64 takes no time.
    weights = (counts / counts.sum())[:, None]
    mean = (weights * means).sum(axis=0)
    variance = (weights * (means - mean) ** 2).sum(axis=0) + squares.sum(axis=0) / counts.sum()
    return mean.astype(x.dtype), variance.astype(x.dtype)


def channel_sum(x: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.normalization.channel_sum`."""
    if x.ndim < 2 or not x.size:
        return NotImplemented
    x = memory_pool.contiguous(x)
    slabs = split_coarse(len(x), x[0].nbytes)

    return OrderedSum(slabs, (x.shape[-1:],), x.dtype).compute(lambda slab, total: row_sum(x[slab], total))[0]


def batch_norm(x: np.ndarray, mean: np.ndarray, variance: np.ndarray, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.batch_norm`."""
    if not x.size or not x.dtype == mean.dtype == variance.dtype:
        return NotImplemented
    x = memory_pool.contiguous(x)
    inverse_std = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    long_mean, long_inverse = (tile_row(row, x.shape[1:]) for row in (mean, inverse_std))
    x_hat = memory_pool.empty(x.shape, x.dtype)
    slabs = split_coarse(len(x), 2 * x[0].nbytes)

    def work(number: int) -> None:
        rows = x_hat[slabs[number]].reshape(-1, long_mean.size)
        np.subtract(x[slabs[number]].reshape(rows.shape), long_mean, out=rows)
        rows *= long_inverse

    parallel_for(work, len(slabs))
    return x_hat, inverse_std


def batch_norm_grad(dx_hat: np.ndarray, x_hat: np.ndarray, inverse_std: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.normalization.batch_norm_grad`."""
    if not x_hat.size or not (dx_hat.dtype == x_hat.dtype == inverse_std.dtype and dx_hat.shape == x_hat.shape):
        return NotImplemented
    g, x_hat = map(memory_pool.contiguous, (dx_hat, x_hat))
    c = g.shape[-1]
    slabs = split_coarse(len(g), 3 * g[0].nbytes)

    def sums(slab: slice, of_g: np.ndarray, of_product: np.ndarray) -> None:
        row_sum(g[slab], of_g)
        row_dot(g[slab], x_hat[slab], of_product)

    totals = OrderedSum(slabs, ((c,), (c,)), g.dtype).compute(sums)
    means = (total / g.dtype.type(g.size // c) for total in totals)
    long_mean, long_slope, long_inverse = (tile_row(row, g.shape[1:]) for row in (*means, inverse_std))
    dx = memory_pool.empty(g.shape, g.dtype)

    def input_grad(number: int) -> None:
        rows = dx[slabs[number]].reshape(-1, long_mean.size)
        through_variance = scratch("normalization", rows.shape, g.dtype)
        np.subtract(g[slabs[number]].reshape(rows.shape), long_mean, out=rows)
        rows -= np.multiply(x_hat[slabs[number]].reshape(rows.shape), long_slope, out=through_variance)
        rows *= long_inverse

    parallel_for(input_grad, len(slabs))
    return dx


def batch_norm_tangent_grad(
    dx_hat: np.ndarray,
    dx_hat_dot: np.ndarray,
    x_dot: np.ndarray,
    x_hat: np.ndarray,
    x_hat_dot: np.ndarray,
    inverse_std: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.batch_norm_tangent_grad`.

    It uses `batch_norm_grad`, as the definition does: without dx_hat_dot the result has the same bits.
    """
    arrays = dx_hat, dx_hat_dot, x_dot, x_hat, x_hat_dot
    if not x_hat.size or any(a.shape != x_hat.shape or a.dtype != inverse_std.dtype for a in arrays):
        return NotImplemented
    g, g_dot, x_dot, x_hat, x_hat_dot = map(memory_pool.contiguous, arrays)
    c = g.shape[-1]
    slabs = split_coarse(len(g), 3 * g[0].nbytes)

    def sums(slab: slice, *totals: np.ndarray) -> None:
        for total, a, b in zip(totals, (x_hat, x_hat, g_dot), (x_dot, g_dot, x_hat_dot)):
            row_dot(a[slab], b[slab], total)

    totals = OrderedSum(slabs, ((c,), (c,), (c,)), g.dtype).compute(sums)
    factors = (-inverse_std * total / g.dtype.type(g.size // c) for total in totals)
    of_g_dot, of_x_dot, of_x_hat = (tile_row(row, g.shape[1:]) for row in factors)

    def add_product(a: np.ndarray, factor: np.ndarray, rows: np.ndarray) -> None:
        product = scratch("normalization", rows.shape, rows.dtype)
        rows += np.multiply(a.reshape(rows.shape), factor, out=product)

    through_both = memory_pool.empty(g.shape, g.dtype)

    def through_x_hat(number: int) -> None:
        slab = slabs[number]
        through_both[slab] = g[slab]
        rows = through_both[slab].reshape(-1, of_g_dot.size)
        add_product(g_dot[slab], of_g_dot, rows)
        add_product(x_dot[slab], of_x_dot, rows)

    parallel_for(through_x_hat, len(slabs))
    dx = batch_norm_grad(through_both, x_hat, inverse_std)

    def through_inverse_std(number: int) -> None:
        add_product(x_hat[slabs[number]], of_x_hat, dx[slabs[number]].reshape(-1, of_x_hat.size))

    parallel_for(through_inverse_std, len(slabs))
    return dx, batch_norm_grad(g_dot, x_hat, inverse_std)


def layer_norm(x: np.ndarray, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.layer_norm`."""
    if x.ndim < 2 or not x.size:
        return NotImplemented
    x_hat, inverse_std = memory_pool.empty(x.shape, x.dtype), memory_pool.empty((*x.shape[:-1], 1), x.dtype)
    slabs = split_coarse(len(x), 4 * x[0].nbytes)

    def work(number: int) -> None:
        slab = slabs[number]
        x_hat[slab], inverse_std[slab] = definitions.layer_norm(x[slab], epsilon)

    parallel_for(work, len(slabs))
    return x_hat, inverse_std


def layer_norm_grad(dx_hat: np.ndarray, x_hat: np.ndarray, inverse_std: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.normalization.layer_norm_grad`."""
    if x_hat.ndim < 2 or not x_hat.size or not dx_hat.dtype == x_hat.dtype == inverse_std.dtype:
        return NotImplemented
    dx = memory_pool.empty(x_hat.shape, x_hat.dtype)
    slabs = split_coarse(len(dx), 4 * dx[0].nbytes)

    def work(number: int) -> None:
        slab = slabs[number]
        dx[slab] = definitions.layer_norm_grad(dx_hat[slab], x_hat[slab], inverse_std[slab])

    parallel_for(work, len(slabs))
    return dx


def layer_norm_tangent_grad(
    dx_hat: np.ndarray,
    dx_hat_dot: np.ndarray,
    x_dot: np.ndarray,
    x_hat: np.ndarray,
    x_hat_dot: np.ndarray,
    inverse_std: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.layer_norm_tangent_grad`."""
    arrays = dx_hat, dx_hat_dot, x_dot, x_hat, x_hat_dot, inverse_std
    if x_hat.ndim < 2 or not x_hat.size or any(array.shape != x_hat.shape for array in arrays[:-1]):
        return NotImplemented
    dx, dx_dot = (memory_pool.empty(x_hat.shape, x_hat.dtype) for _ in range(2))
    slabs = split_coarse(len(dx), 8 * dx[0].nbytes)

    def work(number: int) -> None:
        slab = slabs[number]
        dx[slab], dx_dot[slab] = definitions.layer_norm_tangent_grad(*(array[slab] for array in arrays))

    parallel_for(work, len(slabs))
    return dx, dx_dot


def group_norm(x: np.ndarray, groups: int, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.group_norm`."""
    if x.ndim < 2 or not x.size:
        return NotImplemented
    x_hat, inverse_std = memory_pool.empty(x.shape, x.dtype), memory_pool.empty((len(x), 1, x.shape[-1]), x.dtype)
    slabs = split_coarse(len(x), 4 * x[0].nbytes)

    def work(number: int) -> None:
        slab = slabs[number]
        x_hat[slab], inverse_std[slab] = definitions.group_norm(x[slab], groups, epsilon)

    parallel_for(work, len(slabs))
    return x_hat, inverse_std


def group_norm_grad(dx_hat: np.ndarray, x_hat: np.ndarray, inverse_std: np.ndarray, groups: int) -> np.ndarray:
    """The twin of `minigan.kernels.reference.normalization.group_norm_grad`."""
    if x_hat.ndim < 2 or not x_hat.size or not dx_hat.dtype == x_hat.dtype == inverse_std.dtype:
        return NotImplemented
    dx = memory_pool.empty(x_hat.shape, x_hat.dtype)
    slabs = split_coarse(len(dx), 4 * dx[0].nbytes)

    def work(number: int) -> None:
        slab = slabs[number]
        dx[slab] = definitions.group_norm_grad(dx_hat[slab], x_hat[slab], inverse_std[slab], groups)

    parallel_for(work, len(slabs))
    return dx
