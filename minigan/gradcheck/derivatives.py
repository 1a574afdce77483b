"""The checks of values: differences, complex steps, the adjoint identity, the second order."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigan.backend import Array, array_module, asnumpy
from minigan.gradcheck.differences import STEPS, Sweep, directions, entries, sweep
from minigan.gradcheck.report import FAIL, PASS, SHAPE, SKIP, Row
from minigan.gradcheck.target import Arrays, ModelTarget, Target, copies
from minigan.random import Stream

__all__ = ["check_adjoint", "check_first_order", "check_second_order", "check_tangent_backward"]

#: Of the gradient's differences; and of further derivatives, where each takes several passes.
DIRECTIONS, FURTHER_DIRECTIONS = 8, 4

#: Allowed errors, in units of the largest derivative.
DIFFERENCE_TOLERANCE = 1e-7
COMPLEX_TOLERANCE = 1e-12
ADJOINT_TOLERANCE = {"float64": 1e-12, "float32": 1e-4}
SECOND_ORDER_TOLERANCE = 1e-6

#: The bottom of a V is known to an order of magnitude; no error below this many is one.
FLOORS = 30

#: A complex step this small has no truncation error, for nothing is subtracted.
COMPLEX_STEP = 1e-30

#: Derivatives far below this part of what f adds up are what rounding leaves of zero.
COMPLEX_NOISE = 1e-2


def check_first_order(target: Target, dy: Array, mode: str, budget: int, rng: Stream) -> Iterator[Row]:
    """Every gradient of ``<y, dy>`` against differences and against complex steps."""
    y, cache = target.forward(copies(target.point))
    gradients = target.backward(target.point, dy.copy(), cache)
    noise = float(abs(y * dy).sum())
    for name, point in target.point.items():
        gradient = gradients[name]
        if getattr(gradient, "shape", None) != point.shape:
            detail = f"expected a gradient of shape {point.shape}, got {getattr(gradient, 'shape', gradient)}"
            yield Row(target.name, name, SHAPE, FAIL, detail=detail)
            continue
        full = mode == "full" or (mode == "auto" and 2 * len(STEPS) * point.size <= budget)
        ways = entries(point) if full else directions(point, DIRECTIONS, rng)
        analytic = asnumpy(gradient).ravel() if full else np.array([float((gradient * way).sum()) for way in ways])
        kind = "full" if full else f"{len(ways)} directions"

        def f(array: Array, name: str = name) -> Any:
            return target.value({**target.point, name: array}, dy)

        found = sweep(lambda array: float(f(array)), point, ways, analytic, noise)
        shape = point.shape if full else None
        row = difference_row(target.name, name, f"differences, {kind}", found, DIFFERENCE_TOLERANCE, shape)
        if full:
            row.error_map = np.where(found.kinks, 0, abs(found.settled - analytic)).reshape(point.shape)
        yield row
        yield complex_row(target, name, kind, f, point, ways, found, noise, shape)
        if full and found.kinks.any():
            yield from check_together(target.name, name, f, point, gradient, found, noise)


def difference_row(
    target: str,
    quantity: str,
    mode: str,
    found: Sweep,
    tolerance: float,
    shape: tuple[int, ...] | None = None,
) -> Row:
    """The verdict at the bottom of the sweep; `shape` is the quantity's where each direction is an entry."""
    kinks = int(found.kinks.sum())
    if found.kinks.all():
        what = "along every direction there is" if shape is None else "every entry lies at"
        return Row(target, quantity, mode, SKIP, kinks=kinks, detail=f"{what} a kink", sweep=found)
    # Where f adds up much and moves little, not even the best step has the digits.
    tolerance = max(tolerance, FLOORS * found.floor)
    error = float(found.errors[found.best])
    row = Row(target, quantity, mode, PASS if error <= tolerance else FAIL, error, tolerance, kinks, sweep=found)
    return compared(row, found, found.settled, "differences", 9, shape)


