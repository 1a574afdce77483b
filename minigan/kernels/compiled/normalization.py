"""Moments, sums over channels, and BatchNorm.

Mean and variance come from one visit of x, around a number p near the mean:

    mean = p + S / M,  variance = Q / M - (S / M)^2,  with S = sum (x - p) and Q = sum (x - p)^2 over M rows.

With p = 0 this would lose digits where the mean is large compared with the deviation. p is the mean of a few rows.
"""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.compiled.normalize_activate import NOTHING, normalize, normalize_grads
from minigan.kernels.compiled.row_sums import BLOCK, add_part, alike, fold, matrix, repeat, slabs_of
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.scratch import scratch

__all__ = ["batch_norm", "batch_norm_grad", "channel_sum", "moments", "sum_differences"]

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
