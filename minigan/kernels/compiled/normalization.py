"""Normalisation over slabs: moments, sums over channels, BatchNorm, LayerNorm and GroupNormalization.

Mean and variance come from one visit of x, around a number p near the mean:

    mean = p + S / M,  variance = Q / M - (S / M)^2,  with S = sum (x - p) and Q = sum (x - p)^2 over M rows.

With p = 0 this would lose digits where the mean is large compared with the deviation. p is the mean of a few rows.
"""

import numpy as np

from minigan.kernels.compiled.batch_norm_tangent import sum_tangents, tangent_gradients
from minigan.kernels.compiled.group_norm import group_gradients, normalize_groups
from minigan.kernels.compiled.layer_norm import normalize_positions, position_gradients, position_tangent_gradients
from minigan.kernels.compiled.normalize_activate import NOTHING, normalize, normalize_grads
from minigan.kernels.compiled.row_sums import alike, fold, matrix, repeat, slabs_of, sum_differences, sum_rows
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch

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

#: About how many rows tell where the mean is.
PILOTS = 16


def near_mean(positions: np.ndarray) -> np.ndarray:
    """The mean of a few positions from everywhere; 0 where that is no number."""
    few = positions[:: -(-len(positions) // PILOTS)]
    mean = np.add.reduce(few, axis=0) / positions.dtype.type(len(few))
    mean[~np.isfinite(mean)] = 0
    return mean


def moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.moments`."""
    if not alike((x,)):
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
    if not alike((x,)):
        return NotImplemented
    rows = matrix(x)
    shape = (1, rows.shape[1])

    def sum_slab(slab: slice, sums: np.ndarray) -> None:
        sum_rows(rows[slab], scratch("rows", shape, x.dtype), sums)

    sums = OrderedSum(slabs_of(rows), (shape,), x.dtype).compute(sum_slab)[0]
    return fold(sums, x.shape[-1])[0]


def batch_norm(x: np.ndarray, mean: np.ndarray, variance: np.ndarray, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.batch_norm`."""
    if not alike((x,), (mean, variance)):
        return NotImplemented
    inverse_std = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    return normalize(x, mean, inverse_std, np.zeros_like(mean), NOTHING), inverse_std


def batch_norm_grad(dx_hat: np.ndarray, x_hat: np.ndarray, inverse_std: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.normalization.batch_norm_grad`."""
    if not alike((dx_hat, x_hat), (inverse_std,)):
        return NotImplemented
    # As the gradient through a normalisation of x_hat by mean 0 and deviation 1, with 1 / std as its gamma.
    mean, deviation = np.zeros_like(inverse_std), np.ones_like(inverse_std)
    return normalize_grads(dx_hat, x_hat, NOTHING, x_hat, mean, deviation, inverse_std, True)[0]


def batch_norm_tangent_grad(
    dx_hat: np.ndarray,
    dx_hat_dot: np.ndarray,
    x_dot: np.ndarray,
    x_hat: np.ndarray,
    x_hat_dot: np.ndarray,
    inverse_std: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.batch_norm_tangent_grad`."""
    arrays = dx_hat, dx_hat_dot, x_dot, x_hat, x_hat_dot
    if not alike(arrays, (inverse_std,)):
        return NotImplemented
    dx, dx_dot = (memory_pool.empty(x_hat.shape, x_hat.dtype) for _ in range(2))
    rows, (dx_rows, dx_dot_rows) = [matrix(array) for array in arrays], map(matrix, (dx, dx_dot))
    slabs, shape = slabs_of(dx_rows), (7, dx_rows.shape[1])

    def sum_slab(slab: slice, sums: np.ndarray) -> None:
        sum_tangents(*(array[slab] for array in rows), scratch("tangent rows", shape, x_hat.dtype), sums)

    sums = fold(OrderedSum(slabs, (shape,), x_hat.dtype).compute(sum_slab)[0], x_hat.shape[-1])
    of_g, of_g_dot, of_x_dot, by_g, by_g_dot, by_x_dot, both = sums / x_hat.dtype.type(x_hat.size // x_hat.shape[-1])
    r_a, r_b = inverse_std * by_x_dot, inverse_std * by_g_dot
    mean, slope = of_g - (of_g_dot * r_a + of_x_dot * r_b), by_g - 2 * r_a * by_g_dot + both
    factors = repeat(np.stack((inverse_std, r_a, r_b, mean, slope, of_g_dot, by_g_dot)), dx_rows)

    def work(number: int) -> None:
        slab = slabs[number]
        tangent_gradients(*(array[slab] for array in rows[:4]), factors, dx_rows[slab], dx_dot_rows[slab])

    parallel_for(work, len(slabs))
    return dx, dx_dot


def positions_of(x: np.ndarray) -> np.ndarray:
    """A row for each position, a column for each channel."""
    return memory_pool.contiguous(x).reshape(-1, x.shape[-1])


def layer_norm(x: np.ndarray, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.layer_norm`."""
    if not alike((x,)):
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
    if not alike((dx_hat, x_hat)) or inverse_std.shape != (*x_hat.shape[:-1], 1):
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
    if not alike(arrays) or inverse_std.shape != (*x_hat.shape[:-1], 1):
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


def places_of(x: np.ndarray) -> np.ndarray:
    """(N, ..., C) as (N, places, C)."""
    return memory_pool.contiguous(x).reshape(len(x), -1, x.shape[-1])


def group_norm(x: np.ndarray, groups: int, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.group_norm`."""
    if not alike((x,)) or x.shape[-1] % groups:
        return NotImplemented
    channels, number = x.shape[-1], x.dtype.type
    x_hat, inverse_std = memory_pool.empty(x.shape, x.dtype), memory_pool.empty((len(x), 1, channels), x.dtype)
    examples, hats = places_of(x), places_of(x_hat)
    zeros, slabs = np.zeros(channels, x.dtype), slabs_of(examples)

    def work(index: int) -> None:
        slab = slabs[index]
        part, sums = scratch("rows", (2, channels), x.dtype), scratch("sums", (2, channels), np.dtype(np.float64))
        mean = scratch("mean", (channels,), x.dtype)
        given = examples[slab], groups, number(epsilon), part, sums, mean, zeros
        normalize_groups(*given, hats[slab], inverse_std[slab, 0])

    parallel_for(work, len(slabs))
    return x_hat, inverse_std


def group_norm_grad(dx_hat: np.ndarray, x_hat: np.ndarray, inverse_std: np.ndarray, groups: int) -> np.ndarray:
    """The twin of `minigan.kernels.reference.normalization.group_norm_grad`."""
    shape = len(x_hat), 1, x_hat.shape[-1]
    if not alike((dx_hat, x_hat)) or inverse_std.shape != shape or shape[-1] % groups:
        return NotImplemented
    dx, channels = memory_pool.empty(x_hat.shape, x_hat.dtype), x_hat.shape[-1]
    g, hats, dxs = map(places_of, (dx_hat, x_hat, dx))
    inverses, zeros = memory_pool.contiguous(inverse_std), np.zeros(channels, x_hat.dtype)
    slabs = slabs_of(g)

    def work(number: int) -> None:
        slab = slabs[number]
        part, sums = (scratch(name, (2, channels), dx.dtype) for name in ("rows", "sums"))
        group_gradients(g[slab], hats[slab], inverses[slab, 0], groups, part, sums, zeros, dxs[slab])

    parallel_for(work, len(slabs))
    return dx
