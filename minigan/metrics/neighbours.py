"""What nearest neighbours say of two sets: fidelity, variety, and whether anything was copied.

A real example's ball reaches to its k-th nearest real neighbour. The balls together are the real manifold, as far as
examples can show it; those of the generated samples are the generated one.
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
    """Shares from 0 to 1."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """`density` from 0 to above 1, `coverage` from 0 to 1."""

    density: float
    coverage: float


class NearestNeighbourAccuracy(NamedTuple):
    """Shares from 0 to 1: of all, of the real and of the generated that were told rightly."""

    accuracy: float
    real: float
    generated: float


class Memorisation(NamedTuple):
    """How near the samples are to the training examples.

    Attributes
    ----------
    ratio : float
        Share of the samples that are copies.
    distance : float
        The median distance to the nearest training example, in units of that of the training examples themselves.
    training_ratio : float
        Share of the training examples that are copies of others: what the ratio of new real data would be.
    """

    ratio: float
    distance: float
    training_ratio: float


def precision_recall(generated: np.ndarray, real: np.ndarray, k: int = 3) -> PrecisionRecall:
    """Precision: the share of generated samples on the real manifold. Recall: of real ones on the generated one.

    With the distance r_k(x) from x to its k-th nearest neighbour in its own set::

        precision = share of the g for which |g - x| < r_k(x) for any real x,
        recall    = share of the x for which |g - x| < r_k(g) for any generated g.

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
    """Density: in how many real balls a generated sample lies. Coverage: the share of real balls with a sample in it.

    With the distance r_k(x) from a real x to its k-th nearest real neighbour::

        density  = mean over the g of (number of the x for which |g - x| < r_k(x)) / k,
        coverage = share of the x for which |g - x| < r_k(x) for any g.

    Unlike precision, density is not led astray by one outlier with a great ball; unlike recall, coverage takes its
    balls from the real data alone. For two sets of one distribution density is 1 in the mean, and coverage nearly
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
    """How often the nearest neighbour tells rightly whether a vector is real: the 1-NN two-sample test.

    All vectors lie in one heap, and each is called what its nearest other one is. At 0.5 the two sets cannot be told
    apart; near 1 each keeps to itself; below 0.5 each sample sits close to a real one, as copies do.

    Parameters
    ----------
    generated, real : ndarray (N, D)
        As many of one as of the other, at least two.

    Raises
    ------
    ShapeError
        The sets are not equally large, or do not fit.

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
    """Whether samples are copies of training examples.

    With the distances d_1 and d_2 to the nearest and the second nearest training example, a sample is called a copy
    where ``d_1 < d_2 / 3``: next to one example, and far from all others. Their share is the memorisation ratio.

    The median of d_1 says the same without a threshold, once it is divided by what it is for training examples, each
    without itself: about 1 is as near as the examples are to each other, and 0 a set of copies.

    Parameters
    ----------
    generated, training : ndarray (N, D) and (M, D)
        At least three training examples.
    probes : ndarray (P, D), optional
        Those of the training examples that stand for all where they are compared with each other; default: all.
    share : float
        Of d_2 that makes a copy: a third in the papers.

    Raises
    ------
    ShapeError
        The sets do not fit.

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
    # As a square, to be compared with squares: a root would round the two sides differently.
    radii = np.empty(len(x))
    for rows, distances in distance_blocks(x, x):
        distances.partition(k, axis=1)
        radii[rows] = distances[:, k]
    return radii


def check_neighbours(k: int, generated: np.ndarray, real: np.ndarray) -> None:
    """Refuse sets in which nobody has a k-th neighbour."""
    if k < 1:
        raise ConfigError(f"expected k to be at least 1, got {k}")
    check_sets(k + 1, generated=generated, real=real)
