"""The derivatives of small entries: each is judged by its own size.

The other checks allow an error in units of the largest derivative. If the derivatives of a quantity are 1e8 and 1, they
do not see the second. Here steps are in units of the entry itself, and the outputs are compared before they are added
up, so that those which do not depend on the entry add no rounding error.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from minigan.backend import Array, array_module, asnumpy
from minigan.gradcheck.differences import Sweep, factor
from minigan.gradcheck.report import FAIL, PASS, SKIP, Row
from minigan.gradcheck.target import Target, copies
from minigan.random import Stream

__all__ = ["check_small_entries"]

#: Entries below this fraction of the largest derivative are small: a tolerance of 1e-7 is 1% of them, or more.
SMALL = 1e-5

#: The error that is allowed, in units of the derivative itself.
TOLERANCE = 1e-3

#: Steps of differences, in units of the entry.
STEPS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)

#: The error of differences is known to an order of magnitude.
FLOORS = 30

EPS = float(np.finfo(np.float64).eps)

#: Rounding errors of a backward are at most this fraction of the terms that it adds up.
ROUNDINGS = 1e3 * EPS

#: Below this fraction of the size of f a whole gradient may be what rounding leaves of zero.
VANISHED = 1e-9

COMPLEX_STEP = 1e-30

#: The verdicts on one entry; a derivative of 0 up to rounding has none.
RIGHT, WRONG, UNKNOWN, NONE = "right", "wrong", "unknown", "none"


class Derivative(NamedTuple):
    """A derivative, the error it may have, and the size of the terms that a backward may add up to it."""

    value: float
    error: float
    terms: float


class Judged(NamedTuple):
    """The verdict on one entry or direction: its index or None, the derivative by the backward and the expected one."""

    verdict: str
    at: int | None
    given: float
    expected: float


def check_small_entries(
    target: Target, name: str, gradient: Array, dy: Array, found: Sweep, full: bool, complex_steps: bool, rng: Stream
) -> Iterator[Row]:
    """Check the entries of the quantity `name` whose derivatives are far below the largest.

    With `full` one by one; otherwise along one direction over all entries of similar size, by a complex step alone.

    An entry is wrong if its error is above the tolerance, and above the rounding errors of the largest derivative. If
    it is below those, or if differences are too rough, the entry cannot be judged, and the report says so.
    """
    analytic = asnumpy(gradient).astype(np.float64)
    largest = float(abs(analytic).max(initial=0.0))
    if largest < VANISHED * found.scale:
        return
    masks: list[tuple[int | None, np.ndarray]] = []
    if full:
        small = ~found.kinks & (np.maximum(abs(analytic.ravel()), abs(found.estimate)) < SMALL * found.scale)
        masks = [(int(index), place(analytic.shape, int(index))) for index in np.flatnonzero(small)]
    elif complex_steps:
        masks = [(None, mask) for mask in sizes(abs(analytic), largest)]
    judged = []
    for index, mask in masks:
        point = asnumpy(target.point[name])
        own = np.where(point == 0, 1.0, abs(point)) * mask
        vector = own if full else own * asnumpy(rng.normal(point.shape, dtype=np.float64))
        outputs = along(target, name, array_module(gradient).asarray(vector))
        given = float((analytic * vector).sum())
        exact = by_complex_step(outputs, dy) if complex_steps else None
        reach = float(abs(vector).max())
        summands = float(abs(dy).sum()) * reach  # a backward may add up all of dy, to a sum that vanishes
        rough = by_differences(outputs, dy, float(abs(point).max()) / reach)
        verdict, expected = judge(given, rough, exact, largest * reach, summands)
        scale = reach if full else 1.0
        judged.append(Judged(verdict, index, given / scale, expected / scale))
    yield from rows(target.name, name, judged, analytic.shape, "complex step" if complex_steps else "differences")


def place(shape: tuple[int, ...], index: int) -> np.ndarray:
    """1 at one entry, 0 elsewhere."""
    mask = np.zeros(shape)
    mask.flat[index] = 1
    return mask


def sizes(gradient: np.ndarray, largest: float) -> Iterator[np.ndarray]:
    """Masks of the entries with small derivatives, each of those within a factor of 1e5; none of those that are 0."""
    high = SMALL * largest
    while (mask := (gradient > 0) & (gradient < high)).any():
        high = float(gradient[mask].max()) * (1 + EPS)
        yield mask & (gradient >= high * SMALL)
        high *= SMALL


def along(target: Target, name: str, vector: Array) -> Callable[[Any], Array]:
    """The outputs as a function of the step along `vector`."""

    def outputs(step: Any) -> Array:
        with np.errstate(all="ignore"):
            return target.forward(copies({**target.point, name: target.point[name] + step * vector}))[0]

    return outputs


def by_complex_step(outputs: Callable[[Any], Array], dy: Array) -> Derivative:
    """``sum dy Im y(x + ih v) / h``: exact up to rounding."""
    parts = asnumpy(dy * outputs(1j * COMPLEX_STEP).imag) / COMPLEX_STEP
    terms = float(abs(parts).sum())
    return Derivative(float(parts.sum()), EPS * terms, terms)


def by_differences(outputs: Callable[[Any], Array], dy: Array, great: float) -> Derivative:
    """The central difference, at the step that agrees best with the one before it.

    A step of the size `great` shows which outputs depend on the entry: a small one may be lost in their rounding.
    """
    terms = asnumpy(dy * outputs(0.0))
    rounding = EPS * float(abs(terms[asnumpy(dy * outputs(max(1.0, great))) != terms]).sum())
    best, before = Derivative(0.0, np.inf, np.inf), np.nan
    for step in STEPS:
        try:
            above, below = outputs(step), outputs(-step)
        except (ArithmeticError, ValueError):  # outside of the domain
            continue
        parts = asnumpy(dy * (above - below)) / (2 * step)
        value = float(parts.sum())
        error = abs(value - before) + rounding / step
        if error < best.error:
            best = Derivative(value, error, float(abs(parts).sum()))
        before = value
    return best


def judge(
    given: float, rough: Derivative, exact: Derivative | None, largest: float, summands: float
) -> tuple[str, float]:
    """The verdict on the derivative `given` by a backward, and the expected derivative."""
    best = exact or rough
    apart = abs(given - best.value)
    room = FLOORS * rough.error
    rounding = ROUNDINGS * (best.terms + summands)
    if apart <= max(TOLERANCE * abs(best.value), rounding):
        # Of a sum that vanishes up to rounding nothing is known.
        return (RIGHT if abs(given) > rounding else NONE), best.value
    if exact is None and not apart > room:
        known = room <= 0.1 * abs(given)
        return (RIGHT if known else NONE if abs(given) <= EPS * largest else UNKNOWN), best.value
    if exact and abs(given - rough.value) <= max(room, TOLERANCE * abs(rough.value)) and room < apart / 2:
        return RIGHT, rough.value  # the imaginary part was lost
    if apart > ROUNDINGS * largest:
        return WRONG, best.value
    return (UNKNOWN if max(abs(given), abs(best.value)) > EPS * largest else NONE), best.value


def rows(target: str, name: str, judged: list[Judged], shape: tuple[int, ...], source: str) -> Iterator[Row]:
    """A row for the entries that could be judged, and one for those that could not."""
    known = [entry for entry in judged if entry.verdict in (RIGHT, WRONG)]
    what = "entries" if not judged or judged[0].at is not None else "directions"
    mode = f"{source}, small {what} by their own size"
    if known:
        wrong = [entry for entry in known if entry.verdict == WRONG]
        worst = max(wrong or known, key=relative_error)
        row = Row(target, name, mode, FAIL if wrong else PASS, relative_error(worst), TOLERANCE)
        row.backward, row.expected = worst.given, worst.expected
        row.index = None if worst.at is None else tuple(map(int, np.unravel_index(worst.at, shape)))
        if wrong:
            given, expected = (np.array([entry[column] for entry in wrong]) for column in (2, 3))
            at = "" if row.index is None else f"at index {row.index}: "
            row.detail = (
                f"{at}backward {worst.given:.9g}, {source} {worst.expected:.9g}; "
                f"wrong in {len(wrong)} of {len(known)} small {what}{factor(given, expected)}"
            )
        yield row
    unknown = [entry for entry in judged if entry.verdict == UNKNOWN]
    if unknown:
        index = unknown[0].at
        at = "" if index is None else f", the first at index {tuple(map(int, np.unravel_index(index, shape)))}"
        detail = f"not judged: {len(unknown)} of {len(judged)}, below the rounding errors of the largest{at}"
        yield Row(target, name, mode, SKIP, detail=detail)


def relative_error(entry: Judged) -> float:
    """The error in units of the derivative."""
    apart, size = abs(entry.given - entry.expected), max(abs(entry.given), abs(entry.expected))
    return apart / size if size else 0.0
