"""Checks of derivatives: differences, complex steps, the adjoint identity, the second order."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigan.backend import Array, array_module, asnumpy
from minigan.gradcheck.differences import STEPS, Sweep, directions, entries, factor, sweep
from minigan.gradcheck.report import FAIL, PASS, SHAPE, SKIP, Row
from minigan.gradcheck.small_entries import check_small_entries
from minigan.gradcheck.target import BLANK, Arrays, ModelTarget, Target, copies
from minigan.random import Stream

__all__ = ["check_adjoint", "check_first_order", "check_second_order", "check_tangent_backward"]

#: Directions for gradients, and for the other checks, in which each direction takes several passes.
DIRECTIONS, FURTHER_DIRECTIONS = 8, 4

#: Allowed errors, in units of the largest derivative.
DIFFERENCE_TOLERANCE = 1e-7
COMPLEX_TOLERANCE = 1e-12
ADJOINT_TOLERANCE = {"float64": 1e-12, "float32": 1e-4}
SECOND_ORDER_TOLERANCE = 1e-6

#: The smallest error of differences is known to an order of magnitude: the tolerance is at least this many times it.
FLOORS = 30

#: A complex step this small has no truncation error, and no rounding error from a subtraction.
COMPLEX_STEP = 1e-30

#: Derivatives far below this fraction of the sum of |terms| of f may be rounding errors of zero.
COMPLEX_NOISE = 1e-2


def describe(gradient: Any) -> str:
    """What came in place of a gradient."""
    if gradient is ...:
        return BLANK
    if gradient is None:
        return "None: does backward return it?"
    return str(getattr(gradient, "shape", gradient))


def check_first_order(target: Target, dy: Array, mode: str, budget: int, rng: Stream) -> Iterator[Row]:
    """Compare every gradient of ``<y, dy>`` with differences and with complex steps."""
    y, cache = target.forward(copies(target.point))
    gradients = target.backward(target.point, dy.copy(), cache)
    noise = float(abs(y * dy).sum())
    for name, point in target.point.items():
        gradient = gradients[name]
        if getattr(gradient, "shape", None) != point.shape:
            detail = f"expected a gradient of shape {point.shape}, got {describe(gradient)}"
            yield Row(target.name, name, SHAPE, FAIL, detail=detail)
            continue
        full = mode == "full" or (mode == "auto" and 2 * len(STEPS) * point.size <= budget)
        vectors = entries(point) if full else directions(point, DIRECTIONS, rng)
        analytic = (
            asnumpy(gradient).ravel() if full else np.array([float((gradient * vector).sum()) for vector in vectors])
        )
        kind = "full" if full else f"{len(vectors)} directions"

        def f(array: Array, name: str = name) -> Any:
            return target.value({**target.point, name: array}, dy)

        found = sweep(lambda array: float(f(array)), point, vectors, analytic, noise)
        shape = point.shape if full else None
        row = difference_row(target.name, name, f"differences, {kind}", found, DIFFERENCE_TOLERANCE, shape)
        if full:
            row.error_map = np.where(found.kinks, 0, abs(found.estimate - analytic)).reshape(point.shape)
        yield row
        exact = complex_row(target, name, kind, f, point, vectors, found, noise, shape)
        yield exact
        if row.verdict == PASS and exact.verdict != FAIL:
            complex_steps = exact.verdict == PASS
            yield from check_small_entries(target, name, gradient, dy, found, full, complex_steps, rng)
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
    """The verdict at the best step of the sweep; `shape` is the quantity's where each direction is an entry."""
    kinks = int(found.kinks.sum())
    if found.kinks.all():
        what = "along every direction there is" if shape is None else "every entry is at"
        return Row(target, quantity, mode, SKIP, kinks=kinks, detail=f"{what} a kink", sweep=found)
    # Where the terms of f are large and its changes small, not even the best step has enough digits.
    tolerance = max(tolerance, FLOORS * found.floor)
    error = float(found.errors[found.best])
    row = Row(target, quantity, mode, PASS if error <= tolerance else FAIL, error, tolerance, kinks, sweep=found)
    return compared(row, found, found.estimate, "differences", 9, shape)


def compared(
    row: Row, found: Sweep, expected: np.ndarray, source: str, digits: int, shape: tuple[int, ...] | None
) -> Row:
    """Add the worst entry or direction to the row and, if it is wrong, a description of the errors."""
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
    kind = "directions" if row.index is None else "entries"
    for what, values in (("forward", expected), ("backward", found.analytic)):
        if count := int((~np.isfinite(values) & ~found.kinks).sum()):
            row.detail += f"; {what} gives NaN or infinity in {count} of {len(values)} {kind}"
            return row
    if len(bad) > 1:
        row.detail += f"; wrong in {bad.sum()} of {len(bad)} {kind}{factor(found.analytic[bad], expected[bad])}"
    return row


