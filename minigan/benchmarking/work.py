"""The arrays in the arguments and results of a function: moved to a backend, counted, described, compared."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minigan import backend

__all__ = ["arrays_in", "bytes_of", "copied", "describe", "difference", "moved", "numbers_in", "tolerance_of"]

#: The largest relative difference of two results that count as the same, by the bytes of a number.
TOLERANCES = {2: 1e-2, 4: 1e-4, 8: 1e-10}


def is_array(thing: Any) -> bool:
    """Whether it is an array of any library; a single number of NumPy is none."""
    return hasattr(thing, "nbytes") and hasattr(thing, "dtype") and not isinstance(thing, np.generic)


def arrays_in(things: Any) -> Iterator[Any]:
    """All arrays in nested tuples, lists and mappings."""
    if is_array(things):
        yield things
    elif isinstance(things, tuple | list | Mapping):
        for thing in things.values() if isinstance(things, Mapping) else things:
            yield from arrays_in(thing)


def bytes_of(*things: Any) -> int:
    """The bytes of all arrays, each array once."""
    return sum(array.nbytes for array in {id(array): array for array in arrays_in(things)}.values())


def moved(thing: Any, name: str) -> Any:
    """The same with all arrays in the memory of a backend; what is there already is not copied."""
    if type(thing) in (tuple, list):
        return type(thing)(moved(part, name) for part in thing)
    return backend.to(thing, name) if is_array(thing) else thing


def copied(thing: Any) -> list[Any]:
    """A copy of each array."""
    return [array.copy() for array in arrays_in(thing)]


def describe(arguments: tuple[Any, ...]) -> str:
    """The arguments in a line.

    Examples
    --------
    >>> describe((np.zeros((2, 3), np.float32), 0.5))
    'float32 (2, 3), 0.5'
    """
    texts = []
    for argument in arguments:
        if is_array(argument):
            texts.append(f"{argument.dtype} ({', '.join(map(str, argument.shape))})")
        else:
            text = repr(argument)
            texts.append(text if len(text) <= 40 else type(argument).__name__)
    return ", ".join(texts) or "nothing"


def tolerance_of(*results: Any) -> float:
    """The largest difference that is allowed between results: that of the coarsest floating-point numbers in them."""
    sizes = [array.dtype.itemsize for array in arrays_in(results) if array.dtype.kind == "f"]
    sizes += [array.dtype.itemsize // 2 for array in arrays_in(results) if array.dtype.kind == "c"]
    return TOLERANCES.get(min(sizes, default=8), TOLERANCES[8])


def difference(found: Any, expected: Any) -> float:
    """The largest difference of two results, relative to the largest number of the expected one.

    Infinite if they have other shapes or another number of arrays. NaN and infinity must be at the same places.
    """
    ours, theirs = list(numbers_in(found)), list(numbers_in(expected))
    if len(ours) != len(theirs):
        return float("inf")
    return max((array_difference(one, other) for one, other in zip(ours, theirs)), default=0.0)


def numbers_in(things: Any) -> Iterator[np.ndarray]:
    """All arrays and all single numbers of a result, in host memory."""
    if isinstance(things, tuple | list | Mapping):
        for thing in things.values() if isinstance(things, Mapping) else things:
            yield from numbers_in(thing)
    elif hasattr(things, "dtype"):
        yield np.asarray(things) if isinstance(things, np.generic) else backend.asnumpy(things)
    elif isinstance(things, bool | int | float | complex):
        yield np.asarray(things)


def array_difference(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference of two arrays, relative to the largest finite number of the expected one."""
    if found.shape != expected.shape:
        return float("inf")
    if found.dtype.kind not in "biufc":
        return 0.0 if np.array_equal(found, expected) else float("inf")
    kind = complex if "c" in (found.dtype.kind, expected.dtype.kind) else float
    one, other = found.astype(kind), expected.astype(kind)
    known = np.isfinite(other)
    if not np.array_equal(one[~known], other[~known], equal_nan=True) or not np.isfinite(one[known]).all():
        return float("inf")
    if not known.any():
        return 0.0
    return float(np.abs(one[known] - other[known]).max() / (np.abs(other[known]).max() or 1.0))
