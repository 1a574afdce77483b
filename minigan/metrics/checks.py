"""Checks of what a metric is given.

A NaN among the features, or a set that does not fit, would give a number that looks like any other: a precision of 0,
a distance of 3.1. So every metric checks its arrays and its settings first.
"""

from typing import Any

import numpy as np

from minigan import numbers
from minigan.backend import Array, array_module
from minigan.errors import ConfigError, DataError, DtypeError, ShapeError

__all__ = ["check_array", "check_between", "check_count", "check_digits", "check_finite", "check_sets", "check_sizes"]

#: Between these sizes neither squares overflow, nor are the squares of all entries rounded to 0.
SMALLEST, LARGEST = 1e-100, 1e100

#: The images (H, W, C) that the digit classifier takes.
DIGIT_SHAPE = (28, 28, 1)

#: The kinds of dtypes, as `numpy.dtype.kind` has them.
FLOATING, WHOLE = "f", "iu"


def check_array(name: str, array: Any, kinds: str = FLOATING, ndim: int | None = None, like: str = "(N, D)") -> None:
    """Refuse what is no array of this kind of numbers with `ndim` axes, of the shape `like`.

    Raises
    ------
    DtypeError
        It is no array, but a list or a masked array, for example; or it holds other things: texts, complex numbers.
    ShapeError
        It has another number of axes.
    """
    if not hasattr(array, "dtype") or not hasattr(array, "shape"):
        raise DtypeError(f"expected {name} as an array {like}, got {type(array).__name__}: use numpy.asarray({name})")
    if isinstance(array, np.ma.MaskedArray | np.matrix):
        raise DtypeError(f"expected {name} as a plain array {like}, got {type(array).__name__}")
    if array.dtype.kind not in kinds:
        expected = {FLOATING: "of a floating dtype", WHOLE: "as whole numbers"}.get(kinds, "as real numbers")
        raise DtypeError(f"expected {name} {expected}, got {array.dtype}")
    if ndim is not None and array.ndim != ndim:
        raise ShapeError(f"expected {name} {like}, got {array.shape}")


def check_finite(name: str, array: Array) -> None:
    """Refuse an array with NaN or infinity, and say how many of its rows have one.

    Raises
    ------
    DataError
        A row is not finite.
    """
    finite = array_module(array).isfinite(array)
    if not bool(finite.all()):
        bad = ~finite.reshape(len(array), -1).all(axis=1)
        raise DataError(
            f"expected finite numbers in {name}, got NaN or infinity in {int(bad.sum()):,} of {len(array):,} rows, "
            f"first in row {int(bad.argmax())}"
        )


def check_sizes(name: str, array: np.ndarray, largest: float = LARGEST, smallest: float = SMALLEST) -> None:
    """Refuse numbers whose squares overflow, or are all rounded to 0.

    Raises
    ------
    DataError
        The largest number is above `largest`, or above 0 and below `smallest`.
    """
    size = max(float(array.max(initial=0)), -float(array.min(initial=0)))
    if size > largest or 0 < size < smallest:
        what = "are out of range" if size > largest else "are rounded to 0"
        raise DataError(
            f"expected numbers from {smallest:g} to {largest:g} in {name}, got up to {size:g}: "
            f"their squares {what}; multiply them by a common factor"
        )


def check_sets(least: int = 1, largest: float = LARGEST, **sets: np.ndarray) -> None:
    """Refuse arrays that are not sets (N, D) of at least `least` floating-point vectors of one length D.

    Raises
    ------
    ShapeError
        An array has another number of axes, too few rows, or rows of another length than the first.
    DtypeError
        An array holds no floating-point numbers: distances of bytes would wrap around.
    DataError
        An array has NaN or infinity, or numbers whose squares are out of range.
    """
    length: int | None = None
    for name, array in sets.items():
        check_array(name, array)
        if array.ndim != 2 or length not in (None, array.shape[1]) or not array.shape[1]:
            raise ShapeError(f"expected {name} (N, {length or 'D'}), got {array.shape}")
        if len(array) < least:
            raise ShapeError(f"expected {name} of at least {least} vectors, got {len(array)}")
        check_finite(name, array)
        check_sizes(name, array, largest)
        length = array.shape[1]


def check_digits(images: Any) -> None:
    """Refuse what are no images (N, 28, 28, 1) of finite real numbers, at least one.

    Raises
    ------
    ShapeError
        The images have another shape.
    DtypeError
        They hold no real numbers.
    DataError
        An image has NaN or infinity.
    """
    check_array("images", images, FLOATING + WHOLE, 4, "(N, 28, 28, 1)")
    if images.shape[1:] != DIGIT_SHAPE or not len(images):
        raise ShapeError(f"expected digits (N, 28, 28, 1), got {images.shape}")
    check_finite("images", images)


def check_count(name: str, value: Any, least: int | None = 1) -> int:
    """`value` as an int, if it is a whole number of at least `least`; without one, of any size.

    Raises
    ------
    ConfigError
        It is none; a bool and 2.0 are none.
    """
    count = numbers.whole(value)
    if count is None:
        raise ConfigError(f"expected {name} to be a whole number, got {value!r}")
    if least is not None and count < least:
        raise ConfigError(f"expected {name} to be at least {least}, got {count}")
    return count


def check_between(name: str, value: Any, low: float = 0.0, high: float = np.inf) -> float:
    """`value` as a float, if it is a finite number above `low` and not above `high`.

    Raises
    ------
    ConfigError
        It is none.
    """
    number = numbers.finite(value)
    if number is None or not low < number <= high:
        limits = f"above {low:g}" + (f" and at most {high:g}" if high < np.inf else "")
        raise ConfigError(f"expected {name} to be a number {limits}, got {value!r}")
    return float(number)
