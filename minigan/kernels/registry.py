"""One definition, fast twins: how a kernel is chosen.

A `Kernel` is called like the function that defines it. Arrays of one real dtype go to a twin, if there is one:
NumPy arrays to the CPU twin, arrays in a GPU's memory to the CUDA twin. A twin declines cases that it does not cover by
returning `NotImplemented`. All other arrays, such as complex numbers and arrays of other libraries, go to the
definition.

The environment variable ``MINIGAN_KERNELS`` (``fast``, the default, or ``reference``), `using` and textbook mode
(`minigan.backend.textbook`) switch twins off.
"""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np

from minigan.backend.textbook_mode import is_textbook
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
    """Which kernels run: ``"fast"`` twins where there are any, or only ``"reference"``."""
    global _kind
    if _kind is None:
        _kind = _checked(os.environ.get("MINIGAN_KERNELS", "fast"))
    return "reference" if is_textbook() else _kind


@contextmanager
def using(name: str) -> Iterator[None]:
    """Choose the kernels of this process inside a ``with`` block: "fast" or "reference"."""
    global _kind
    before, _kind = _kind, _checked(name)
    try:
        yield
    finally:
        _kind = before


def on_device(array: object) -> bool:
    """Whether an array is in a GPU's memory: such arrays of all libraries have the CUDA Array Interface."""
    return hasattr(type(array), "__cuda_array_interface__")


def one_real_dtype(arguments: tuple[Any, ...]) -> bool:
    """Whether the first argument is a real array, and no other array of its type has another floating dtype."""
    kind, dtype = type(arguments[0]), arguments[0].dtype
    if dtype not in REAL:
        return False
    for other in arguments[1:]:
        if type(other) is kind and other.dtype != dtype and other.dtype.kind in "fc":
            return False
    return True


class Kernel(Generic[P, R]):
    """A function of arrays: its definition and, where there are any, its twins of the same signature.

    The first argument is the array by which a twin is chosen.

    Parameters
    ----------
    definition : callable
        The function that defines the kernel, for arrays of any library.
    cpu : callable, optional
        The twin for NumPy arrays.
    cuda : callable, optional
        The twin for arrays in a GPU's memory.
    """

    def __init__(
        self,
        definition: Callable[P, R],
        cpu: Callable[P, R] | None = None,
        cuda: Callable[P, R] | None = None,
    ) -> None:
        functools.update_wrapper(self, definition)
        self.definition, self.cpu, self.cuda = definition, cpu, cuda

    def twin(self, arguments: tuple[Any, ...]) -> Callable[P, R] | None:
        """The twin for these arguments, if there is one; it may still decline them."""
        first = arguments[0]
        twin = self.cpu if type(first) is np.ndarray else self.cuda if on_device(first) else None
        return twin if twin is not None and one_real_dtype(arguments) else None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if kind() == "fast":
            twin = self.twin(args)
            if twin is not None:
                result = twin(*args, **kwargs)
                if result is not NotImplemented:
                    return result
        return self.definition(*args, **kwargs)

    def __repr__(self) -> str:
        twins = [name for name, twin in (("CPU", self.cpu), ("CUDA", self.cuda)) if twin]
        text = f", with a {' and a '.join(twins)} twin" if twins else ""
        return f"<Kernel {self.definition.__name__}{text}>"
