"""Parzen windows: the log-likelihood by which the 2014 paper measured its generators.

A generator draws samples, but does not give the probability of an image. So a normal density (a window) is placed on
each of its samples, and the mean of all windows is taken as its density::

    p(x) = 1/N sum_n (2 pi s^2)^(-D/2) exp(-|x - g_n|^2 / (2 s^2)).

The width s is the one under which validation images are most probable; the metric is the mean of ``log p`` over test
images, in nats.

In 784 dimensions exponentials are 0 in floating point: at ``s = 0.2`` an image at the distance 8 of a sample has
``exp(-800)``. Only logarithms are kept, and the sum is ``log sum exp(a_n) = m + log sum exp(a_n - m)`` with m the
greatest of the a_n.

Sources: Breuleux, Bengio and Vincent, "Quickly generating representative samples from an RBM-derived process", Neural
Computation 23 (2011); Goodfellow et al., arXiv:1406.2661, section 5, and its program (github.com/goodfeli/adversarial,
parzen_ll.py), which has the same grid of widths.
"""

from typing import Any, NamedTuple

import numpy as np

from minigan import numbers
from minigan.errors import ConfigError
from minigan.metrics.checks import LARGEST, SMALLEST, check_sets
from minigan.metrics.distances import Distances

__all__ = ["SIGMAS", "Parzen", "choose_sigma", "parzen", "parzen_log_likelihoods"]

#: The widths that the paper's program tries, for pixels from 0 to 1: ten from 0.1 to 1.
SIGMAS = tuple(float(sigma) for sigma in np.logspace(-1, 0, 10))


class Parzen(NamedTuple):
    """Mean log-likelihood of the test images and its standard error, in nats, and the width of the windows."""

    mean: float
    standard_error: float
    sigma: float


def parzen_log_likelihoods(
    samples: np.ndarray, points: np.ndarray, sigmas: tuple[float, ...] | list[float]
) -> np.ndarray:
    """``log p(x)`` of every point, for each of several widths.

    Most of the work is the distances, which are computed once for all widths.

    Parameters
    ----------
    samples : ndarray (N, D)
        The generator's samples: the centres of the windows.
    points : ndarray (M, D)
        The points x.
    sigmas : sequence of float
        The widths s.

    Returns
    -------
    ndarray of float64 (len(sigmas), M)
        In nats.

    Raises
    ------
    ConfigError
        A width is no finite number above 0, or there is none.
    ShapeError
        Samples and points do not have the same length.
    DataError
        A row has NaN or infinity.
    """
    check_sets(samples=samples, points=points)
    return log_likelihoods(samples, points, check_sigmas(sigmas))


def check_sigmas(sigmas: Any) -> list[float]:
    """The widths as numbers above 0, at least one."""
    given = list(sigmas) if np.iterable(sigmas) else [sigmas]
    found = [numbers.finite(sigma) for sigma in given]
    widths = [float(width) for width in found if width is not None and SMALLEST <= width <= LARGEST]
    if not given or len(widths) < len(given) or not np.iterable(sigmas):
        raise ConfigError(f"expected sigmas above 0, at least one, got {given if np.iterable(sigmas) else sigmas!r}")
    return widths


def log_likelihoods(samples: np.ndarray, points: np.ndarray, sigmas: list[float]) -> np.ndarray:
    """`parzen_log_likelihoods` of arguments that were checked."""
    log_p = np.empty((len(sigmas), len(points)))
    for rows, distances, _ in Distances(points, samples).blocks():
        for place, sigma in enumerate(sigmas):
            log_p[place, rows] = log_sum_exp(distances / (-2 * sigma**2))
    log_p -= np.log(len(samples))
    log_p -= samples.shape[1] / 2 * np.log(2 * np.pi * np.square(sigmas))[:, np.newaxis]
    return log_p


def log_sum_exp(a: np.ndarray) -> np.ndarray:
    """``log sum_j exp(a_ij)`` of every row, without overflow and without a row of zeros; changes `a`."""
    greatest = a.max(axis=1)
    a -= greatest[:, np.newaxis]
    np.exp(a, out=a)
    return greatest + np.log(a.sum(axis=1))


def choose_sigma(
    samples: np.ndarray, validation: np.ndarray, sigmas: tuple[float, ...] | list[float] | None = None
) -> float:
    """The width of `sigmas` (default: `SIGMAS`) with the highest mean log-likelihood of the `validation` points (V, D).

    Raises
    ------
    ConfigError
        A width is no finite number above 0, or there is none.
    ShapeError
        Samples and points do not have the same length.
    DataError
        A row has NaN or infinity.
    """
    check_sets(samples=samples, validation=validation)
    widths = check_sigmas(SIGMAS if sigmas is None else sigmas)
    return widths[int(log_likelihoods(samples, validation, widths).mean(axis=1).argmax())]


def parzen(
    samples: np.ndarray,
    test: np.ndarray,
    validation: np.ndarray,
    sigmas: tuple[float, ...] | list[float] | None = None,
) -> Parzen:
    """The Parzen-window log-likelihood of `test`, with the width that suits `validation` best.

    Parameters
    ----------
    samples, test, validation : ndarray (N, D), (M, D) and (V, D)
        Pixels from 0 to 1 for values comparable with the papers. At least two test images.
    sigmas : sequence of float, optional
        The widths to try. Default: `SIGMAS`, ten from 0.1 to 1.

    Returns
    -------
    Parzen
        The standard error is the standard deviation of ``log p`` over the test set, divided by the root of its size. It
        is the error from the choice of test images, not from the choice of samples.

    Raises
    ------
    ConfigError
        A width is no finite number above 0, or there is none.
    ShapeError
        The sets do not have the same length.
    DataError
        A row has NaN or infinity.
    """
    check_sets(samples=samples, test=test)
    check_sets(2, test=test)
    sigma = choose_sigma(samples, validation, sigmas)
    (log_p,) = log_likelihoods(samples, test, [sigma])
    return Parzen(float(log_p.mean()), float(log_p.std() / np.sqrt(len(log_p))), sigma)
