"""The check of an exercise by numbers."""

from typing import Any

import numpy as np

from minigan.errors import ExerciseError
from minigan.learn.floats import as_floats

__all__ = ["compare"]


def compare(name: str, got: Any, expected: Any, tolerance: float = 1e-6) -> None:
    """Print that an answer is right, or say where it is not.

    Parameters
    ----------
    name : str
        What is compared, such as ``"dw"``.
    got : array or number
        The answer.
    expected : array or number
        What it should be.
    tolerance : float
        The largest error that is allowed, in units of the largest entry that is expected.

    Raises
    ------
    ExerciseError
        If the answer is missing, has another shape, or other numbers.

    Examples
    --------
    >>> from minigan.learn import compare
    >>> compare("dx", 2 * 3.0, 6.0)
    dx is right.
    >>> compare("dx", 3.0, 6.0)
    Traceback (most recent call last):
        ...
    minigan.errors.ExerciseError: dx: expected 6.0, got 3.0, which is the right answer times 0.5
    """
    if got is ... or got is None:
        what = "the blank `...` is still to be filled" if got is ... else "None came: is there a `return`?"
        raise ExerciseError(f"{name}: {what}")
    try:
        answer = as_floats(got)
    except (TypeError, ValueError):
        raise ExerciseError(f"{name}: expected numbers, got {got!r}") from None
    right = as_floats(expected)
    if answer.shape != right.shape:
        raise ExerciseError(f"{name}: expected an array of the shape {right.shape}, got {answer.shape}")
    errors = np.abs(answer - right)
    wrong = ~(errors <= tolerance * max(np.abs(right).max(initial=0), 1e-300))
    if not wrong.any():
        print(f"{name} is right.")
        return
    raise ExerciseError(f"{name}: {difference(answer, right, wrong, errors)}")


def difference(answer: np.ndarray, right: np.ndarray, wrong: np.ndarray, errors: np.ndarray) -> str:
    """Where the answer is wrong, and whether by one factor everywhere."""
    place = np.unravel_index(np.argmax(np.where(np.isnan(errors), np.inf, errors)), right.shape)
    where = f" at the index {tuple(map(int, place))}" if place else ""
    text = f"expected {right[place]:.6}{where}, got {answer[place]:.6}"
    factors = answer[right != 0] / right[right != 0]
    if factors.size and np.allclose(factors, factors[0], rtol=1e-4) and (answer[right == 0] == 0).all():
        return f"{text}, which is the right answer times {factors[0]:.4g}{' everywhere' if right.size > 1 else ''}"
    return f"{text}; {wrong.sum()} of {wrong.size} numbers are wrong" if right.size > 1 else text
