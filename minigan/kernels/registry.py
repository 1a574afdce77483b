"""One definition, fast twins: how a kernel is chosen.

A `Kernel` is called like the function that defines it. Arrays of one real dtype go to a twin, if there is one:
NumPy arrays to the compiled twin where Numba works, else to the CPU twin; arrays in a GPU's memory to the CUDA twin. A
twin declines cases that it does not cover by returning `NotImplemented`: then the next one answers. All other arrays,
such as complex numbers and arrays of other libraries, go to the definition.

The environment variable ``MINIGAN_KERNELS`` and `using` choose what runs: ``fast`` (the default), ``numpy`` (no
compiled twins) or ``reference`` (definitions only). In textbook mode (`minigan.backend.textbook`) definitions run.
"""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np

from minigan import edits
from minigan.backend.textbook_mode import is_textbook
from minigan.errors import ConfigError
from minigan.kernels.compiled import compiler

__all__ = ["KINDS", "Kernel", "compiled_run", "follow_edits", "kind", "running", "using"]

P = ParamSpec("P")
R = TypeVar("R")

KINDS = ("fast", "numpy", "reference")

FLOAT32, FLOAT64 = REAL = (np.dtype(np.float32), np.dtype(np.float64))


def _checked(kind: str) -> str:
    if kind not in KINDS:
        raise ConfigError(f"unknown kernels {kind!r}: expected one of {', '.join(KINDS)}")
    return kind


_kind: str | None = None


def kind() -> str:
    """Which kernels run: ``"fast"`` twins where there are any, those of ``"numpy"``, or only ``"reference"``."""
    global _kind
    if _kind is None:
        _kind = _checked(os.environ.get("MINIGAN_KERNELS", "fast"))
    return "reference" if is_textbook() else _kind


def compiled_run() -> bool:
    """Whether compiled twins run: they were not switched off, and Numba works."""
    return kind() == "fast" and compiler.problem() is None


def running() -> str:
    """Which kernels run, in words: "fast, compiled by Numba 0.68.1"; and why, where compiled ones cannot."""
    if kind() != "fast":
        return kind()
    if reason := compiler.problem():
        return f"fast, by NumPy alone: {reason}"
    return f"fast, compiled by Numba {compiler.numba_version()}"


@contextmanager
def using(name: str) -> Iterator[None]:
    """Choose the kernels of this process inside a ``with`` block: "fast", "numpy" or "reference"."""
    global _kind
    before, _kind = _kind, _checked(name)
    try:
        yield
    finally:
        _kind = before


_all: list["Kernel"] = []


def follow_edits() -> list[str]:
    """Take the twins from the kernels whose definition was edited (`minigan.edits`); returns their names."""
    for kernel in _all:
        kernel.edited = bool(edits.edited_behind(kernel.definition.__module__))
    return sorted(kernel.definition.__name__ for kernel in _all if kernel.edited)


def on_device(array: object) -> bool:
    """Whether an array is in a GPU's memory: such arrays of all libraries have the CUDA Array Interface."""
    return hasattr(type(array), "__cuda_array_interface__")


def one_real_dtype(arguments: tuple[Any, ...]) -> bool:
    """Whether the first argument is a real array, and no other array of its type has another floating dtype."""
    kind, dtype = type(arguments[0]), arguments[0].dtype
    # A dtype is nearly always one of these two objects, which is known sooner than whether two dtypes are equal.
    if not (dtype is FLOAT32 or dtype is FLOAT64 or dtype in REAL):
        return False
    for other in arguments:
        if type(other) is kind and other.dtype is not dtype and other.dtype != dtype and other.dtype.kind in "fc":
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
    compiled : callable, optional
        The twin for NumPy arrays whose loops are compiled.
    """

    def __init__(
        self,
        definition: Callable[P, R],
        cpu: Callable[P, R] | None = None,
        cuda: Callable[P, R] | None = None,
        compiled: Callable[P, R] | None = None,
    ) -> None:
        functools.update_wrapper(self, definition)
        self.definition, self.cpu, self.cuda, self.compiled = definition, cpu, cuda, compiled
        #: The definition's file is not as minigan has it: then the definition runs as it is written there.
        self.edited = bool(edits.edited_behind(definition.__module__))
        _all.append(self)

    def twins(self, arguments: tuple[Any, ...], kind: str) -> tuple[Callable[P, R] | None, ...]:
        """The twins for these arguments, the fastest first; each may still decline them."""
        if type(arguments[0]) is np.ndarray:
            if not one_real_dtype(arguments):
                return ()
            if self.compiled is None or kind != "fast" or compiler.problem() is not None:
                return (self.cpu,)
            return (self.compiled, self.cpu)
        return (self.cuda,) if on_device(arguments[0]) and one_real_dtype(arguments) else ()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        running = kind()
        if running != "reference" and not self.edited:
            for twin in self.twins(args, running):
                if twin is None:
                    continue
                try:
                    result = twin(*args, **kwargs)
                except compiler.CompileError as error:  # from now on NumPy's twins run: they compute the same
                    compiler.give_up(error)
                    continue
                if result is not NotImplemented:
                    return result
        return self.definition(*args, **kwargs)

    def __repr__(self) -> str:
        twins = [name for name, twin in (("compiled", self.compiled), ("CPU", self.cpu), ("CUDA", self.cuda)) if twin]
        text = f", with a {' and a '.join(twins)} twin" if twins else ""
        return f"<Kernel {self.definition.__name__}{text}>"
