"""Python programs that make a network in another library: calls, the classes it lacks, and how to load the weights."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from minigan.interchange.settings import code
from minigan.io.messages import one_line

__all__ = ["call", "classes_in", "comments"]


def call(function: str, *arguments: Any, **named: Any) -> str:
    """A call as Python code: ``call("nn.Conv2d", 1, 8, (3, 3), bias=False)``."""
    written = [*map(code, arguments), *(f"{name}={code(value)}" for name, value in named.items())]
    return f"{function}({', '.join(written)})"


def classes_in(lines: Sequence[str], classes: Mapping[str, str]) -> str:
    """The definitions of those of the `classes` that the lines call, as they stand before the model."""
    called = {name for line in lines for name in re.findall(r"\w+(?=\()", line)}
    return "".join(f"\n{text}\n" for name, text in classes.items() if name in called)


def comments(facts: Mapping[str, str]) -> str:
    """What a user of the network must know as well, a comment for each fact."""
    return "".join(f"# {one_line(name)}: {one_line(value)}\n" for name, value in facts.items())
