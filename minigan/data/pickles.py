"""Pickled dictionaries of lists and byte arrays, read without Python's unpickler.

A pickle is a program for a small stack machine, and Python's machine can be made to call any function: unpickling an
unknown file runs unknown code. The machine here knows only the instructions that build numbers, byte strings, lists,
tuples and dictionaries. It imports nothing and calls nothing. It knows the three names in the pickle of a NumPy array,
so that it can build an array of bytes; any other name or instruction is an error.

The pickle of an array of shape (2, 3), written by NumPy on Python 2, has four steps::

    GLOBAL numpy.core.multiarray _reconstruct, GLOBAL numpy ndarray, (0,), b'b', REDUCE     an array to be
    GLOBAL numpy dtype, (b'u1', 0, 1), REDUCE, (3, b'|', ...), BUILD                        its type: a byte
    (1, (2, 3), that type, False, b'the six bytes')                                         its content
    BUILD                                                                                   the array
"""

import math
import pickletools
import warnings
from enum import Enum
from typing import Any

import numpy as np

from minigan.errors import DataError
from minigan.io.messages import one_line

__all__ = ["loads"]


class Word(Enum):
    """Stack entries that are not data."""

    MARK = "a mark"
    RECONSTRUCT = "numpy's _reconstruct"
    NDARRAY = "numpy's ndarray"
    DTYPE = "numpy's dtype"
    UNFILLED = "an array to be"
    BYTE = "the type of a byte"


#: A pickle of more instructions is refused; 10,000 images with their labels and file names take about 30,000.
LIMIT = 200_000

#: The names that are accepted, as NumPy 1 and NumPy 2 spell them.
GLOBALS = {
    "numpy.core.multiarray _reconstruct": Word.RECONSTRUCT,
    "numpy._core.multiarray _reconstruct": Word.RECONSTRUCT,
    "numpy ndarray": Word.NDARRAY,
    "numpy dtype": Word.DTYPE,
}


def loads(content: bytes, what: object) -> Any:
    """The dictionary, list, byte string or array of bytes that a pickle holds.

    Parameters
    ----------
    content : bytes
        A pickle as Python 2 wrote it: its strings are byte strings.
    what : object
        Its name in error messages.

    Raises
    ------
    DataError
        The pickle is truncated or damaged, or asks for anything but data.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd escapes in texts, which are refused anyway
            for count, (opcode, argument, _) in enumerate(pickletools.genops(content)):
                if opcode.name == "STOP":
                    (value,) = stack
                    return value
                if count == LIMIT:
                    raise DataError(f"refused: the pickle has more than {LIMIT:,} instructions")
                _step(opcode.name, argument, stack, memo)
    except DataError as error:
        raise DataError(f"{what}: {error}") from None
    except Exception as error:  # a damaged pickle can raise almost anything
        raise DataError(f"{what}: a damaged pickle: {one_line(error)}") from None
    raise DataError(f"{what}: a damaged pickle: it has no end")


def _step(name: str, argument: Any, stack: list[Any], memo: dict[int, Any]) -> None:
    """Run one instruction."""
    match name:
        case "PROTO":
            pass
        case "MARK":
            stack.append(Word.MARK)
        case "NONE" | "NEWTRUE" | "NEWFALSE":
            stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[name])
        case "BININT" | "BININT1" | "BININT2":
            stack.append(argument)
        case "BINSTRING" | "SHORT_BINSTRING":  # pickletools reads Python 2's bytes as Latin-1
            stack.append(argument.encode("latin-1"))
        case "BINBYTES" | "SHORT_BINBYTES":
            stack.append(argument)
        case "EMPTY_LIST":
            stack.append([])
        case "EMPTY_DICT":
            stack.append({})
        case "EMPTY_TUPLE" | "TUPLE1" | "TUPLE2" | "TUPLE3":
            size = ["EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"].index(name)
            stack.append(tuple(reversed([stack.pop() for _ in range(size)])))
        case "TUPLE":
            stack.append(tuple(_since_mark(stack)))
        case "APPEND" | "APPENDS":
            items = _since_mark(stack) if name == "APPENDS" else [stack.pop()]
            _top(stack, list).extend(items)
        case "SETITEM" | "SETITEMS":
            items = _since_mark(stack) if name == "SETITEMS" else [stack.pop(-2), stack.pop()]
            if any(type(key) is not bytes for key in items[::2]):  # the hash of a deep tuple overflows Python's stack
                raise DataError("refused: the pickle has a key that is no byte string")
            _top(stack, dict).update(zip(items[::2], items[1::2], strict=True))
        case "BINPUT" | "LONG_BINPUT":
            memo[argument] = stack[-1]
        case "BINGET" | "LONG_BINGET":
            stack.append(memo[argument])
        case "GLOBAL":
            if argument not in GLOBALS:
                raise DataError(f"refused: the pickle asks for {argument.replace(' ', '.')!r}, which is no data")
            stack.append(GLOBALS[argument])
        case "REDUCE":
            arguments = stack.pop()
            stack.append(_reduced(stack.pop(), arguments))
        case "BUILD":
            state = stack.pop()
            stack.append(_built(stack.pop(), state))
        case _:
            raise DataError(f"refused: the pickle has the instruction {name}, which such data do not need")


def _since_mark(stack: list[Any]) -> list[Any]:
    """Remove the entries above the last mark, and the mark; returns the entries."""
    place = len(stack) - 1
    while stack[place] is not Word.MARK:  # an IndexError where there is none
        place -= 1
    items = stack[place + 1 :]
    del stack[place:]
    return items


def _top(stack: list[Any], kind: type) -> Any:
    """The top entry of the stack, which must be of this type."""
    if type(stack[-1]) is not kind:
        raise DataError(f"refused: the pickle takes a {type(stack[-1]).__name__} for a {kind.__name__}")
    return stack[-1]


def _reduced(word: Any, arguments: Any) -> Word:
    """The result of REDUCE, for the two accepted calls: an array without content, and the type of a byte."""
    if word is Word.RECONSTRUCT and type(arguments) is tuple and arguments[:1] == (Word.NDARRAY,):
        return Word.UNFILLED
    if word is Word.DTYPE and type(arguments) is tuple and arguments[:1] in ((b"u1",), (b"|u1",)):
        return Word.BYTE
    raise DataError("refused: the pickle asks for something else than an array of bytes")


def _built(word: Any, state: Any) -> Any:
    """The result of BUILD: an array filled with its content, or the type of a byte."""
    if word is Word.BYTE:
        return word
    if word is not Word.UNFILLED or type(state) is not tuple or len(state) != 5:
        raise DataError("refused: the pickle asks for something else than an array of bytes")
    _, shape, dtype, column_major, content = state
    if dtype is not Word.BYTE or type(content) is not bytes or type(shape) is not tuple or len(shape) > 4:
        raise DataError("refused: the pickle asks for something else than an array of bytes")
    if not all(type(size) is int and size >= 0 for size in shape):
        raise DataError("a damaged pickle: an array's sizes are no whole numbers")
    if math.prod(shape) != len(content):
        raise DataError(f"a damaged pickle: expected {math.prod(shape)} bytes for shape {shape}, got {len(content)}")
    return np.frombuffer(content, np.uint8).reshape(shape, order="F" if column_major is True else "C")
