"""The types of a loop's arguments, by which it is compiled."""

from typing import Any, NamedTuple

import numpy as np

__all__ = ["Argument", "ArrayOf", "IntegersOf", "NothingOf", "NumberOf", "signature_of"]


class ArrayOf(NamedTuple):
    """An array of numbers of one dtype in the machine's byte order; contiguous, or with strides of its own."""

    dtype: str
    ndim: int
    contiguous: bool


class NumberOf(NamedTuple):
    """A number of this type: NumPy's, or Python's ``int``, ``float`` or ``bool``."""

    name: str


class IntegersOf(NamedTuple):
    """A tuple of integers."""

    length: int


class NothingOf(NamedTuple):
    """None: what the loop does only with an argument that is not None is left out."""


Argument = ArrayOf | NumberOf | IntegersOf | NothingOf


def signature_of(arguments: tuple[Any, ...]) -> tuple[Argument, ...]:
    """The types of these arguments.

    Raises
    ------
    TypeError
        A loop cannot take one of them.
    """
    return tuple(argument_of(value) for value in arguments)


def argument_of(value: Any) -> Argument:
    """The type of one argument."""
    if type(value) is np.ndarray and value.dtype.kind in "biuf" and value.dtype.isnative and value.flags.aligned:
        return ArrayOf(value.dtype.name, value.ndim, value.flags.c_contiguous)
    if type(value) in (int, float, bool):
        return NumberOf(type(value).__name__)
    if isinstance(value, np.generic) and value.dtype.kind in "biuf":
        return NumberOf(f"np.{value.dtype.name}")
    if type(value) is tuple and all(type(item) is int for item in value):
        return IntegersOf(len(value))
    if value is None:
        return NothingOf()
    raise TypeError(f"expected an array, a number, a tuple of integers or None for a compiled loop, got {type(value)}")
