"""What counts as a number: Python's and NumPy's numbers alike, but no bool.

Sizes and rates often come out of NumPy (``np.prod``, ``np.arange``, a data frame). They are turned into Python's own
numbers here, once, so that no check, file or message has to know the difference.
"""

import math
import operator
from numbers import Real
from typing import Any

import numpy as np

from minigan.errors import ConfigError

__all__ = ["count_of", "finite", "number", "whole"]


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
