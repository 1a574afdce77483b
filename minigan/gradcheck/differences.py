"""Derivatives by central differences, over a sweep of steps.

For a smooth f, ``(f(x + h) - f(x - h)) / 2h`` errs by ``h^2 f'''/6`` (truncation) plus about ``eps |f| / h``
(rounding): over h the error is a V. Its bottom, about ``eps^(2/3)``, lies at a step that nobody knows beforehand;
so every step of the sweep is tried, and the verdict is taken at the bottom.

At a kink the two one-sided differences disagree however small the step is, and no difference is the derivative.
Such entries are set aside and counted. (Chainer's checker fits five points for the same end.)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minigan.backend import Array, array_module
from minigan.random import Stream

__all__ = ["STEPS", "Sweep", "directions", "entries", "sweep"]

#: Relative step sizes of the sweep, from truncation to rounding.
STEPS = tuple(10.0**exponent for exponent in (-1, -2, -3, -4, -5, -6, -7, -8, -9))

#: Where a kink is looked for: small enough for a bend to shrink, large enough for rounding to be smaller still.
KINK_STEPS = (1e-4, 1e-5, 1e-6)

#: How far apart one-sided differences must be, in units of the largest derivative, to be called a kink.
KINK_JUMP = 1e-3


@dataclass
class Sweep:
    """The derivatives along some directions, at every step.

    Attributes
    ----------
    steps : array (S,)
    numeric : array (S, D)
        The central difference at each step along each direction.
    analytic : array (D,)
        What the backward says.
    kinks : boolean array (D,)
        Directions along which there is no derivative.
    scale : float
        What errors are measured against: the largest derivative, or what rounding leaves of a vanishing one.
    """

    steps: np.ndarray
    numeric: np.ndarray
    analytic: np.ndarray
    kinks: np.ndarray
    scale: float

    @property
    def errors(self) -> np.ndarray:
        """The largest error at each step, in units of `scale`; kinks are left out."""
        if self.kinks.all():
            return np.full(len(self.steps), np.nan)
        distance = abs(self.numeric - self.analytic)[:, ~self.kinks].max(axis=1) / self.scale
        return np.where(np.isfinite(distance), distance, np.inf)

    @property
    def best(self) -> int:
        """The place of the step where the error is smallest."""
        errors = self.errors
        return 0 if np.isnan(errors).all() else int(np.nanargmin(errors))

    @property
    def settled(self) -> np.ndarray:
        """The derivatives (D,) at the step that agrees best with the one before it.

        So they do not depend on the backward: where that is wrong, the step that comes nearest to it says nothing.
        """
        drift = abs(np.diff(np.where(self.kinks, 0.0, self.numeric), axis=0)).max(axis=1, initial=0.0)
        return self.numeric[1 + int(np.argmin(np.where(np.isfinite(drift), drift, np.inf)))]

    @property
    def worst(self) -> int:
        """The direction with the largest error."""
        distance = abs(self.settled - self.analytic)
        return int(np.argmax(np.where(self.kinks, -1.0, distance)))


def sweep(
    f: Callable[[Array], float], point: Array, ways: Sequence[Array], analytic: np.ndarray, noise: float
) -> Sweep:
    """Differences of the scalar function `f` at `point` along each of `ways`, at every step.

    `noise` is the size of what f adds up: derivatives far below it drown in rounding.
    """
    steps = np.array(STEPS) * max(1.0, float(abs(point).max()) if point.size else 1.0)
    middle = f(point)
    above = np.array([[f(point + h * way) for way in ways] for h in steps])
    below = np.array([[f(point - h * way) for way in ways] for h in steps])
    h = steps[:, None]
    numeric = (above - below) / (2 * h)
    typical = np.median(abs(numeric), axis=0).max(initial=0.0)
    scale = max(typical, float(abs(analytic).max(initial=0.0)), 1e-6 * noise) or 1.0
    jumps = abs((above - middle) / h - (middle - below) / h)
    return Sweep(steps, numeric, analytic, find_kinks(jumps, scale), scale)


def find_kinks(jumps: np.ndarray, scale: float) -> np.ndarray:
    """Where the one-sided differences stay apart: a bend's distance shrinks with the step, a kink's does not."""
    near = jumps[[STEPS.index(step) for step in KINK_STEPS]]
    return (near.min(axis=0) > KINK_JUMP * scale) & (near[-1] > 0.3 * near[0])


def entries(point: Array) -> list[Array]:
    """The unit vector of every entry, in order."""
    xp = array_module(point)
    return list(xp.eye(point.size, dtype=point.dtype).reshape(point.size, *point.shape))


def directions(point: Array, count: int, rng: Stream) -> list[Array]:
    """Random unit vectors, uniform over the sphere."""
    vectors = [rng.normal(point.shape, dtype=point.dtype) for _ in range(count)]
    return [vector / (vector * vector).sum() ** 0.5 for vector in vectors]
