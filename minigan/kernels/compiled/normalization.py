"""Normalisation: moments, sums over channels, BatchNorm, LayerNorm and GroupNormalization.

Mean and variance come from one visit of x, around a number p near the mean:

    mean = p + S / M,  variance = Q / M - (S / M)^2,  with S = sum (x - p) and Q = sum (x - p)^2 over M rows.

With p = 0 this would lose digits where the mean is large compared with the deviation. p is the mean of a few rows.
"""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.compiled.normalize_activate import NOTHING, normalize, normalize_grads
from minigan.kernels.compiled.row_sums import BLOCK, add_part, fold, matrix, repeat, slabs_of
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch

__all__ = [
    "batch_norm",
    "batch_norm_grad",
    "channel_sum",
    "layer_norm",
    "layer_norm_grad",
    "layer_norm_tangent_grad",
    "moments",
]

#: About how many rows tell where the mean is.
PILOTS = 16


@compiled
def sum_rows(x: np.ndarray, part: np.ndarray, sums: np.ndarray) -> None:
    """``sums[0] <- sum x`` over the rows."""
    part[:] = 0
    sums[:] = 0
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            part[0, k] += x[i, k]
        if i % BLOCK == BLOCK - 1:
            add_part(part, sums)
    add_part(part, sums)


@compiled
def sum_differences(x: np.ndarray, near: np.ndarray, part: np.ndarray, sums: np.ndarray) -> None:
    """``sums <- (sum (x - p), sum (x - p)^2)`` over the rows."""
    part[:] = 0
    sums[:] = 0
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            difference = x[i, k] - near[k]
            part[0, k] += difference
            part[1, k] += difference * difference
        if i % BLOCK == BLOCK - 1:
            add_part(part, sums)
    add_part(part, sums)


