"""Divergences of two sets of points on a line or in the plane, by counting how many of each fall into every cell."""

from typing import NamedTuple

import numpy as np

from minigan.errors import ShapeError
from minigan.metrics.checks import check_count, check_sets

__all__ = ["GridDivergence", "PointGrid", "grid_divergence"]


class GridDivergence(NamedTuple):
    """The result of `grid_divergence`: the Kullback-Leibler and the Jensen-Shannon divergence, in nats."""

    kl: float
    js: float


def grid_divergence(generated: np.ndarray, real: np.ndarray, cells: int = 30) -> GridDivergence:
    """The divergences of two sets of points, each counted on a grid of equal cells.

    The grid covers the smallest box around the real points; all points outside it are in one further cell. With the
    fractions p of the real and q of the generated points in each cell,

    - ``KL(p | q) = sum_c p_c log(p_c / q_c)``: large where the data have points and G makes none or few. Half a
      point is first added to both counts in each cell that has any, so that a cell without generated points
      does not make it infinite;
    - ``JS = KL(p | m) / 2 + KL(q | m) / 2`` with ``m = (p + q) / 2``: from 0, where the fractions are equal, to
      ``log 2``, where no cell has points of both. G minimises it in the game of the 2014 paper, if D is optimal.

    Points of the same distribution do not give 0, since the counts are random: compare with a second set of real
    points, as large as the generated one. Differences within a cell are not seen.

    Parameters
    ----------
    generated, real : ndarray (N, D) and (M, D)
        D is 1 or 2.
    cells : int
        Cells along each axis.

    Returns
    -------
    GridDivergence
        In nats.

    Raises
    ------
    ConfigError
        `cells` is no whole number, or less than 1.
    ShapeError
        The points differ in length, or have more than two coordinates.
    DataError
        A point has NaN or infinity.

    Notes
    -----
    Goodfellow et al., arXiv:1406.2661, section 4.1. Half a point: Krichevsky and Trofimov, "The performance of
    universal encoding", IEEE Transactions on Information Theory 27 (1981).

    Examples
    --------
    >>> import numpy as np
    >>> left, right = np.zeros((8, 1)), np.ones((8, 1))
    >>> grid_divergence(np.concatenate([left, right]), np.concatenate([left, right]))
    GridDivergence(kl=0.0, js=0.0)
    >>> round(grid_divergence(left, right).js, 4)  # log 2
    0.6931
    """
    check_sets(generated=generated, real=real)
    return PointGrid(real, cells)(generated)


class PointGrid:
    """The grid of `grid_divergence` with the real points counted on it, for many sets of generated points.

    Parameters
    ----------
    real : ndarray (M, D)
        D is 1 or 2.
    cells : int
        Cells along each axis.

    Raises
    ------
    ConfigError, ShapeError, DataError
        As `grid_divergence`.

    Examples
    --------
    >>> from minigan import data
    >>> ring = data.load("ring").points
    >>> grid = PointGrid(ring[2000:])
    >>> round(grid(ring[:2000]).js, 3)  # the floor of 2,000 points
    0.003
    """

    def __init__(self, real: np.ndarray, cells: int = 30) -> None:
        check_sets(real=real)
        self.cells = check_count("cells", cells)
        if real.shape[1] > 2:
            raise ShapeError(f"expected points of one or two coordinates, got {real.shape[1]}")
        self.low, self.high = real.min(axis=0), real.max(axis=0)
        self.count, self.counts = len(real), self._counted(real)

    def __repr__(self) -> str:
        return f"PointGrid({self.count} points, cells={self.cells})"

    def __call__(self, generated: np.ndarray) -> GridDivergence:
        """The divergences of the real points and these (N, D)."""
        check_sets(generated=generated)
        if generated.shape[1] != len(self.low):
            raise ShapeError(f"expected generated (N, {len(self.low)}), got {generated.shape}")
        counts = self._counted(generated)
        reached = (self.counts + counts) > 0
        p, q = self.counts[reached] / self.count, counts[reached] / len(generated)
        smooth_p, smooth_q = (fractions(each[reached] + 0.5) for each in (self.counts, counts))
        middle = (p + q) / 2
        js = (divergence(p, middle) + divergence(q, middle)) / 2
        return GridDivergence(kl=divergence(smooth_p, smooth_q), js=js)

    def _counted(self, points: np.ndarray) -> np.ndarray:
        """How many points are in each cell, upper borders of the box included; the last number is of those outside."""
        size = np.where(self.high > self.low, self.high - self.low, 1).astype(np.float64)
        places = np.clip((points - self.low) / size * self.cells, 0, self.cells - 1).astype(np.int64)
        inside = ((points >= self.low) & (points <= self.high)).all(axis=1)
        outside = self.cells ** len(size)
        numbers = np.where(inside, places @ (self.cells ** np.arange(len(size))), outside)
        return np.bincount(numbers, minlength=outside + 1)


def fractions(counts: np.ndarray) -> np.ndarray:
    """Counts, divided by their sum."""
    return counts / counts.sum()


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    """``sum p log(p / q)``, where a cell with ``p = 0`` adds nothing; at least 0, also after rounding."""
    present = p > 0
    return max(0.0, float(np.sum(p[present] * np.log(p[present] / q[present]))))
