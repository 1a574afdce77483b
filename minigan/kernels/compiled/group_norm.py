"""GroupNormalization: each example's groups of channels, by the loops of BatchNorm on one example after the other."""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.compiled.normalize_activate import input_gradients, normalize_rows, sum_gradients
from minigan.kernels.compiled.row_sums import sum_differences

__all__ = ["group_gradients", "normalize_groups"]


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
