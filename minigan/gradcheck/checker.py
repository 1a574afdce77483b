"""`check`: all checks of one target."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigan import numbers
from minigan.backend import Array, array_module
from minigan.errors import ConfigError, ShapeError
from minigan.gradcheck.behaviour import check_behaviour
from minigan.gradcheck.derivatives import (
    check_adjoint,
    check_first_order,
    check_second_order,
    check_tangent_backward,
)
from minigan.gradcheck.report import BEHAVIOUR, FAIL, SHAPE, Report, Row
from minigan.gradcheck.target import Target, copies, describe_error, make_target
from minigan.random import Stream

__all__ = ["MODES", "check"]

MODES = ("auto", "full", "directional")


def check(
    target: Any,
    *inputs: Any,
    backward: Callable | None = None,
    training: bool = True,
    mode: str = "auto",
    budget: int = 10_000,
    dy: Any = None,
    seed: int = 0,
    name: str | None = None,
) -> Report:
    """Run every check of a backward pass that applies.

    Parameters
    ----------
    target : Layer, Sequential or callable
        A layer or network (built, or to be built in float64 for the input's shape); a loss ``f(z) -> (value, dz)``;
        or, with `backward`, a function ``forward(*arrays) -> (y, cache)``.
    *inputs : array or tuple of int
        The input or the function's arguments; a shape means random numbers.
    backward : callable, optional
        ``backward(dy, cache) -> gradients``, one for each of `inputs`: an array, a sequence, or a mapping by the
        arguments' names.
    training : bool
        The mode of layers that have two.
    mode : {"auto", "full", "directional"}
        "full" checks entry by entry, "directional" along random unit directions. "auto" chooses "full" for quantities
        that need at most `budget` forwards, and "directional" for the others.
    budget : int
        Forwards that the differences of one quantity may take in mode "auto".
    dy : array, optional
        The upstream gradient; default: random, since a dy of ones hides the terms that BatchNorm and Softmax subtract.
    seed : int
        The seed of the point, dy, the directions and the layers' random stream.
    name : str, optional
        The name of the target in the report.

    Returns
    -------
    Report

    Raises
    ------
    ConfigError
        The target cannot be checked, or the mode is unknown.
    ShapeError
        `dy` does not have the output's shape, or there is not one gradient for each of `inputs`.

    Examples
    --------
    >>> import minigan as mg
    >>> mg.gradcheck.check(mg.layers.Conv2D(2, 3, padding="same"), (2, 5, 4, 1)).ok
    True
    >>> import numpy as np
    >>> def cube(x):
    ...     return x**3, x
    >>> report = mg.gradcheck.check(cube, (3,), backward=lambda dy, x: dy * 2 * x**2)
    >>> report.ok
    False
    """
    if mode not in MODES:
        raise ConfigError(f"expected mode to be one of {', '.join(MODES)}, got {mode!r}")
    forwards, start = numbers.whole(budget), numbers.whole(seed)
    if forwards is None or forwards < 0:
        raise ConfigError(f"expected budget to be a whole number, 0 or more, got {budget!r}")
    if start is None:
        raise ConfigError(f"expected seed to be a whole number, got {seed!r}")
    budget, seed = forwards, start
    made = make_target(target, inputs, backward, training, seed, name)
    y, _ = made.forward(copies(made.point))
    check_output(made.name, y)
    rng = Stream(seed, "gradcheck/check")
    upstream = rng.normal(np.shape(y), dtype=np.float64) if dy is None else given_dy(made.name, dy, y)
    rows = list(check_first_order(made, upstream, mode, budget, rng))
    # Values of gradients with wrong shapes cannot be checked.
    if not any(row.mode == SHAPE for row in rows):
        rows += run(made, "tangent", check_adjoint(made, upstream, rng))
        rows += run(made, "tangent_backward", check_second_order(made, upstream, rng))
        rows += run(made, "tangent_backward", check_tangent_backward(made, upstream, rng))
        rows += check_behaviour(made, upstream)
    return Report(rows, seed)


def check_output(name: str, y: Any) -> None:
    """Refuse an output that is no array of real numbers, such as several outputs."""
    if not hasattr(y, "dtype") or not hasattr(y, "shape"):
        count = f" of {len(y)}" if isinstance(y, tuple | list) else ""
        raise ConfigError(
            f"{name}: expected forward to return one array, got a {type(y).__name__}{count}: of several outputs check "
            f"each by itself, or their concatenation"
        )
    if y.dtype.kind not in "fiub":
        raise ConfigError(f"{name}: expected an output of real numbers, got {y.dtype}")


def given_dy(name: str, dy: Any, y: Array) -> Array:
    """The upstream gradient in float64: finite numbers, in the shape of the output."""
    if np.shape(dy) != np.shape(y):
        raise ShapeError(f"{name}: expected dy {np.shape(y)}, got {np.shape(dy)}")
    xp = array_module(y)
    array = dy if hasattr(dy, "dtype") else np.asarray(dy)
    if array.dtype.kind not in "fiub" or not bool(array_module(array).isfinite(array).all()):
        raise ConfigError(f"{name}: expected dy of finite real numbers, got {array.dtype}, or NaN or infinity in it")
    return xp.array(dy, np.float64)


def run(target: Target, quantity: str, rows: Iterator[Row]) -> Iterator[Row]:
    """Yield the rows, and one more if the target raises."""
    try:
        yield from rows
    except Exception as error:
        yield Row(target.name, quantity, BEHAVIOUR, FAIL, detail=describe_error(error))
