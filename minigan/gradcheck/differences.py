"""Derivatives by central differences, over a sweep of step sizes.

For a smooth f, ``(f(x + h) - f(x - h)) / 2h`` has the error ``h^2 f'''/6`` (truncation) plus about
``eps |f| / h`` (rounding): plotted over h, a V. Its minimum, about ``eps^(2/3)``, is at a step that is not known in
advance; so every step of the sweep is tried, and the verdict is taken at the minimum.

At a kink the two one-sided differences disagree however small the step is, and no difference is the derivative.
Such entries are left out and counted. (Chainer's checker fits five points to find them.)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minigan.backend import Array, array_module
from minigan.random import Stream

__all__ = ["STEPS", "Sweep", "directions", "entries", "factor", "sweep"]

#: Relative step sizes of the sweep, from truncation to rounding.
STEPS = tuple(10.0**exponent for exponent in (-1, -2, -3, -4, -5, -6, -7, -8, -9))

#: Steps for finding kinks: small enough that curvature has little effect, large enough that rounding has less.
KINK_STEPS = (1e-4, 1e-5, 1e-6)

#: The least distance of one-sided differences at a kink: relative to themselves, and to the sum of |terms| of f.
KINK_JUMP, KINK_NOISE = 1e-6, 1e-9

#: The least jump of f, relative to the sum of its |terms|; a smaller one is the rounding of a forward in float32.
STEP_UP = 1e-6


@dataclass
class Sweep:
    """The derivatives along some directions, at every step.

    Attributes
    ----------
    steps : array (S,)
    numeric : array (S, D)
        The central difference at each step along each direction.
    analytic : array (D,)
        The derivative by the backward.
    kinks : boolean array (D,)
        Directions along which there is no derivative.
    scale : float
        The unit of errors: the largest derivative, or the size of rounding errors where all derivatives vanish.
    floor : float
        The smallest error where f is smooth, to an order of magnitude, in units of `scale`.
    """

    steps: np.ndarray
    numeric: np.ndarray
    analytic: np.ndarray
    kinks: np.ndarray
    scale: float
    floor: float

    @property
    def errors(self) -> np.ndarray:
        """The largest error at each step, in units of `scale`; kinks are left out."""
        if self.kinks.all():
            return np.full(len(self.steps), np.nan)
        with np.errstate(invalid="ignore"):  # infinite derivatives in units of an infinite one
            distance = abs(self.numeric - self.analytic)[:, ~self.kinks].max(axis=1) / self.scale
        return np.where(np.isfinite(distance), distance, np.inf)

    @property
    def best(self) -> int:
        """The index of the step with the smallest error."""
        errors = self.errors
        return 0 if np.isnan(errors).all() else int(np.nanargmin(errors))

    @property
    def estimate(self) -> np.ndarray:
        """The derivatives (D,) at the step that agrees best with the one before it.

        It does not depend on the backward: where that is wrong, the step that agrees best with it is meaningless.
        """
        drift = abs(np.diff(np.where(self.kinks, 0.0, self.numeric), axis=0)).max(axis=1, initial=0.0)
        return self.numeric[1 + int(np.argmin(np.where(np.isfinite(drift), drift, np.inf)))]

    @property
    def worst(self) -> int:
        """The direction with the largest error."""
        distance = abs(self.estimate - self.analytic)
        return int(np.argmax(np.where(self.kinks, -1.0, distance)))


def sweep(
    f: Callable[[Array], float], point: Array, vectors: Sequence[Array], analytic: np.ndarray, noise: float
) -> Sweep:
    """Differences of the scalar function `f` at `point` along each of `vectors`, at every step.

    `noise` is the sum of |terms| of f: derivatives far below it are lost in rounding. A step may leave the domain of
    f, as the largest do for a logarithm of 0.05: such a difference is NaN, and another step is the best.
    """

    def value(array: Array) -> float:
        with np.errstate(all="ignore"):
            try:
                return f(array)
            except (ArithmeticError, ValueError):
                return np.nan

    steps = np.array(STEPS) * max(1.0, float(abs(point).max()))
    middle = f(point)
    above = np.array([[value(point + h * vector) for vector in vectors] for h in steps])
    below = np.array([[value(point - h * vector) for vector in vectors] for h in steps])
    h = steps[:, None]
    numeric = (above - below) / (2 * h)
    near = [STEPS.index(step) for step in KINK_STEPS]
    kinks = find_kinks((middle - below[near]) / h[near], (above[near] - middle) / h[near], h[near], noise)
    # The differences of an entry without a derivative can be arbitrarily large.
    sizes = abs(np.nan_to_num(numeric[:, ~kinks], posinf=0.0, neginf=0.0))
    typical = float(np.median(sizes, axis=0).max(initial=0.0))
    scale = max(typical, float(abs(analytic[~kinks]).max(initial=0.0)), 1e-6 * noise) or 1.0
    floor = float(np.finfo(float).eps * noise / scale) ** (2 / 3) if np.isfinite(noise) else 0.0
    return Sweep(steps, numeric, analytic, kinks, scale, floor)


def find_kinks(below: np.ndarray, above: np.ndarray, h: np.ndarray, noise: float) -> np.ndarray:
    """Find kinks: the distance of one-sided differences, each (3, D), does not shrink with the step there.

    At a kink the distance stays the same, at a jump of f it grows; for a smooth f it shrinks. Rounding makes it grow
    too, but such small jumps do not count: a forward that rounds to float32 has derivatives, and the report should say
    that it is not precise.
    """
    apart = abs(above - below)
    slopes = np.maximum(abs(above), abs(below)).max(axis=0)
    stays = (apart.min(axis=0) > np.maximum(KINK_JUMP * slopes, KINK_NOISE * noise)) & (apart[-1] > 0.3 * apart[0])
    return stays & ((apart[-1] < 3 * apart[0]) | (apart[-1] * h[-1] > STEP_UP * noise))


def entries(point: Array) -> list[Array]:
    """The unit vector of every entry, in order."""
    xp = array_module(point)
    return list(xp.eye(point.size, dtype=point.dtype).reshape(point.size, *point.shape))


def directions(point: Array, count: int, rng: Stream) -> list[Array]:
    """Random unit vectors, uniform over the sphere."""
    vectors = [rng.normal(point.shape, dtype=point.dtype) for _ in range(count)]
    return [vector / (vector * vector).sum() ** 0.5 for vector in vectors]


def factor(analytic: np.ndarray, expected: np.ndarray) -> str:
    """The common factor of these gradients, if there is one: a mean for a sum, a sign, a missing 2."""
    times = float(analytic @ expected / (expected @ expected)) if expected.any() else np.nan
    spread = abs(analytic - times * expected).max() / abs(expected).max() if expected.any() else np.nan
    return f", everywhere by the factor {times:.6g}" if len(expected) > 1 and spread < 1e-6 < abs(times - 1) else ""
