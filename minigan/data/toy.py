"""Distributions on a line and in the plane, which a picture can show completely.

Each function draws a fixed sample: the same `count`, `seed` and `split` give the same points, to the last bit on one
machine. A GAN is trained on the sample ``train``; the sample ``test`` is as many other points of the same
distribution, to evaluate on points that were not trained on.

==========  ===================================================================================================
name        points
==========  ===================================================================================================
gaussian    one normal distribution on the line
ring        8 normal distributions around a circle of radius 1 (PacGAN, VEEGAN)
grid        25 normal distributions on a square grid from -4 to 4 (PacGAN, VEEGAN)
spiral      two turns of a spiral
line        a diagonal: a distribution with fewer dimensions than its space
moons       two interleaving half circles
==========  ===================================================================================================
"""

from collections.abc import Callable

import numpy as np

from minigan import backend
from minigan.data.points import Points
from minigan.errors import DataError
from minigan.random import Stream

__all__ = ["COUNT", "SETS", "gaussian", "grid", "line", "moons", "ring", "spiral"]

#: Default number of points.
COUNT = 50_000


def gaussian(
    count: int = COUNT, *, mean: float = 4.0, stddev: float = 1.25, seed: int = 0, split: str = "train"
) -> Points:
    """A normal distribution on the line: ``x = mean + stddev * z``, z standard normal.

    A generator of normal noise can be exact here: it is that line.

    Parameters
    ----------
    count : int
        How many points.
    mean, stddev : float
        The default mean is far from 0, so that a picture shows how the generator's samples move there.
    seed : int
    split : {"train", "test"}

    Returns
    -------
    Points
        (count, 1), with one mode.
    """
    return _mixture("gaussian", np.array([[mean]]), stddev, count, seed, split)


def ring(count: int = COUNT, *, seed: int = 0, split: str = "train") -> Points:
    """Eight normal distributions around a circle, all equally likely.

    The modes are ``(cos(2 pi i / 8), sin(2 pi i / 8))`` for i from 0 to 7, the standard deviation is 0.01: the
    "2D-ring" of Lin et al., "PacGAN", arXiv:1712.04086, section 4.1, after Srivastava et al., "VEEGAN",
    arXiv:1705.07761. A point's label is its i.

    Parameters
    ----------
    count : int
        How many points.
    seed : int
    split : {"train", "test"}

    Returns
    -------
    Points
        (count, 2), with 8 modes.
    """
    angles = 2 * np.pi * np.arange(8) / 8
    return _mixture("ring", np.column_stack([np.cos(angles), np.sin(angles)]), 0.01, count, seed, split)


def grid(count: int = COUNT, *, seed: int = 0, split: str = "train") -> Points:
    """Twenty-five normal distributions on a square grid, all equally likely.

    The modes are ``(-4 + 2 i, -4 + 2 j)`` for i and j from 0 to 4, the standard deviation is 0.05: the "2D-grid" of
    Lin et al., "PacGAN", arXiv:1712.04086, section 4.1, after Srivastava et al., "VEEGAN", arXiv:1705.07761. A
    point's label is ``5 i + j``.

    Parameters
    ----------
    count : int
        How many points.
    seed : int
    split : {"train", "test"}

    Returns
    -------
    Points
        (count, 2), with 25 modes.
    """
    i, j = np.divmod(np.arange(25), 5)
    return _mixture("grid", np.column_stack([-4 + 2 * i, -4 + 2 * j]), 0.05, count, seed, split)


def spiral(count: int = COUNT, *, noise: float = 0.02, seed: int = 0, split: str = "train") -> Points:
    """Two turns of the spiral of Archimedes, out to radius 1.

    A point is::

        r = sqrt(u),    angle = 4 pi r,    (x, y) = r (cos(angle), sin(angle)) + noise * z

    with u uniform in [0, 1) and z standard normal. The square root spreads the points nearly evenly along the curve,
    whose length grows as the square of the radius.

    Parameters
    ----------
    count : int
        How many points.
    noise : float
        The standard deviation of each coordinate about the curve.
    seed : int
    split : {"train", "test"}

    Returns
    -------
    Points
        (count, 2)
    """
    rng = _stream("spiral", count, seed, split)
    radius = np.sqrt(_uniform(rng, count))
    angle = 4 * np.pi * radius
    return _curve("spiral", np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), noise, rng)


