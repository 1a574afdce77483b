"""Derivatives by central differences, the yardstick of every backward."""

from collections.abc import Callable

import numpy as np


def numerical_gradient(f: Callable[[], float], x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """``df/dx`` entry by entry, ``(f(x + h) - f(x - h)) / 2h``; `f` reads `x`, which is changed and restored."""
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        value = x[index]
        x[index] = value + step
        above = f()
        x[index] = value - step
        below = f()
        x[index] = value
        gradient[index] = (above - below) / (2 * step)
    return gradient


def relative_error(got: np.ndarray, expected: np.ndarray) -> float:
    """The distance in units of the expected array's length; plain distance where that is zero."""
    return float(np.linalg.norm(got - expected) / (np.linalg.norm(expected) or 1.0))
