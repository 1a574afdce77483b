"""GroupNormalization: each example's groups of channels, by the loops of BatchNorm on one example after the other."""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.compiled.normalization import sum_differences
from minigan.kernels.compiled.normalize_activate import input_gradients, normalize_rows, sum_gradients
from minigan.kernels.compiled.row_sums import alike, slabs_of
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch

__all__ = ["group_norm", "group_norm_grad"]


@compiled
def normalize_groups(
    x: np.ndarray,
    groups: int,
    epsilon: float,
    part: np.ndarray,
    sums: np.ndarray,
    mean: np.ndarray,
    zeros: np.ndarray,
    x_hat: np.ndarray,
    inverse_std: np.ndarray,
) -> None:
    """``x_hat <- (x - mean) / sqrt(variance + epsilon)``, group by group of each example."""
    places, channels = x.shape[1], x.shape[2]
    each = channels // groups
    for n in range(x.shape[0]):
        sum_differences(x[n], x[n, 0], part, sums)
        for first in range(0, channels, each):
            # The variance of a group is the mean of its channels' variances, and the variance of their means.
            middle, variance = 0.0, 0.0
            for k in range(first, first + each):
                sums[0, k] /= places
                variance += sums[1, k] / places - sums[0, k] * sums[0, k]
                sums[0, k] += x[n, 0, k]
                middle += sums[0, k]
            middle /= each
            for k in range(first, first + each):
                variance += (sums[0, k] - middle) * (sums[0, k] - middle)
            for k in range(first, first + each):
                mean[k] = middle
                inverse_std[n, k] = 1 / np.sqrt(variance / each + epsilon)
        normalize_rows(x[n], mean, inverse_std[n], zeros, None, None, None, x_hat[n])


@compiled
def group_gradients(
    g: np.ndarray,
    x_hat: np.ndarray,
    inverse_std: np.ndarray,
    groups: int,
    part: np.ndarray,
    sums: np.ndarray,
    zeros: np.ndarray,
    dx: np.ndarray,
) -> None:
    """``dx <- (g - mean(g) - x_hat mean(g x_hat)) / std``, group by group of each example."""
    places, channels = g.shape[1], g.shape[2]
    each = channels // groups
    for n in range(g.shape[0]):
        sum_gradients(g[n], g[n], None, None, None, x_hat[n], zeros, part, sums)
        for j in range(2):
            for first in range(0, channels, each):
                total = 0.0
                for k in range(first, first + each):
                    total += sums[j, k]
                for k in range(first, first + each):
                    sums[j, k] = total / (places * each)
        input_gradients(g[n], g[n], None, None, None, x_hat[n], zeros, sums, inverse_std[n], dx[n])


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
