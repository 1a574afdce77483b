"""Metrics from nearest neighbours: fidelity, diversity, and copies of training examples.

The ball of a real example reaches to its k-th nearest real neighbour. All balls together are an estimate of the real
manifold; those of the generated samples are one of the generated manifold.

Distances that are compared are exact: see `minigan.metrics.distances.Distances`. So equal distances are equal here, as
in data sets with repeated examples, in pictures of two values and on grids, and no result depends on the order of the
examples.
"""

import math
from typing import NamedTuple

import numpy as np

from minigan.errors import DataError, ShapeError
from minigan.metrics.accurate import numbers_of_vectors
from minigan.metrics.checks import check_between, check_count, check_sets
from minigan.metrics.distances import Distances

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

        precision = fraction of the g for which |g - x| <= r_k(x) for any real x,
        recall    = fraction of the x for which |g - x| <= r_k(g) for any generated g.

    Parameters
    ----------
    generated, real : ndarray (N, D) and (M, D)
        Features, more than `k` of each.
    k : int
        3 in the paper.

    Raises
    ------
    ConfigError
        `k` is no whole number, or less than 1.
    ShapeError
        The features do not have the same length, or there are not more than `k`.
    DataError
        A row has NaN or infinity.

    Notes
    -----
    Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models", arXiv:1904.06991,
    equations 1 and 2. The package prdc has `<` for them, too, which differs where distances are equal: for a set in
    which every example occurs more than k times all radii are 0, and the precision of the set itself would be 0.
    """
    k = check_neighbours(k, generated, real)
    real_radii = Distances(real, real).radii(k)[:, np.newaxis]
    generated_radii = Distances(generated, generated).radii(k)
    inside = np.zeros(len(generated), bool)
    covered = np.empty(len(real), bool)
    between = Distances(real, generated)
    for rows, block, slack in between.blocks():
        inside |= between.within(rows, block, slack, real_radii[rows], closed=True).any(axis=0)
        covered[rows] = between.within(rows, block, slack, generated_radii, closed=True).any(axis=1)
    return PrecisionRecall(float(inside.mean()), float(covered.mean()))


def density_coverage(generated: np.ndarray, real: np.ndarray, k: int = 5) -> DensityCoverage:
    """Density: the number of real balls around a sample, over k. Coverage: the fraction of real balls with a sample.

    With the distance r_k(x) from a real x to its k-th nearest real neighbour::

        density  = mean over the g of (number of the x for which |g - x| < r_k(x)) / k,
        coverage = fraction of the x for which |g - x| < r_k(x) for any g.

    A real x also counts where g equals it, whatever its radius: r_k(x) is 0 for an example that occurs more than k
    times.

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
        `k` is no whole number, or less than 1.
    ShapeError
        The features do not have the same length, or there are not more than `k`.
    DataError
        A row has NaN or infinity.

    Notes
    -----
    Naeem et al., "Reliable fidelity and diversity metrics for generative models", arXiv:2002.09797, equations 3 and
    4, with `<` as in the paper's program, the package prdc; there an equal g does not count if the radius is 0.
    """
    k = check_neighbours(k, generated, real)
    radii = Distances(real, real).radii(k)[:, np.newaxis]
    balls = 0
    covered = np.empty(len(real), bool)
    between = Distances(real, generated)
    for rows, block, slack in between.blocks():
        inside = between.within(rows, block, slack, radii[rows], closed=False)
        balls += int(np.count_nonzero(inside))
        covered[rows] = inside.any(axis=1)
    return DensityCoverage(balls / (len(generated) * k), float(covered.mean()))


def nearest_neighbour_accuracy(generated: np.ndarray, real: np.ndarray) -> NearestNeighbourAccuracy:
    """The accuracy of the nearest-neighbour classifier of real and generated vectors: the 1-NN two-sample test.

    Both sets are joined, and each vector gets the class of its nearest other vector. At 0.5 the two sets cannot be
    distinguished; near 1 they are separate; below 0.5 each sample is close to a real example, as copies are.

    A vector with several nearest ones, all at the same distance, counts by the fraction of them that is of its class:
    that is the mean over all orders of the examples.

    Parameters
    ----------
    generated, real : ndarray (N, D)
        Equally many of both, at least two.

    Raises
    ------
    ShapeError
        The sets are not equally large, or their vectors differ in length.
    DataError
        A row has NaN or infinity.

    Notes
    -----
    Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", arXiv:1610.06545; as a measure of GANs Xu et al.,
    arXiv:1806.07755, section 2.
    """
    check_sets(2, generated=generated, real=real)
    if len(generated) != len(real):
        raise ShapeError(f"expected as many generated as real, got {len(generated)} and {len(real)}")
    of_real, of_generated = right_share(real, generated), right_share(generated, real)
    return NearestNeighbourAccuracy((of_real + of_generated) / 2, of_real, of_generated)


def right_share(x: np.ndarray, others: np.ndarray) -> float:
    """The fraction of `x` whose nearest vector, among the rest of `x` and the `others`, is one of `x`."""
    own, own_tied = Distances(x, x).nearest_tied(own=True)
    across, across_tied = Distances(x, others).nearest_tied()
    right = np.where(own == across, own_tied / (own_tied + across_tied), own < across)
    return math.fsum(right) / len(right)  # exact, and so in every order the same


def memorisation(
    generated: np.ndarray, training: np.ndarray, probes: np.ndarray | None = None, share: float = 1 / 3
) -> Memorisation:
    """The fraction of samples that are copies of training examples.

    With the distances d_1 and d_2 to the nearest and the second nearest training example, a sample is a copy where
    ``d_1 < d_2 / 3``: close to one example, and far from all others. The fraction of copies is the memorisation ratio.

    The median of d_1, divided by the same median of the training examples (each without itself), needs no threshold:
    about 1 means as close as the examples are to each other, and 0 a set of copies.

    Equal training examples count as one: in a set that has every example twice d_1 and d_2 would be the same, and
    nothing would be a copy. So no result depends on how often an example is repeated.

    Parameters
    ----------
    generated, training : ndarray (N, D) and (M, D)
        At least three different training examples.
    probes : ndarray (P, D), optional
        Training examples that are compared with all training examples; default: all.
    share : float
        A sample with d_1 below this fraction of d_2 is a copy: a third in the papers.

    Raises
    ------
    ConfigError
        `share` is not above 0, or above 1.
    ShapeError
        The vectors differ in length, or there are too few different training examples.
    DataError
        A row has NaN or infinity, or the squared distances of most training examples are rounded to 0.

    Notes
    -----
    Yoon et al., "Diffusion probabilistic models generalize when they fail to memorize", ICML 2023 workshop on
    structured probabilistic inference; Gu et al., arXiv:2310.02664, section 2.
    """
    share = check_between("share", share, high=1)
    check_sets(generated=generated, training=training)
    check_sets(3, training=training)
    different = distinct(training)
    if probes is None:
        probes = different
    check_sets(training=training, probes=probes)
    if len(different) < 3:
        raise ShapeError(f"expected training of at least 3 different vectors, got {len(different)}")
    first, second = np.sqrt(Distances(generated, different).nearest_squares(2)).T
    own = np.sqrt(Distances(probes, different).nearest_squares(3))
    # A training example's nearest is itself.
    own_first, own_second = np.where(own[:, :1] == 0, own[:, 1:], own[:, :2]).T
    usual = float(np.median(own_first))
    if not usual:
        raise DataError(
            "expected training examples that are not so close that the squares of distances are rounded to 0"
        )
    return Memorisation(
        ratio=float(np.mean(first < share * second)),
        distance=float(np.median(first)) / usual,
        training_ratio=float(np.mean(own_first < share * own_second)),
    )


def distinct(x: np.ndarray) -> np.ndarray:
    """The different rows of `x`, in the order of their first places."""
    (numbers,) = numbers_of_vectors(x)
    return x[np.unique(numbers, return_index=True)[1]]


def check_neighbours(k: int, generated: np.ndarray, real: np.ndarray) -> int:
    """`k` as an int; sets of k or fewer vectors are refused, since none of them has a k-th neighbour."""
    k = check_count("k", k)
    check_sets(k + 1, generated=generated, real=real)
    return k