def check_together(
    target: str, name: str, f: Callable[[Array], Any], point: Array, gradient: Array, found: Sweep, noise: float
) -> Iterator[Row]:
    """Check the entries at kinks, all shifted by the same step.

    Equal values at a maximum have no derivative one by one: each is the maximum when it grows, but not when it falls.
    Shifted together they change the maximum smoothly, so a backward that gives each of them the whole gradient is
    found. Most other kinks stay kinks.
    """
    vector = array_module(point).asarray(found.kinks.reshape(point.shape).astype(np.float64))
    analytic = np.array([float((gradient * vector).sum())])
    together = sweep(lambda array: float(f(array)), point, [vector], analytic, noise)
    if not together.kinks.any():
        quantity, mode = f"kinks of {name} shifted together", "differences"
        yield difference_row(target, quantity, mode, together, DIFFERENCE_TOLERANCE)


def complex_row(
    target: Target,
    name: str,
    kind: str,
    f: Callable[[Array], Any],
    point: Array,
    vectors: list[Array],
    found: Sweep,
    noise: float,
    shape: tuple[int, ...] | None,
) -> Row:
    """Compare with ``Im f(x + ih v) / h``: exact up to rounding where f is analytic, silently wrong where it is not.

    Absolute values, maxima and comparisons can lose the imaginary part. The differences show that: where they
    contradict the complex step, it is not applicable.
    """
    mode = f"complex step, {kind}"
    smooth = ~found.kinks
    if not smooth.any():
        return Row(target.name, name, mode, SKIP, detail="there is a kink everywhere")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            steps = [f(point + 1j * COMPLEX_STEP * vector) for vector in vectors]
    except np.exceptions.ComplexWarning:
        return Row(target.name, name, mode, SKIP, detail="the imaginary part is lost in a cast to real numbers")
    except Exception as refusal:  # code for real numbers can raise anything here
        return Row(target.name, name, mode, SKIP, detail=f"forward takes no complex numbers: {type(refusal).__name__}")
    exact = np.array([float(complex(step).imag) for step in steps]) / COMPLEX_STEP
    # Within the accuracy of differences.
    if not abs(exact - found.estimate)[smooth].max() <= max(DIFFERENCE_TOLERANCE, FLOORS * found.floor) * found.scale:
        lost = "the imaginary part is lost (abs, max or a comparison)"
        return Row(target.name, name, mode, SKIP, detail=lost)
    scale = max(found.scale, COMPLEX_NOISE * noise)
    error = float(abs(exact - found.analytic)[smooth].max()) / scale
    row = Row(target.name, name, mode, PASS if error <= COMPLEX_TOLERANCE else FAIL, error, COMPLEX_TOLERANCE)
    return compared(row, found, exact, "complex step", 15, shape)


def check_adjoint(target: Target, dy: Array, rng: Stream) -> Iterator[Row]:
    """Check ``<J v, u> = <v, J^T u>``: tangent pass and backward are transposes of each other, up to rounding."""
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
    """Compare the gradient of the penalty ``P = <g, g> / 2`` on ``g = J^T dy`` with differences of P.

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
        vectors = directions(point, FURTHER_DIRECTIONS, rng)
        analytic = np.array([float((found[name] * vector).sum()) for vector in vectors])

        def penalty(array: Array, name: str = name) -> float:
            shifted, _ = gradient({**target.point, name: array})
            return float((shifted * shifted).sum()) / 2

        differences = sweep(penalty, point, vectors, analytic, noise)
        mode = f"second order, {len(vectors)} directions"
        yield difference_row(target.name, name, mode, differences, SECOND_ORDER_TOLERANCE)


def check_tangent_backward(target: Target, dy: Array, rng: Stream) -> Iterator[Row]:
    """Compare all gradients of ``S = <y, dy> + <y_dot, dy_dot>`` with differences.

    The penalty above has no dy and does not use the gradient of x_dot; a layer inside a network gets a dy and has to
    return that gradient.
    """
    if not isinstance(target, ModelTarget) or not target.has_tangent:
        return
    dy_dot = rng.normal(dy.shape, dtype=np.float64)
    point = {**target.point, "x_dot": rng.normal(target.point["x"].shape, dtype=np.float64)}

    def passes(values: Arrays) -> tuple[Array, Any, Any]:
        """The terms of S, and both caches."""
        of_model = {name: values[name] for name in target.point}
        y, cache = target.forward(copies(of_model))
        y_dot, tangent_cache = target.tangent(of_model, values["x_dot"].copy(), cache)
        return y * dy + y_dot * dy_dot, cache, tangent_cache

    terms, cache, tangent_cache = passes(point)
    found = target.tangent_backward(target.point, dy.copy(), dy_dot.copy(), cache, tangent_cache)
    noise = float(abs(terms).sum())
    for name, array in point.items():
        vectors = directions(array, FURTHER_DIRECTIONS, rng)
        analytic = np.array([float((found[name] * vector).sum()) for vector in vectors])

        def value(shifted: Array, name: str = name) -> float:
            return float(passes({**point, name: shifted})[0].sum())

        differences = sweep(value, array, vectors, analytic, noise)
        mode = f"tangent_backward, {len(vectors)} directions"
        yield difference_row(target.name, name, mode, differences, SECOND_ORDER_TOLERANCE)
