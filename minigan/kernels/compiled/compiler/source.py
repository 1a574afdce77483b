"""A loop as it is written, and what it reads from around it."""

import functools
import hashlib
from collections.abc import Callable
from typing import Any

__all__ = ["Source"]


class Source:
    """A function to be compiled.

    Attributes
    ----------
    python : callable
        The function as it is written: it gives the same results, slowly.
    flags : set of str
        LLVM's flags for its floating-point numbers.
    """

    def __init__(self, function: Callable[..., Any], flags: set[str]) -> None:
        functools.update_wrapper(self, function)  # type: ignore[arg-type]
        self.python, self.flags = function, flags

    @functools.cached_property
    def called(self) -> dict[str, "Source"]:
        """The loops that it calls, by the names that it has for them."""
        return {name: value for name, value in self.names.items() if isinstance(value, Source)}

    @functools.cached_property
    def names(self) -> dict[str, Any]:
        """What it reads from its module and from the functions around it."""
        code, cells = self.python.__code__, self.python.__closure__ or ()
        outer = {name: cell.cell_contents for name, cell in zip(code.co_freevars, cells)}
        read = self.python.__globals__
        return {name: read[name] for name in code.co_names if name in read} | outer

    @functools.cached_property
    def digest(self) -> bytes:
        """A digest of its code, of the loops that it calls, and of the constants that it reads."""
        code = self.python.__code__
        facts: list[Any] = [
            code.co_name,
            code.co_code.hex(),
            code.co_consts,
            code.co_varnames,
            code.co_names,
            self.python.__defaults__,
            sorted(self.flags),
        ]
        for name, value in sorted(self.names.items()):
            facts.append((name, value.digest if isinstance(value, Source) else getattr(value, "__name__", value)))
        return hashlib.sha256(repr(facts).encode()).digest()