def line(count: int = COUNT, *, noise: float = 0.0, seed: int = 0, split: str = "train") -> Points:
    """The diagonal from (-1, -1) to (1, 1), evenly: ``(x, y) = (u, u) + noise * z``, u uniform in [-1, 1).

    Without noise, the default, the points fill no area: there is no density in the plane, and a discriminator can be
    right about nearly every point (Arjovsky and Bottou, arXiv:1701.04862, section 2.1).

    Parameters
    ----------
    count : int
        How many points.
    noise : float
        The standard deviation of each coordinate about the line.
    seed : int
    split : {"train", "test"}

    Returns
    -------
    Points
        (count, 2)
    """
    rng = _stream("line", count, seed, split)
    u = 2 * _uniform(rng, count) - 1
    return _curve("line", np.column_stack([u, u]), noise, rng)


def moons(count: int = COUNT, *, noise: float = 0.05, seed: int = 0, split: str = "train") -> Points:
    """Two interleaving half circles, the shape of scikit-learn's ``make_moons``.

    A point is::

        label 0:  (cos t, sin t)            t uniform in [0, pi), plus noise * z
        label 1:  (1 - cos t, 1/2 - sin t)

    Parameters
    ----------
    count : int
        How many points; each is in either moon with the same probability.
    noise : float
        The standard deviation of each coordinate about the curve.
    seed : int
    split : {"train", "test"}

    Returns
    -------
    Points
        (count, 2), labelled, without modes.
    """
    rng = _stream("moons", count, seed, split)
    labels = _choices(rng, count, 2)
    t = np.pi * _uniform(rng, count)
    upper = np.column_stack([np.cos(t), np.sin(t)])
    lower = np.column_stack([1 - np.cos(t), 0.5 - np.sin(t)])
    return _curve("moons", np.where(labels[:, np.newaxis] == 0, upper, lower), noise, rng, labels)


#: The distributions by name.
SETS: dict[str, Callable[..., Points]] = {
    "gaussian": gaussian,
    "ring": ring,
    "grid": grid,
    "spiral": spiral,
    "line": line,
    "moons": moons,
}


def _mixture(name: str, modes: np.ndarray, stddev: float, count: int, seed: int, split: str) -> Points:
    """`count` points, each normal about a mode that was drawn with equal probability."""
    rng = _stream(name, count, seed, split)
    labels = _choices(rng, count, len(modes))
    points = modes[labels] + stddev * _normal(rng, (count, modes.shape[1]))
    return Points(points, labels, name=name, modes=modes, mode_stddev=stddev)


def _curve(name: str, points: np.ndarray, noise: float, rng: Stream, labels: np.ndarray | None = None) -> Points:
    """Points of a curve, with normal noise."""
    if not 0 <= noise < np.inf:
        raise DataError(f"{name}: expected a noise of at least 0, got {noise:g}")
    return Points(points + noise * _normal(rng, points.shape), labels, name=name)


def _stream(name: str, count: int, seed: int, split: str) -> Stream:
    """The random numbers of one sample."""
    if count < 1:
        raise DataError(f"{name}: expected a count of at least 1, got {count}")
    return Stream(seed, f"data/{name}/{split}")


def _choices(rng: Stream, count: int, choices: int) -> np.ndarray:
    """`count` whole numbers from 0 to ``choices - 1``, all equally likely."""
    return (_uniform(rng, count) * choices).astype(np.int64)


def _uniform(rng: Stream, count: int) -> np.ndarray:
    """Numbers in [0, 1), in host memory whichever backend is active."""
    return backend.asnumpy(rng.uniform((count,), dtype=np.float64))


def _normal(rng: Stream, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal numbers, in host memory whichever backend is active."""
    return backend.asnumpy(rng.normal(shape, dtype=np.float64))
