"""What counts as a number: Python's and NumPy's numbers alike, but no bool; and what counts as the size of an image.

Sizes and rates often come out of NumPy (``np.prod``, ``np.arange``, a data frame). They are turned into Python's own
numbers here, once, so that no check, file or message has to know the difference.
"""

import math
import operator
from numbers import Real
from typing import Any

import numpy as np

from minigan.errors import ConfigError

__all__ = ["count_of", "finite", "image_size", "number", "size_text", "whole"]


def whole(value: Any) -> int | None:
    """`value` as an int; None if it is no whole number. A bool, 2.0 and "2" are none."""
    if isinstance(value, bool | np.bool_):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def number(value: Any) -> int | float | None:
    """`value` as an int or a float; None if it is no real number. A bool, a complex number and a text are none."""
    if (integer := whole(value)) is not None:
        return integer
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else None


def finite(value: Any) -> int | float | None:
    """As `number`, and None for NaN and infinity."""
    found = number(value)
    return found if found is not None and (isinstance(found, int) or math.isfinite(found)) else None


def count_of(name: str, value: Any, least: int = 1) -> int:
    """`value` as an int, where a whole number of at least `least` is needed for what is called `name`.

    Raises
    ------
    ConfigError
        It is something else.
    """
    count = whole(value)
    if count is None:
        raise ConfigError(f"expected {name} to be a whole number, got {value!r}")
    if count < least:
        raise ConfigError(f"expected {name} to be at least {least}, got {count}")
    return count


def image_size(value: Any) -> tuple[int, int] | None:
    """`value` as (height, width): a whole number is a square, a pair is both, and so is a text such as "28x56".

    None if it is none of these, or a side is less than 1.

    Examples
    --------
    >>> image_size(28), image_size("28x56"), image_size((28, 56)), image_size("wide")
    ((28, 28), (28, 56), (28, 56), None)
    """
    if isinstance(value, str):
        texts = value.lower().split("x")
        if not all(text.strip().isascii() and text.strip().isdigit() and len(text) < 10 for text in texts):
            return None
        value = tuple(map(int, texts)) if len(texts) > 1 else int(texts[0])
    sides = value if isinstance(value, tuple | list) else (value, value)
    height, width = (whole(side) for side in sides) if len(sides) == 2 else (None, None)
    if height is None or width is None or min(height, width) < 1:
        return None
    return height, width


def size_text(height: int, width: int) -> str:
    """A size as it is typed: "28" for a square, "28x56" for 28 rows of 56 pixels."""
    return f"{height}" if height == width else f"{height}x{width}"
