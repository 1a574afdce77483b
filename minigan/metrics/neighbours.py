"""Metrics from nearest neighbours: fidelity, diversity, and copies of training examples.

The ball of a real example reaches to its k-th nearest real neighbour. All balls together are an estimate of the real
manifold; those of the generated samples are one of the generated manifold.
"""

from typing import NamedTuple

import numpy as np

from minigan.errors import ConfigError, ShapeError
from minigan.metrics.distances import check_sets, distance_blocks, nearest_distances

__all__ = [
    "DensityCoverage",
    "Memorisation",
    "NearestNeighbourAccuracy",
    "PrecisionRecall",
    "density_coverage",
    "memorisation",
    "nearest_neighbour_accuracy",
    "precision_recall",
]


class PrecisionRecall(NamedTuple):
    """Fractions from 0 to 1."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """`density` from 0 to above 1, `coverage` from 0 to 1."""

    density: float
    coverage: float


class NearestNeighbourAccuracy(NamedTuple):
    """The fractions, from 0 to 1, of all, real and generated vectors that were classified correctly."""

    accuracy: float
    real: float
    generated: float


class Memorisation(NamedTuple):
    """The distances of samples from training examples.

    Attributes
    ----------
    ratio : float
        Fraction of the samples that are copies.
    distance : float
        The median distance to the nearest training example, divided by the same median of the training examples.
    training_ratio : float
        Fraction of the training examples that are copies of others: the expected ratio of new real data.
    """

    ratio: float
    distance: float
    training_ratio: float


def precision_recall(generated: np.ndarray, real: np.ndarray, k: int = 3) -> PrecisionRecall:
    """Precision: the fraction of samples in the real manifold. Recall: of real examples in the generated manifold.

    With the distance r_k(x) from x to its k-th nearest neighbour in its own set::

        precision = fraction of the g for which |g - x| < r_k(x) for any real x,
        recall    = fraction of the x for which |g - x| < r_k(g) for any generated g.

    Parameters
    ----------
    generated, real : ndarray (N, D) and (M, D)
        Features, more than `k` of each.
    k : int
        3 in the paper.

    Raises
    ------
    ConfigError
        `k` is less than 1.
    ShapeError
        The features do not have the same length, or there are not more than `k`.

    Notes
    -----
    Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models", arXiv:1904.06991,
    equations 1 and 2; with `<`, as in the package prdc.
    """
    check_neighbours(k, generated, real)
    real_radii, generated_radii = own_radii(real, k), own_radii(generated, k)
    inside = np.zeros(len(generated), bool)
    covered = np.empty(len(real), bool)
    for rows, distances in distance_blocks(real, generated):
        inside |= (distances < real_radii[rows, np.newaxis]).any(axis=0)
        covered[rows] = (distances < generated_radii).any(axis=1)
    return PrecisionRecall(float(inside.mean()), float(covered.mean()))


def density_coverage(generated: np.ndarray, real: np.ndarray, k: int = 5) -> DensityCoverage:
    """Density: the number of real balls around a sample, over k. Coverage: the fraction of real balls with a sample.

    With the distance r_k(x) from a real x to its k-th nearest real neighbour::

        density  = mean over the g of (number of the x for which |g - x| < r_k(x)) / k,
        coverage = fraction of the x for which |g - x| < r_k(x) for any g.

    Unlike precision, density is little affected by one outlier with a large ball; unlike recall, coverage takes its
    balls from the real data only. For two sets of one distribution density is 1 in the mean, and coverage nearly
    ``1 - 2^-k``, which is 0.97 for k = 5.

    Parameters
    ----------
    generated, real : ndarray (N, D) and (M, D)
        Features, more than `k` of each.
    k : int
        5 in the paper.

    Raises
    ------
    ConfigError
        `k` is less than 1.
    ShapeError
        The features do not have the same length, or there are not more than `k`.

    Notes
    -----
    Naeem et al., "Reliable fidelity and diversity metrics for generative models", arXiv:2002.09797, equations 3 and
    4; as in the package prdc.
    """
    check_neighbours(k, generated, real)
    radii = own_radii(real, k)
    balls = np.zeros(len(generated))
    covered = np.empty(len(real), bool)
    for rows, distances in distance_blocks(real, generated):
        inside = distances < radii[rows, np.newaxis]
        balls += inside.sum(axis=0)
        covered[rows] = inside.any(axis=1)
    return DensityCoverage(float(balls.mean() / k), float(covered.mean()))


def nearest_neighbour_accuracy(generated: np.ndarray, real: np.ndarray) -> NearestNeighbourAccuracy:
    """The accuracy of the nearest-neighbour classifier of real and generated vectors: the 1-NN two-sample test.

    Both sets are joined, and each vector gets the class of its nearest other vector. At 0.5 the two sets cannot be
    distinguished; near 1 they are separate; below 0.5 each sample is close to a real example, as copies are.

    Parameters
    ----------
    generated, real : ndarray (N, D)
        Equally many of both, at least two.

    Raises
    ------
    ShapeError
        The sets are not equally large, or their vectors differ in length.

    Notes
    -----
    Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", arXiv:1610.06545; as a measure of GANs Xu et al.,
    arXiv:1806.07755, section 2.
    """
    check_sets(2, generated=generated, real=real)
    if len(generated) != len(real):
        raise ShapeError(f"expected as many generated as real, got {len(generated)} and {len(real)}")
    across = np.full(len(real), np.inf)
    right = np.empty(len(generated), bool)
    own = own_radii(generated, 1)
    for rows, distances in distance_blocks(generated, real):
        right[rows] = own[rows] < distances.min(axis=1)
        np.minimum(across, distances.min(axis=0), out=across)
    accuracies = float(np.mean(own_radii(real, 1) < across)), float(right.mean())
    return NearestNeighbourAccuracy(sum(accuracies) / 2, *accuracies)


def memorisation(
    generated: np.ndarray, training: np.ndarray, probes: np.ndarray | None = None, share: float = 1 / 3
) -> Memorisation:
    """The fraction of samples that are copies of training examples.

    With the distances d_1 and d_2 to the nearest and the second nearest training example, a sample is a copy where
    ``d_1 < d_2 / 3``: close to one example, and far from all others. The fraction of copies is the memorisation ratio.

    The median of d_1, divided by the same median of the training examples (each without itself), needs no threshold:
    about 1 means as close as the examples are to each other, and 0 a set of copies.

    Parameters
    ----------
    generated, training : ndarray (N, D) and (M, D)
        At least three training examples.
    probes : ndarray (P, D), optional
        Training examples that are compared with all training examples; default: all.
    share : float
        A sample with d_1 below this fraction of d_2 is a copy: a third in the papers.

    Raises
    ------
    ShapeError
        The vectors differ in length, or there are too few training examples.

    Notes
    -----
    Yoon et al., "Diffusion probabilistic models generalize when they fail to memorize", ICML 2023 workshop on
    structured probabilistic inference; Gu et al., arXiv:2310.02664, section 2.
    """
    check_sets(generated=generated, training=training)
    check_sets(3, training=training)
    first, second = nearest_distances(generated, training, 2).T
    # A training example's nearest is itself.
    _, own_first, own_second = nearest_distances(training if probes is None else probes, training, 3).T
    return Memorisation(
        ratio=float(np.mean(first < share * second)),
        distance=float(np.median(first) / np.median(own_first)),
        training_ratio=float(np.mean(own_first < share * own_second)),
    )


def own_radii(x: np.ndarray, k: int) -> np.ndarray:
    """The squared distance (N,) of each of `x` to its k-th nearest neighbour other than itself."""
    # Squared, since it is compared with squares: a root would round the two sides differently.
    radii = np.empty(len(x))
    for rows, distances in distance_blocks(x, x):
        distances.partition(k, axis=1)
        radii[rows] = distances[:, k]
    return radii


def check_neighbours(k: int, generated: np.ndarray, real: np.ndarray) -> None:
    """Refuse sets of k or fewer vectors, in which none has a k-th neighbour."""
    if k < 1:
        raise ConfigError(f"expected k to be at least 1, got {k}")
    check_sets(k + 1, generated=generated, real=real)
