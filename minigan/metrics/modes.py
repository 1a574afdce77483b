"""Modes: how many of the data's clusters or classes the samples reach, and how evenly."""

from typing import NamedTuple

import numpy as np

from minigan import numbers
from minigan.errors import ConfigError, DataError, ShapeError
from minigan.metrics.checks import FLOATING, WHOLE, check_array, check_count, check_finite, check_sets
from minigan.metrics.distances import Distances

__all__ = ["ModeCount", "class_histogram", "class_kl", "count_modes", "stacked_classes"]


class ModeCount(NamedTuple):
    """The result of `count_modes`.

    Attributes
    ----------
    found, modes : int
        Modes with at least one good sample, and all modes.
    good : float
        Fraction of the samples that are good.
    histogram : ndarray of int (modes,)
        Number of good samples of each mode.
    """

    found: int
    modes: int
    good: float
    histogram: np.ndarray


def count_modes(points: np.ndarray, modes: np.ndarray, stddev: float, within: float = 3.0) -> ModeCount:
    """Modes found, and the fraction of good samples, where the data are normally distributed around known centres.

    A sample x belongs to its nearest centre c, the first of several that are equally near, and is good where
    ``|x - c| <= 3 stddev``. A mode is found when at least one good sample belongs to it. Even some data points are not
    good: in two dimensions ``exp(-9/2)``, 1.1%.

    Parameters
    ----------
    points : ndarray (N, D)
    modes : ndarray (M, D)
        The centres.
    stddev : float
        The standard deviation around each centre, in every direction.
    within : float
        The largest distance of a good sample from its centre, in standard deviations.

    Raises
    ------
    ShapeError
        The points and the centres differ in length.
    ConfigError
        `stddev` or `within` is no finite number above 0.
    DataError
        A point or a centre has NaN or infinity.

    Notes
    -----
    Srivastava et al. (VEEGAN), arXiv:1705.07761, section 4; Lin et al. (PacGAN), arXiv:1712.04086, section 4.1.

    Examples
    --------
    >>> import numpy as np
    >>> centres = np.array([[-1.0, 0.0], [1.0, 0.0]])
    >>> count_modes(np.array([[-1.0, 0.1], [-0.9, 0.0], [0.2, 0.0]]), centres, stddev=0.05)[:3]
    (1, 2, 0.6666666666666666)
    """
    check_sets(points=points, modes=modes)
    width, reach = numbers.finite(stddev), numbers.finite(within)
    if not (width and reach and width > 0 and reach > 0):
        raise ConfigError(f"expected stddev and within to be above 0, got {stddev!r} and {within!r}")
    nearest, squares = np.empty(len(points), int), np.empty(len(points))
    for i, j, found, _ in Distances(points, modes).nearest(1):
        rows, first = np.unique(i, return_index=True)
        nearest[rows], squares[rows] = j[first], found[first]
    good = squares <= (reach * width) ** 2
    histogram = np.bincount(nearest[good], minlength=len(modes))
    return ModeCount(int(np.count_nonzero(histogram)), len(modes), float(good.mean()), histogram)


def class_histogram(labels: np.ndarray, classes: int) -> np.ndarray:
    """The number of `labels` (N,), integers from 0, of each class: (classes,).

    Raises
    ------
    ShapeError
        There are no labels, or they are not a vector.
    DtypeError
        They are not integers.
    ConfigError
        One is below 0 or not below `classes`, or `classes` is no whole number above 0.
    """
    classes = check_count("classes", classes)
    check_array("labels", labels, WHOLE, like="(N,)")
    if labels.ndim != 1 or not len(labels):
        raise ShapeError(f"expected labels (N,), at least one, got {labels.shape}")
    if labels.min() < 0 or labels.max() >= classes:
        raise ConfigError(f"expected labels from 0 to {classes - 1}, got {labels.min()} to {labels.max()}")
    return np.bincount(labels.astype(np.intp, copy=False), minlength=classes)


def class_kl(histogram: np.ndarray, reference: np.ndarray | None = None) -> float:
    """The Kullback-Leibler divergence of a class histogram from another, in nats.

    With the fractions p and q, ``KL(p | q) = sum_c p_c log(p_c / q_c)``, where a class with ``p_c = 0`` adds nothing.

    Parameters
    ----------
    histogram : ndarray (classes,)
        Counts of the samples, at least one above 0.
    reference : ndarray (classes,), optional
        Counts of the data; default: all classes equal.

    Returns
    -------
    float
        0 for equal fractions; `log(classes)` for a single class against the uniform reference; infinite where the
        samples have a class that the reference does not have. N samples with the distribution of the reference have
        about ``(classes - 1) / (2 N)``.

    Raises
    ------
    ShapeError
        The histograms have no equal number of classes.
    ConfigError
        All counts are 0, or one is negative.
    DataError
        One is NaN or infinite.

    Notes
    -----
    This direction, samples first: Metz et al. (unrolled GANs), arXiv:1611.02163, section 3.3; PacGAN, as above.

    Examples
    --------
    >>> import numpy as np
    >>> class_kl(np.array([5, 5])), round(class_kl(np.array([10, 0])), 4)
    (0.0, 0.6931)
    """
    check_array("histogram", histogram, FLOATING + WHOLE, like="(classes,)")
    reference = np.ones(histogram.shape) if reference is None else reference
    check_array("reference", reference, FLOATING + WHOLE, like="(classes,)")
    if histogram.ndim != 1 or not len(histogram) or histogram.shape != reference.shape:
        raise ShapeError(f"expected two histograms (classes,), got {histogram.shape} and {reference.shape}")
    for name, counts in (("histogram", histogram), ("reference", reference)):
        check_finite(name, counts)
        if counts.min() < 0 or not counts.sum() > 0:
            raise ConfigError(f"expected counts of at least 0, not all 0, got {counts.min()} to {counts.max()}")
    p, q = histogram / histogram.sum(), reference / reference.sum()
    present = p > 0
    with np.errstate(divide="ignore"):  # infinite for a class that the reference does not have, as intended
        return float(np.sum(p[present] * np.log(p[present] / q[present])))


def stacked_classes(digits: np.ndarray) -> np.ndarray:
    """The modes (N,) from 0 to 999 of stacked digits, from the three digits (N, 3) that their channels show.

    Raises
    ------
    ShapeError
        There are not three digits for each image.
    DtypeError
        They are no whole numbers.
    DataError
        One is below 0 or above 9.
    """
    check_array("digits", digits, WHOLE, like="(N, 3)")
    if digits.ndim != 2 or digits.shape[1] != 3:
        raise ShapeError(f"expected digits (N, 3), got {digits.shape}")
    if digits.size and not (digits.min() >= 0 and digits.max() <= 9):
        raise DataError(f"expected digits from 0 to 9, got {digits.min()} to {digits.max()}")
    return digits @ np.array([100, 10, 1])
