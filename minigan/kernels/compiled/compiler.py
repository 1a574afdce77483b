"""Loops in Python, compiled to machine code by Numba: the only file that imports it.

NumPy reads and writes memory once for each operation of a formula. A compiled loop does all operations on a number
while it is in a register, and releases the interpreter's lock while it runs. Numba is optional (the extra ``fast``): it
is imported when the first kernel is needed, and where it is missing or does not work, NumPy's twins run.

A loop is compiled at its first call, for the types of its arguments. A product and a sum may be contracted to one
instruction (FMA); nothing else of a formula is changed, so that NaN and infinity come out as the formula has them.
"""

import functools
import types
from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["Loop", "compiled", "problem"]

#: What LLVM may do with all loops, and with loops that sum to one number: another order of the terms.
CONTRACT, REASSOCIATE = {"contract"}, {"contract", "reassoc"}


@cache
def problem() -> str | None:
    """Why compiled kernels cannot run here; None where they can."""
    try:
        import numba  # noqa: F401
    except ModuleNotFoundError as error:
        return f"{error.name} is not installed: pip install 'minigan[fast]'"
    except Exception as error:
        return f"Numba does not work: {error}"
    return None


class Loop:
    """A function of numbers and arrays that is compiled at its first call.

    Parameters
    ----------
    function : callable
        It may call other loops, which become a part of it.
    flags : set of str
        LLVM's flags for floating-point numbers.
    """

    def __init__(self, function: Callable[..., Any], flags: set[str]) -> None:
        functools.update_wrapper(self, function)
        #: The function as it is written: it gives the same results, slowly.
        self.python = function
        self.flags = flags
        self._compiled: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        if self._compiled is None:
            self._compiled = self.dispatcher()
        return self._compiled(*arguments)

    def dispatcher(self) -> Callable[..., Any]:
        """Numba's function, which compiles for the types of its arguments."""
        if self._compiled is None:
            import numba

            code, names = self.python.__code__, self.python.__globals__
            used = {name: names[name] for name in code.co_names if name in names}
            others = {name: value.dispatcher() for name, value in used.items() if isinstance(value, Loop)}
            function = types.FunctionType(code, {**names, **others}, code.co_name, self.python.__defaults__)
            self._compiled = numba.njit(nogil=True, fastmath=self.flags, error_model="numpy")(function)
        return self._compiled


def compiled(function: Callable[..., Any] | None = None, *, reassociate: bool = False) -> Any:
    """Decorate a loop. `reassociate` lets LLVM sum in another order, so that a sum can use wide instructions."""
    flags = REASSOCIATE if reassociate else CONTRACT
    return Loop(function, flags) if function is not None else lambda function: Loop(function, flags)
