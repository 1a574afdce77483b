"""Kernel distance (KID): the squared maximum mean discrepancy of two sets, by a cubic polynomial."""

from typing import NamedTuple

import numpy as np

from minigan.errors import ConfigError
from minigan.metrics.checks import check_count, check_sets
from minigan.metrics.distances import BLOCK_ENTRIES
from minigan.random import Stream

#: The sixth power of a feature must not overflow.
LARGEST = 1e50

__all__ = ["KernelDistance", "kernel_distance", "polynomial_mmd2"]


class KernelDistance(NamedTuple):
    """The mean and the standard deviation over the subsets."""

    mean: float
    stddev: float


def polynomial_mmd2(x: np.ndarray, y: np.ndarray) -> float:
    """The squared maximum mean discrepancy of two sets, without bias.

    With the kernel ``k(a, b) = (<a, b> / D + 1)^3``, N of x and M of y::

        MMD^2 = sum_{i != j} k(x_i, x_j) / (N (N - 1)) + sum_{i != j} k(y_i, y_j) / (M (M - 1))
                - 2 sum_{i, j} k(x_i, y_j) / (N M).

    Without the pairs of a vector with itself there is no bias: for two sets of one distribution the mean is 0 for every
    N and M, so values below 0 occur.

    Parameters
    ----------
    x, y : ndarray (N, D) and (M, D)
        Features, at least two rows each.

    Raises
    ------
    ShapeError
        The features do not have the same length, or are fewer than two.
    DataError
        A row has NaN or infinity.

    Notes
    -----
    Gretton et al., "A kernel two-sample test", JMLR 13 (2012), equation 3; the kernel of Bińkowski et al.,
    arXiv:1801.01401, section 4.
    """
    check_sets(2, LARGEST, x=x, y=y)
    return mmd2(x, y)


def mmd2(x: np.ndarray, y: np.ndarray) -> float:
    """`polynomial_mmd2` of features that were checked."""
    n, m = len(x), len(y)
    within_x = kernel_sum(x, x) - np.sum((squares(x) / x.shape[1] + 1) ** 3)
    within_y = kernel_sum(y, y) - np.sum((squares(y) / y.shape[1] + 1) ** 3)
    return float(within_x / (n * (n - 1)) + within_y / (m * (m - 1)) - 2 * kernel_sum(x, y) / (n * m))


def kernel_sum(x: np.ndarray, y: np.ndarray) -> float:
    """``sum_{i, j} k(x_i, y_j)``, in float64, some rows at a time."""
    y = y.astype(np.float64, copy=False)
    step = max(1, BLOCK_ENTRIES // len(y))
    total = 0.0
    for start in range(0, len(x), step):
        base = (x[start : start + step] / np.float64(x.shape[1])) @ y.T
        base += 1
        total += float(np.vdot(base * base, base))
    return total


def squares(x: np.ndarray) -> np.ndarray:
    """``<x_i, x_i>`` of every row, in float64."""
    return np.einsum("nd,nd->n", x, x, dtype=np.float64)


def kernel_distance(
    generated: np.ndarray, real: np.ndarray, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> KernelDistance:
    """The kernel distance of two sets of features: the mean of `polynomial_mmd2` over random subsets.

    It is called KID where the features are those of Inception. Unlike the Fréchet distance it needs no normal
    distribution and has no bias: sets of different sizes can be compared.

    Parameters
    ----------
    generated, real : ndarray (N, D) and (M, D)
        Features.
    subsets : int
        Number of pairs of subsets.
    subset_size : int
        Rows of each, drawn without replacement; all rows where a set has fewer.
    seed : int
        The seed of the subsets.

    Returns
    -------
    KernelDistance
        Near 0 for sets of one distribution. The standard deviation is that of single subsets, as in the paper, not
        the error of the mean.

    Raises
    ------
    ConfigError
        `subsets` is less than 1 or `subset_size` less than 2, or one of them, or the seed, is no whole number.
    ShapeError
        The features do not have the same length, or are fewer than two.
    DataError
        A row has NaN or infinity.

    Notes
    -----
    Bińkowski et al., "Demystifying MMD GANs", arXiv:1801.01401, section 4.
    """
    check_sets(2, LARGEST, generated=generated, real=real)
    subsets, subset_size = check_count("subsets", subsets, None), check_count("subset_size", subset_size, None)
    if subsets < 1 or subset_size < 2:
        raise ConfigError(f"expected at least 1 subset of at least 2, got {subsets} of {subset_size}")
    seed = check_count("seed", seed, None)
    size = min(subset_size, len(generated), len(real))
    stream = Stream(seed, "kernel distance")
    values = [
        mmd2(generated[stream.permutation(len(generated))[:size]], real[stream.permutation(len(real))[:size]])
        for _ in range(subsets)
    ]
    return KernelDistance(float(np.mean(values)), float(np.std(values)))