def near_mean(positions: np.ndarray) -> np.ndarray:
    """The mean of a few positions from everywhere; 0 where that is no number."""
    few = positions[:: -(-len(positions) // PILOTS)]
    mean = np.add.reduce(few, axis=0) / positions.dtype.type(len(few))
    mean[~np.isfinite(mean)] = 0
    return mean


def moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.moments`."""
    if not x.size:
        return NotImplemented
    rows, channels, count = matrix(x), x.shape[-1], x.size // x.shape[-1]
    near = near_mean(rows.reshape(-1, channels))
    near_rows, shape = repeat(near, rows), (2, rows.shape[1])

    def sum_slab(slab: slice, sums: np.ndarray) -> None:
        sum_differences(rows[slab], near_rows, scratch("rows", shape, x.dtype), sums)

    sums = OrderedSum(slabs_of(rows), (shape,), np.dtype(np.float64)).compute(sum_slab)[0]
    rest, square = fold(sums, channels) / count
    return (near + rest).astype(x.dtype), (square - rest * rest).astype(x.dtype)


def channel_sum(x: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.normalization.channel_sum`."""
    if x.ndim < 2 or not x.size:
        return NotImplemented
    rows = matrix(x)
    shape = (1, rows.shape[1])

    def sum_slab(slab: slice, sums: np.ndarray) -> None:
        sum_rows(rows[slab], scratch("rows", shape, x.dtype), sums)

    sums = OrderedSum(slabs_of(rows), (shape,), x.dtype).compute(sum_slab)[0]
    return fold(sums, x.shape[-1])[0]


def batch_norm(x: np.ndarray, mean: np.ndarray, variance: np.ndarray, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.batch_norm`."""
    if not x.size:
        return NotImplemented
    inverse_std = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    return normalize(x, mean, inverse_std, np.zeros_like(mean), NOTHING), inverse_std


def batch_norm_grad(dx_hat: np.ndarray, x_hat: np.ndarray, inverse_std: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.normalization.batch_norm_grad`."""
    if not x_hat.size or dx_hat.shape != x_hat.shape:
        return NotImplemented
    # As the gradient through a normalisation of x_hat by mean 0 and deviation 1, with 1 / std as its gamma.
    mean, deviation = np.zeros_like(inverse_std), np.ones_like(inverse_std)
    return normalize_grads(dx_hat, x_hat, NOTHING, x_hat, mean, deviation, inverse_std, True)[0]


# Over the channels


@compiled(reassociate=True)
def normalize_positions(x: np.ndarray, epsilon: float, x_hat: np.ndarray, inverse_std: np.ndarray) -> None:
    """``x_hat <- (x - mean) / sqrt(variance + epsilon)``, row by row."""
    number, channels = x.dtype.type, x.shape[1]
    for i in range(x.shape[0]):
        total = number(0)
        for k in range(channels):
            total += x[i, k]
        mean = number(total / channels)
        square = number(0)
        for k in range(channels):
            square += (x[i, k] - mean) * (x[i, k] - mean)
        inverse = number(1 / np.sqrt(number(square / channels) + epsilon))
        for k in range(channels):
            x_hat[i, k] = (x[i, k] - mean) * inverse
        inverse_std[i] = inverse


@compiled(reassociate=True)
def position_gradients(g: np.ndarray, x_hat: np.ndarray, inverse_std: np.ndarray, dx: np.ndarray) -> None:
    """``dx <- (g - mean(g) - x_hat mean(g x_hat)) / std``, row by row."""
    number, channels = g.dtype.type, g.shape[1]
    for i in range(g.shape[0]):
        of_g, of_product = number(0), number(0)
        for k in range(channels):
            of_g += g[i, k]
            of_product += g[i, k] * x_hat[i, k]
        mean, slope = number(of_g / channels), number(of_product / channels)
        for k in range(channels):
            dx[i, k] = (g[i, k] - mean - x_hat[i, k] * slope) * inverse_std[i]


@compiled(reassociate=True)
def position_tangent_gradients(
    g: np.ndarray,
    g_dot: np.ndarray,
    x_dot: np.ndarray,
    x_hat: np.ndarray,
    x_hat_dot: np.ndarray,
    inverse_std: np.ndarray,
    dx: np.ndarray,
    dx_dot: np.ndarray,
) -> None:
    """``normalize_tangent_grad`` of the definitions, row by row; through both x_hat there comes e."""
    number, channels = g.dtype.type, g.shape[1]
    for i in range(g.shape[0]):
        r = inverse_std[i]
        of_x_dot, of_g_dot, of_both, mean_dot = number(0), number(0), number(0), number(0)
        for k in range(channels):
            of_x_dot += x_hat[i, k] * x_dot[i, k]
            of_g_dot += x_hat[i, k] * g_dot[i, k]
            of_both += g_dot[i, k] * x_hat_dot[i, k]
            mean_dot += g_dot[i, k]
        of_x_dot, of_g_dot = number(of_x_dot / channels), number(of_g_dot / channels)
        of_both, mean_dot = number(of_both / channels), number(mean_dot / channels)
        mean, slope = number(0), number(0)
        for k in range(channels):
            e = g[i, k] - r * (g_dot[i, k] * of_x_dot + x_dot[i, k] * of_g_dot)
            dx[i, k] = e
            mean += e
            slope += e * x_hat[i, k]
        mean, slope = number(mean / channels), number(slope / channels) + of_both
        for k in range(channels):
            dx[i, k] = (dx[i, k] - mean - x_hat[i, k] * slope) * r
            dx_dot[i, k] = (g_dot[i, k] - mean_dot - x_hat[i, k] * of_g_dot) * r


def positions_of(x: np.ndarray) -> np.ndarray:
    """A row for each position, a column for each channel."""
    return memory_pool.contiguous(x).reshape(-1, x.shape[-1])


def layer_norm(x: np.ndarray, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.layer_norm`."""
    if x.ndim < 2 or not x.size:
        return NotImplemented
    x_hat, inverse_std = memory_pool.empty(x.shape, x.dtype), memory_pool.empty((*x.shape[:-1], 1), x.dtype)
    x_rows, hat_rows, inverses = positions_of(x), positions_of(x_hat), inverse_std.reshape(-1)
    slabs, number = slabs_of(x_rows), x.dtype.type(epsilon)

    def work(index: int) -> None:
        slab = slabs[index]
        normalize_positions(x_rows[slab], number, hat_rows[slab], inverses[slab])

    parallel_for(work, len(slabs))
    return x_hat, inverse_std


def layer_norm_grad(dx_hat: np.ndarray, x_hat: np.ndarray, inverse_std: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.normalization.layer_norm_grad`."""
    if x_hat.ndim < 2 or not x_hat.size or dx_hat.shape != x_hat.shape:
        return NotImplemented
    dx = memory_pool.empty(x_hat.shape, x_hat.dtype)
    g_rows, hat_rows, dx_rows = map(positions_of, (dx_hat, x_hat, dx))
    inverses, slabs = memory_pool.contiguous(inverse_std).reshape(-1), slabs_of(hat_rows)

    def work(number: int) -> None:
        slab = slabs[number]
        position_gradients(g_rows[slab], hat_rows[slab], inverses[slab], dx_rows[slab])

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
    arrays = dx_hat, dx_hat_dot, x_dot, x_hat, x_hat_dot
    if x_hat.ndim < 2 or not x_hat.size or any(array.shape != x_hat.shape for array in arrays):
        return NotImplemented
    dx, dx_dot = (memory_pool.empty(x_hat.shape, x_hat.dtype) for _ in range(2))
    rows, (dx_rows, dx_dot_rows) = [positions_of(array) for array in arrays], map(positions_of, (dx, dx_dot))
    inverses, slabs = memory_pool.contiguous(inverse_std).reshape(-1), slabs_of(dx_rows)

    def work(number: int) -> None:
        slab = slabs[number]
        given = (array[slab] for array in rows)
        position_tangent_gradients(*given, inverses[slab], dx_rows[slab], dx_dot_rows[slab])

    parallel_for(work, len(slabs))
    return dx, dx_dot
