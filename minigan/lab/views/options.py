"""The options of views: they come from a page, so their types and sizes are checked, and errors are for people."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from minigan.errors import ConfigError
from minigan.lab.values import shown
from minigan.numbers import finite, whole

__all__ = ["choice_option", "count_option", "number_option", "vector_option"]


def choice_option(name: str, value: Any, choices: Collection[str]) -> str:
    """`value`, one of some names.

    Raises
    ------
    ConfigError
        It is something else.
    """
    if not isinstance(value, str) or value not in choices:
        raise ConfigError(f"expected {name} to be one of {', '.join(choices)}, got {shown(value)}")
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
        raise ConfigError(f"expected {name} to be a whole number from {least} to {most:,}, got {shown(value)}")
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
        raise ConfigError(f"expected {name} to be a number from {low:g} to {high:g}, got {shown(value)}")
    return float(number)


def vector_option(name: str, value: Any, length: int, limit: float) -> np.ndarray:
    """`value`, a list of `length` numbers from `-limit` to `limit`, as a float32 array.

    Raises
    ------
    ConfigError
        It is something else.
    """
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != length:
        raise ConfigError(f"expected {name} to be a list of {length} numbers, got {shown(value)}")
    return np.array([number_option(name, each, -limit, limit) for each in value], np.float32)