def compared(
    row: Row, found: Sweep, expected: np.ndarray, source: str, digits: int, shape: tuple[int, ...] | None
) -> Row:
    """The row with its worst entry or direction; and if it is wrong, with what is wrong there and elsewhere."""
    distance = np.where(found.kinks, -1.0, abs(expected - found.analytic))
    worst = int(np.argmax(distance))
    row.backward, row.expected = float(found.analytic[worst]), float(expected[worst])
    if shape is not None:
        row.index = tuple(map(int, np.unravel_index(worst, shape)))
    if row.verdict != FAIL:
        return row
    apart = abs(row.expected - row.backward)
    row.detail = f"backward {row.backward:.{digits}g}, {source} {row.expected:.{digits}g}, apart by {apart:.2e}"
    bad = ~(distance <= (row.tolerance or 0) * found.scale)
    if row.index is not None:
        row.detail = f"at index {row.index}: {row.detail}"
    if len(bad) > 1:
        ways = "directions" if row.index is None else "entries"
        row.detail += f"; wrong in {bad.sum()} of {len(bad)} {ways}{factor(found.analytic[bad], expected[bad])}"
    return row


def factor(analytic: np.ndarray, expected: np.ndarray) -> str:
    """What all these gradients are too large by, if it is one number: a mean for a sum, a sign, a missing 2."""
    times = float(analytic @ expected / (expected @ expected)) if expected.any() else np.nan
    spread = abs(analytic - times * expected).max() / abs(expected).max() if expected.any() else np.nan
    return f", everywhere by the factor {times:.6g}" if len(expected) > 1 and spread < 1e-6 < abs(times - 1) else ""


def check_together(
    target: str, name: str, f: Callable[[Array], Any], point: Array, gradient: Array, found: Sweep, noise: float
) -> Iterator[Row]:
    """The entries at kinks, moved by the same step.

    Of values that tie for a maximum none has a derivative of its own: it wins above and loses below. Moved together
    they move the maximum, and a backward that pays each of them in full is seen. Most other kinks stay kinks.
    """
    way = array_module(point).asarray(found.kinks.reshape(point.shape).astype(np.float64))
    analytic = np.array([float((gradient * way).sum())])
    together = sweep(lambda array: float(f(array)), point, [way], analytic, noise)
    if not together.kinks.any():
        quantity, mode = f"kinks of {name} moved together", "differences"
        yield difference_row(target, quantity, mode, together, DIFFERENCE_TOLERANCE)


def complex_row(
    target: Target,
    name: str,
    kind: str,
    f: Callable[[Array], Any],
    point: Array,
    ways: list[Array],
    found: Sweep,
    noise: float,
    shape: tuple[int, ...] | None,
) -> Row:
    """``Im f(x + ih v) / h``: exact to rounding where f is analytic, wrong without a word where it is not.

    Absolute values, maxima and comparisons can lose the imaginary part. That is noticed by the differences: where
    they contradict the complex step, the complex step is not applicable.
    """
    mode = f"complex step, {kind}"
    smooth = ~found.kinks
    if not smooth.any():
        return Row(target.name, name, mode, SKIP, detail="there is a kink everywhere")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            steps = [f(point + 1j * COMPLEX_STEP * way) for way in ways]
    except np.exceptions.ComplexWarning:
        return Row(target.name, name, mode, SKIP, detail="the imaginary part is lost in a cast to real numbers")
    except Exception as refusal:  # whatever real code does with complex numbers
        return Row(target.name, name, mode, SKIP, detail=f"forward takes no complex numbers: {type(refusal).__name__}")
    exact = np.array([float(complex(step).imag) for step in steps]) / COMPLEX_STEP
    # As near as differences come.
    if not abs(exact - found.settled)[smooth].max() <= max(DIFFERENCE_TOLERANCE, FLOORS * found.floor) * found.scale:
        lost = "the imaginary part is lost (abs, max or a comparison)"
        return Row(target.name, name, mode, SKIP, detail=lost)
    scale = max(found.scale, COMPLEX_NOISE * noise)
    error = float(abs(exact - found.analytic)[smooth].max()) / scale
    row = Row(target.name, name, mode, PASS if error <= COMPLEX_TOLERANCE else FAIL, error, COMPLEX_TOLERANCE)
    return compared(row, found, exact, "complex step", 15, shape)


