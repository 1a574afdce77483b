"""A loop: a function of numbers and arrays that is compiled at its first call, or found on the disk.

One that cannot be compiled switches all compiled twins off for the rest of the process: NumPy's compute the same to
within rounding, so that a run goes on. To find out before anything runs, a first loop is compiled and tried when it is
asked whether compiled twins run.
"""

import functools
import hashlib
import logging
import os
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.errors import MiniganError
from minigan.io.messages import one_line
from minigan.kernels.compiled.compiler.cache import get, put
from minigan.kernels.compiled.compiler.signature import Argument, signature_of
from minigan.kernels.compiled.compiler.source import Source
from minigan.kernels.compiled.compiler.version import environment, numba_version

__all__ = ["CompileError", "Loop", "compiled", "give_up", "problem"]

#: What LLVM may do with all loops, and with loops that sum to one number: another order of the terms.
CONTRACT, REASSOCIATE = {"contract"}, {"contract", "reassoc"}

#: Seconds of compiling after which a line says what takes so long.
PATIENCE = 1.0


class CompileError(MiniganError, RuntimeError):
    """A loop cannot be compiled or loaded here."""


class Loop(Source):
    """A function of numbers and arrays that is compiled for the types of its arguments when it is first called.

    Its arguments are arrays, numbers, tuples of integers, and None; it returns nothing or a number.

    Parameters
    ----------
    function : callable
        It may call other loops, which become a part of it, and NumPy's functions of numbers; it makes no arrays.
    flags : set of str
        LLVM's flags for floating-point numbers.

    Attributes
    ----------
    compiled_for : list of tuple
        The types for which it is ready.
    """

    def __init__(self, function: Callable[..., Any], flags: set[str]) -> None:
        super().__init__(function, flags)
        self.compiled_for: list[tuple[Argument, ...]] = []
        #: Each takes arguments of its own types, and declines others; the last that was made is the first to be asked.
        self._entries: tuple[Callable[..., Any], ...] = ()

    def __call__(self, *arguments: Any) -> Any:
        for entry in self._entries:
            result = entry(*arguments)
            if result is not NotImplemented:
                return result
        return self.prepare(arguments)(*arguments)

    def __repr__(self) -> str:
        return f"<Loop {self.__name__}, compiled for {len(self.compiled_for)} types of arguments>"  # type: ignore[attr-defined]

    def prepare(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        """The entry for arguments of these types, from the disk or else compiled.

        Raises
        ------
        CompileError
        """
        signature = signature_of(arguments)
        with _lock:
            if signature not in self.compiled_for:
                self._entries = (entry_of(self, signature), *self._entries)
                self.compiled_for.insert(0, signature)
            return self._entries[self.compiled_for.index(signature)]


def compiled(function: Callable[..., Any] | None = None, *, reassociate: bool = False) -> Any:
    """Decorate a loop. `reassociate` lets LLVM sum in another order, so that a sum can use wide instructions."""
    flags = REASSOCIATE if reassociate else CONTRACT
    return Loop(function, flags) if function is not None else lambda function: Loop(function, flags)


# Make ready

_lock = threading.RLock()


def _forget() -> None:
    """A lock that no other thread holds, in a forked process."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def entry_of(loop: Loop, signature: tuple[Argument, ...]) -> Callable[..., Any]:
    """The entry of a loop, from the disk or else compiled."""
    from minigan.kernels.compiled.compiler.load import load

    try:
        digest = hashlib.sha256(loop.digest + repr(signature).encode() + environment().encode()).hexdigest()
        name = f"minigan_{digest}"
        code = get(name)
        if code is None:
            code = compile_now(loop, signature, name)
            put(name, code)
        return load(code, name)
    except Exception as error:  # Numba and LLVM can raise almost anything
        label = getattr(loop, "__name__", loop)
        raise CompileError(f"the loop {label} cannot be compiled: {one_line(error)}") from error


#: The loops that were compiled in this process, and the seconds that this took; whether it was said.
compilations: list[str] = []
_seconds, _said = 0.0, False


def compile_now(loop: Loop, signature: tuple[Argument, ...], name: str) -> Any:
    """Compile a loop, and say so once it has taken a while."""
    global _seconds, _said
    began = time.monotonic()
    from minigan.kernels.compiled.compiler.translate import translate

    code = translate(loop, signature, name)
    compilations.append(loop.python.__name__)
    _seconds += time.monotonic() - began
    if _seconds > PATIENCE and not _said:
        _said = True
        print("Compiling the fast kernels for this machine, once ...", file=sys.stderr, flush=True)
    return code


# Does it work here?


@compiled
def first_sum(x: np.ndarray) -> float:
    """A loop to try."""
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i]
    return total


@functools.cache
def reason() -> str | None:
    """Why loops cannot be compiled here, found out with the first of them; None where they can."""
    version = numba_version()
    if version is None:
        return "Numba is not installed: pip install 'minigan[fast]'"
    if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        return "NUMBA_DISABLE_JIT is set"
    if struct.calcsize("P") != 8 or sys.implementation.name != "cpython":
        return "they need CPython of 64 bits"
    try:
        if first_sum(np.array([1.0, 2.0])) != 3:
            raise CompileError("a sum came out wrong")
    except Exception as error:
        return warned(f"Numba {version} does not work: {one_line(error)}")
    return None


_given_up: str | None = None


def problem() -> str | None:
    """Why compiled kernels do not run here; None where they do."""
    return _given_up or reason()


def give_up(error: CompileError) -> None:
    """Run NumPy's twins from now on."""
    global _given_up
    if _given_up is None:
        _given_up = warned(str(error))


def warned(text: str) -> str:
    """Say why NumPy's twins run where compiled ones were expected."""
    logging.getLogger("minigan").warning(f"NumPy's kernels run, which take longer: {text}")
    return text
