"""Values that come from a page, and may be anything: how an error shows them."""

from collections.abc import Mapping
from typing import Any

from minigan.io.messages import one_line

__all__ = ["is_list", "shown"]

#: The most characters of a value in a message.
MOST = 60


def is_list(value: Any) -> bool:
    """Whether it is a list or a tuple."""
    return isinstance(value, list | tuple)


def shown(value: Any) -> str:
    """A value in an error message: in one line, and not long."""
    if isinstance(value, list | tuple | Mapping):
        return "a list" if is_list(value) else "an object"
    text = one_line(repr(value[:80] if isinstance(value, str) else value))
    return text if len(text) <= MOST else f"{text[: MOST - 3]}..."