def check_adjoint(target: Target, dy: Array, rng: Stream) -> Iterator[Row]:
    """``<J v, u> = <v, J^T u>``: forward derivative and backward are transposes of each other, to rounding."""
    if not isinstance(target, ModelTarget):
        return
    if not target.has_tangent:
        yield Row(target.name, "x", "adjoint identity", SKIP, detail="it has no tangent pass")
        return
    v = rng.normal(target.point["x"].shape, dtype=np.float64)
    for dtype, tolerance in ADJOINT_TOLERANCE.items():
        values = {name: array.astype(dtype) for name, array in target.point.items()}
        v_, u = v.astype(dtype), dy.astype(dtype)
        _, cache = target.forward(values)
        y_dot, _ = target.tangent(values, v_.copy(), cache)
        dx = target.backward(values, u.copy(), cache)["x"]
        forwards, backwards = (y_dot.astype(np.float64) * u).sum(), (v_ * dx.astype(np.float64)).sum()
        scale = float((y_dot * y_dot).sum() * (u * u).sum()) ** 0.5 or 1.0
        error = abs(float(forwards - backwards)) / scale
        wrong = not error <= tolerance
        detail = f"<Jv, u> is {float(forwards):.12g}, <v, J^T u> is {float(backwards):.12g}" if wrong else ""
        mode = f"adjoint identity, {dtype}"
        yield Row(target.name, "x", mode, FAIL if wrong else PASS, error, tolerance, detail=detail)


def check_second_order(target: Target, dy: Array, rng: Stream) -> Iterator[Row]:
    """The gradient of the penalty ``P = <g, g> / 2`` on ``g = J^T dy`` against differences of the first gradient.

    With ``v = dP/dg = g`` held fixed, the gradient of P is that of ``<v, g> = <J v, dy>``: one tangent pass along v,
    one reverse pass through it.
    """
    if not isinstance(target, ModelTarget):
        return
    if not target.has_tangent:
        yield Row(target.name, "penalty", "second order", SKIP, detail="it has no tangent pass")
        return

    def gradient(values: Arrays) -> tuple[Array, Any]:
        _, cache = target.forward(copies(values))
        return target.backward(values, dy.copy(), cache)["x"], cache

    g, cache = gradient(target.point)
    _, tangent_cache = target.tangent(target.point, g, cache)
    found = target.tangent_backward(target.point, array_module(dy).zeros_like(dy), dy, cache, tangent_cache)
    noise = float((g * g).sum())
    for name, point in target.point.items():
        ways = directions(point, FURTHER_DIRECTIONS, rng)
        analytic = np.array([float((found[name] * way).sum()) for way in ways])

        def penalty(array: Array, name: str = name) -> float:
            moved, _ = gradient({**target.point, name: array})
            return float((moved * moved).sum()) / 2

        differences = sweep(penalty, point, ways, analytic, noise)
        mode = f"second order, {len(ways)} directions"
        yield difference_row(target.name, name, mode, differences, SECOND_ORDER_TOLERANCE)


def check_tangent_backward(target: Target, dy: Array, rng: Stream) -> Iterator[Row]:
    """All gradients of ``S = <y, dy> + <y_dot, dy_dot>`` against differences.

    The penalty above has no dy and does not ask for the gradient of x_dot; a layer inside a network is given the one
    and owes the other.
    """
    if not isinstance(target, ModelTarget) or not target.has_tangent:
        return
    dy_dot = rng.normal(dy.shape, dtype=np.float64)
    point = {**target.point, "x_dot": rng.normal(target.point["x"].shape, dtype=np.float64)}

    def passes(values: Arrays) -> tuple[Array, Any, Any]:
        """What S adds up, and both caches."""
        of_model = {name: values[name] for name in target.point}
        y, cache = target.forward(copies(of_model))
        y_dot, tangent_cache = target.tangent(of_model, values["x_dot"].copy(), cache)
        return y * dy + y_dot * dy_dot, cache, tangent_cache

    terms, cache, tangent_cache = passes(point)
    found = target.tangent_backward(target.point, dy.copy(), dy_dot.copy(), cache, tangent_cache)
    noise = float(abs(terms).sum())
    for name, array in point.items():
        ways = directions(array, FURTHER_DIRECTIONS, rng)
        analytic = np.array([float((found[name] * way).sum()) for way in ways])

        def value(moved: Array, name: str = name) -> float:
            return float(passes({**point, name: moved})[0].sum())

        differences = sweep(value, array, ways, analytic, noise)
        mode = f"tangent_backward, {len(ways)} directions"
        yield difference_row(target.name, name, mode, differences, SECOND_ORDER_TOLERANCE)
