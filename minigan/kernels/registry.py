"""One definition, fast twins: how a kernel is chosen.

A `Kernel` is called like the function that defines it. On NumPy arrays of one real dtype its CPU twin answers, if it
has one and the twin covers the case; what it does not cover it declines by returning `NotImplemented`. Everything
else, complex numbers and arrays of other libraries included, goes to the definition.

The environment variable ``MINIGAN_KERNELS`` (``fast``, the default, or ``reference``) or `using` switches twins off.
"""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, ParamSpec, TypeVar

import numpy as np

from minigan.errors import ConfigError

__all__ = ["KINDS", "Kernel", "kind", "using"]

P = ParamSpec("P")
R = TypeVar("R")

KINDS = ("fast", "reference")

REAL = (np.dtype(np.float32), np.dtype(np.float64))


def _checked(kind: str) -> str:
    if kind not in KINDS:
        raise ConfigError(f"unknown kernels {kind!r}: expected one of {', '.join(KINDS)}")
    return kind


_kind: str | None = None


def kind() -> str:
    """Which kernels answer: ``"fast"`` twins where there are any, or ``"reference"`` alone."""
    global _kind
    if _kind is None:
        _kind = _checked(os.environ.get("MINIGAN_KERNELS", "fast"))
    return _kind


@contextmanager
def using(name: str) -> Iterator[None]:
    """Choose the kernels of this process inside a ``with`` block: "fast" or "reference"."""
    global _kind
    before, _kind = _kind, _checked(name)
    try:
        yield
    finally:
        _kind = before


def one_real_dtype(arguments: tuple[object, ...]) -> bool:
    """Whether the first is a real array of NumPy, and no other array of numbers has another dtype."""
    first = arguments[0]
    if type(first) is not np.ndarray or first.dtype not in REAL:
        return False
    dtype = first.dtype
    for other in arguments[1:]:
        if type(other) is np.ndarray and other.dtype is not dtype and other.dtype.kind in "fc":
            return False
    return True


class Kernel(Generic[P, R]):
    """A function of arrays: its definition and, where there is one, its CPU twin of the same signature.

    The first argument is the array by which a twin is chosen.
    """

    def __init__(self, definition: Callable[P, R], cpu: Callable[P, R] | None = None) -> None:
        functools.update_wrapper(self, definition)
        self.definition, self.cpu = definition, cpu

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if self.cpu is not None and (_kind or kind()) == "fast" and one_real_dtype(args):
            result = self.cpu(*args, **kwargs)
            if result is not NotImplemented:
                return result
        return self.definition(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<Kernel {self.definition.__name__}{', with a CPU twin' if self.cpu else ''}>"
