"""The library's own code, with the lines that are running: found in the source itself, so that they are never wrong."""

import ast
import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from minigan.errors import MiniganError

__all__ = ["code_of", "methods_of"]

#: The folder in which the package lies.
ROOT = Path(__file__).resolve().parents[3]

#: The methods of a layer that show what it computes, its tangent pass left out.
METHODS = ("forward", "backward", "product", "products", "kernel_grad", "input_grad", "product_grad", "apply")


def file_of(thing: Any) -> str:
    """Its file, from the package on."""
    return Path(inspect.getsourcefile(thing) or "").resolve().relative_to(ROOT).as_posix()


@lru_cache
def code_of(function: Callable[..., Any], statements: tuple[str, ...]) -> dict[str, Any]:
    """A whole function, with the numbers of the lines of some of its statements.

    Parameters
    ----------
    function : function
    statements : tuple of str
        A part of each statement, which no other statement of the function has.

    Raises
    ------
    MiniganError
        No statement has this part, or several.
    """
    lines, first = inspect.getsourcelines(function)
    definition = ast.parse("".join(lines)).body[0]
    body: Sequence[ast.stmt] = getattr(definition, "body", [])
    running: set[int] = set()
    for text in statements:
        found = [node for node in body if text in "".join(lines[node.lineno - 1 : node.end_lineno])]
        if len(found) != 1:
            raise MiniganError(f"{function.__name__} has {len(found)} statements with {text!r}, not one")
        running.update(range(first + found[0].lineno - 1, first + (found[0].end_lineno or 0)))
    return {
        "file": file_of(function),
        "first": first,
        "lines": [line.rstrip("\n") for line in lines],
        "running": sorted(running),
    }


def methods_of(kind: type) -> dict[str, Any] | None:
    """The lines of a class from the first of its passes to the last, without those that it inherits or leaves open."""
    parts = [inspect.getsourcelines(vars(kind)[name]) for name in METHODS if name in vars(kind)]
    parts = [(lines, start) for lines, start in parts if "raise NotImplementedError" not in lines[-1]]
    if not parts:
        return None
    first, stop = min(start for _, start in parts), max(start + len(lines) for lines, start in parts)
    lines, class_first = inspect.getsourcelines(kind)
    chosen = lines[first - class_first : stop - class_first]
    return {"file": file_of(kind), "first": first, "lines": [line.rstrip("\n") for line in chosen]}
