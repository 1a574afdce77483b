"""Summaries of measured times: medians and quartiles."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["Summary", "paired_ratio", "summary"]


class Summary(NamedTuple):
    """The median, the quartiles and the number of some values."""

    median: float
    low: float
    high: float
    size: int


def summary(values: Sequence[float]) -> Summary:
    """Median and quartiles.

    Examples
    --------
    >>> summary([4.0, 1.0, 2.0, 3.0, 100.0])
    Summary(median=3.0, low=2.0, high=4.0, size=5)
    """
    low, median, high = (float(q) for q in np.quantile(values, (0.25, 0.5, 0.75)))
    return Summary(median, low, high, len(values))


def paired_ratio(rounds: Sequence[Sequence[float]], baseline: Sequence[Sequence[float]]) -> Summary:
    """The ratio of times to those of the baseline.

    Each round gives the ratio of its two medians: if something slows the machine for a while, it slows both, and
    cancels.

    Examples
    --------
    >>> paired_ratio([[2.0, 2.0], [6.0]], [[1.0], [3.0, 3.0]]).median
    2.0
    """
    pairs = zip(rounds, baseline, strict=True)
    return summary([float(np.median(one) / np.median(other)) for one, other in pairs])
