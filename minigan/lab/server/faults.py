"""Errors as sentences for people."""

import sys
import traceback

from minigan.errors import MiniganError
from minigan.io.messages import one_line

__all__ = ["sentence"]


def sentence(error: BaseException) -> str:
    """What an error says; one that nobody raised on purpose is printed on standard error as well."""
    if isinstance(error, MiniganError):
        return str(error)
    traceback.print_exception(error, file=sys.stderr)
    return f"this is a fault of minigan: {type(error).__name__}: {one_line(error)}"
