"""The options of views: they come from a page, so their types and sizes are checked, and errors are for people."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from minigan.errors import ConfigError
from minigan.numbers import finite, whole

__all__ = ["choice_option", "count_option", "number_option", "shortened", "vector_option"]

#: Characters of a wrong value in a message: it may be of any length.
SHOWN = 40


def choice_option(name: str, value: Any, choices: Collection[str]) -> str:
    """`value`, one of some names.

    Raises
    ------
    ConfigError
        It is something else.
    """
    if not isinstance(value, str) or value not in choices:
        raise ConfigError(f"expected {name} to be one of {', '.join(choices)}, got {shortened(value)}")
    return value


def count_option(name: str, value: Any, least: int, most: int) -> int:
    """`value` as an int from `least` to `most`.

    Raises
    ------
    ConfigError
        It is something else.
    """
    count = whole(value)
    if count is None or not least <= count <= most:
        raise ConfigError(f"expected {name} to be a whole number from {least} to {most:,}, got {shortened(value)}")
    return count


def number_option(name: str, value: Any, low: float, high: float) -> float:
    """`value` as a float from `low` to `high`.

    Raises
    ------
    ConfigError
        It is something else.
    """
    number = finite(value)
    if number is None or not low <= number <= high:
        raise ConfigError(f"expected {name} to be a number from {low:g} to {high:g}, got {shortened(value)}")
    return float(number)


def vector_option(name: str, value: Any, length: int, limit: float) -> np.ndarray:
    """`value`, a list of `length` numbers from `-limit` to `limit`, as a float32 array.

    Raises
    ------
    ConfigError
        It is something else.
    """
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != length:
        raise ConfigError(f"expected {name} to be a list of {length} numbers, got {shortened(value)}")
    return np.array([number_option(name, each, -limit, limit) for each in value], np.float32)


def shortened(value: Any) -> str:
    """A value as it is written in Python, cut where it is long."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."
