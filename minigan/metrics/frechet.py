"""Fréchet distance: the distance of two sets, each taken as normally distributed."""

from typing import NamedTuple

import numpy as np

from minigan.errors import ShapeError
from minigan.metrics.checks import check_array, check_finite, check_sets, check_sizes

__all__ = ["Gaussian", "fit_gaussian", "frechet_distance", "frechet_distance_of_gaussians"]

#: Rows that are turned into float64 at a time.
BLOCK_ROWS = 4096


class Gaussian(NamedTuple):
    """A normal distribution: its mean (D,) and its covariance (D, D), both float64."""

    mean: np.ndarray
    covariance: np.ndarray


def fit_gaussian(features: np.ndarray) -> Gaussian:
    """Mean and covariance of the rows of `features` (N, D).

    ``m = sum_n x_n / N``, ``S = sum_n (x_n - m)(x_n - m)^T / (N - 1)``, in float64, some rows at a time.

    Raises
    ------
    ShapeError
        There are fewer than two rows.
    DataError
        A row has NaN or infinity.
    """
    check_sets(2, features=features)
    return gaussian_of(features)


def gaussian_of(features: np.ndarray) -> Gaussian:
    """`fit_gaussian` of features that were checked."""
    mean = features.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((len(mean), len(mean)))
    for start in range(0, len(features), BLOCK_ROWS):
        centred = features[start : start + BLOCK_ROWS] - mean
        covariance += centred.T @ centred
    return Gaussian(mean, covariance / (len(features) - 1))


def frechet_distance(generated: np.ndarray, real: np.ndarray) -> float:
    """The squared Fréchet distance of two sets of features, each taken as normally distributed.

    With means m and covariances S::

        d^2 = |m_1 - m_2|^2 + tr(S_1 + S_2 - 2 (S_1 S_2)^(1/2)).

    It is called FID where the features are those of Inception. It falls with the number of samples even where nothing
    else changes, since covariances are estimated. Compare it only at equal numbers, and with the distance between two
    sets of real data.

    Parameters
    ----------
    generated, real : ndarray (N, D) and (M, D)
        Features, at least two rows each.

    Returns
    -------
    float
        0 for equal sets.

    Raises
    ------
    ShapeError
        The features do not have the same length, or are fewer than two.
    DataError
        A row has NaN or infinity.

    Notes
    -----
    Dowson and Landau, "The Fréchet distance between multivariate normal distributions", Journal of Multivariate
    Analysis 12 (1982); for GANs Heusel et al., arXiv:1706.08500, section 2.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((1000, 3))
    >>> round(frechet_distance(x + 2, x), 6)  # shifted by 2 in each of three directions
    12.0
    """
    check_sets(2, generated=generated, real=real)
    return frechet_distance_of_gaussians(gaussian_of(generated), gaussian_of(real))


def frechet_distance_of_gaussians(first: Gaussian, second: Gaussian) -> float:
    """The squared Fréchet distance of two normal distributions; see `frechet_distance`.

    ``S_1 S_2`` is not symmetric, but ``(S_1^(1/2) S_2 S_1^(1/2))^(1/2)`` is and has the same trace. With
    ``A = S_1^(1/2) S_2^(1/2)`` it is ``(A A^T)^(1/2)``, whose trace is the sum of the singular values of A. So two
    roots of symmetric matrices are enough, no product is squared, and covariances may be singular.

    Raises
    ------
    ShapeError
        A mean is no vector, a covariance is not square, or the two dimensions differ.
    DataError
        A mean or a covariance has NaN or infinity.
    """
    check_gaussians(first=first, second=second)
    if first.mean.shape != second.mean.shape:
        raise ShapeError(f"expected Gaussians of one dimension, got {first.mean.shape} and {second.mean.shape}")
    shift = first.mean - second.mean
    product = symmetric_root(first.covariance) @ symmetric_root(second.covariance)
    overlap = np.linalg.svd(product, compute_uv=False).sum()
    distance = shift @ shift + np.trace(first.covariance) + np.trace(second.covariance) - 2 * overlap
    return max(0.0, float(distance))  # rounding can take equal Gaussians below 0


def check_gaussians(**gaussians: Gaussian) -> None:
    """Refuse what is no mean (D,) and covariance (D, D) of finite numbers."""
    for name, (mean, covariance) in gaussians.items():
        check_array(f"{name}.mean", mean, ndim=1, like="(D,)")
        check_array(f"{name}.covariance", covariance, ndim=2, like="(D, D)")
        if not mean.size or covariance.shape != (mean.size, mean.size):
            raise ShapeError(
                f"expected {name} with a mean (D,) and a covariance (D, D), got {mean.shape} and {covariance.shape}"
            )
        for part, array in (("mean", mean), ("covariance", covariance)):
            check_finite(f"{name}.{part}", array)
            check_sizes(f"{name}.{part}", array, 1e200, 0.0)


def symmetric_root(matrix: np.ndarray) -> np.ndarray:
    """The root of a symmetric matrix without negative eigenvalues: ``V diag(l)^(1/2) V^T`` from ``V diag(l) V^T``."""
    eigenvalues, vectors = np.linalg.eigh(matrix)
    # Rounding can turn an eigenvalue of 0 into, say, -1e-17.
    return vectors * np.sqrt(np.maximum(eigenvalues, 0)) @ vectors.T
