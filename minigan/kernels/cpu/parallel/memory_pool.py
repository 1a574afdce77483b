"""A recycling pool for large arrays.

A new array of several megabytes takes as long as the arithmetic on it: the system maps its pages one by one, at their
first use, and unmaps them when the array is freed. A training step makes the same arrays again and again, so the memory
of freed arrays is kept, and `empty` hands it out again.

Callers do not return memory. NumPy keeps one owner for all views of an array, and a weak reference to that owner calls
a function when the last view is freed.

The call may come at any moment, in any thread, even in the middle of a function below. So the pool is always whole: it
is a list of blocks for each size, and a block comes and goes by one operation that Python does not interrupt. Only what
is seldom done, to count and to free, takes a lock.
"""

import itertools
import math
import os
import threading
import weakref
from contextlib import suppress
from typing import Any

import numpy as np

__all__ = ["LIMIT", "aligned", "clear", "contiguous", "empty", "held", "zeros"]

#: Smaller arrays are left to NumPy, which has a fast cache for them.
SMALLEST = 1 << 16

#: Sizes are rounded up to a multiple of this number of bytes, so that nearly equal arrays share blocks.
STEP = 1 << 12

#: Arrays begin at a multiple of this number of bytes, a cache line: it is best for wide vector instructions.
ALIGNMENT = 64

#: The most bytes of idle memory that are kept; the block that has been idle longest is freed first.
LIMIT = 1 << 30

_lock = threading.RLock()

if hasattr(os, "register_at_fork"):
    # No thread is in the pool while the process forks: in the child it would never leave.
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


class Memory(np.ndarray):
    """Bytes of another type than the arrays in them: else NumPy would make these the owner of all views of an array."""


class Block:
    """Memory that is lent to one array after another."""

    __slots__ = ("memory", "returned", "size", "start")

    def __init__(self, size: int) -> None:
        self.memory = Memory(size + ALIGNMENT, np.uint8)
        self.start = first_aligned(self.memory)
        self.size, self.returned = size, 0

    def come_back(self, _: weakref.ref) -> None:
        """Go to the pool: the owner, and so every view of it, is gone."""
        global _room
        del _owners[self]
        if self.size > LIMIT:
            return
        self.returned = next(_returns)
        _idle.setdefault(self.size, []).append(self)
        _room -= self.size
        if _room < 0:
            _bound(LIMIT, wait=False)


_owners: dict[Block, weakref.ref] = {}
_idle: dict[int, list[Block]] = {}  # the pool: blocks by their size, those that came back first in front
_returns = itertools.count()
_room = 0  # bytes that can come back before the pool must be counted


def empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array of that shape and dtype with arbitrary values, in recycled memory where the pool has some."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    if size < SMALLEST:
        return np.empty(shape, dtype)
    size = -(-size // STEP) * STEP
    try:
        block = _idle[size].pop()
    except LookupError:  # no such size, or none idle
        block = Block(size)
    owner: np.ndarray = np.ndarray(shape, dtype, block.memory, block.start)
    _owners[block] = weakref.ref(owner, block.come_back)
    return owner


def zeros(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """As `empty`, filled with zeros."""
    array = empty(shape, dtype)
    array.fill(0)
    return array


def contiguous(array: np.ndarray) -> np.ndarray:
    """The array itself, or a C-contiguous copy in recycled memory."""
    if array.flags.c_contiguous:
        return array
    copy = empty(array.shape, array.dtype)
    np.copyto(copy, array)
    return copy


def aligned(size: int) -> np.ndarray:
    """New memory of `size` bytes that begins with a cache line."""
    block = np.empty(size + ALIGNMENT, np.uint8)
    start = first_aligned(block)
    return block[start : start + size]


def first_aligned(block: np.ndarray) -> int:
    """The first of its bytes that begins a cache line."""
    return -block.ctypes.data % ALIGNMENT


def held() -> int:
    """Bytes of idle memory."""
    _bound(LIMIT)
    return _count()


def clear() -> None:
    """Free all idle memory."""
    _bound(0)


def _count() -> int:
    return sum(size * len(blocks) for size, blocks in list(_idle.items()))


def _bound(most: int, wait: bool = True) -> None:
    """Keep up to `most` bytes of idle memory; nothing, if another thread is at it and there is no time to wait."""
    global _room
    if not _lock.acquire(wait):
        return
    try:
        while True:
            _room = LIMIT  # before the count: what comes back in the middle of it is rather counted twice than never
            count = _count()
            _room -= count
            if count <= most:
                return
            oldest = min(filter(None, list(_idle.values())), key=_first_return, default=[])
            with suppress(IndexError):  # it was lent in this moment
                del oldest[0]
    finally:
        _lock.release()


def _first_return(blocks: list[Block]) -> float:
    """When the first of the blocks came back."""
    try:
        return blocks[0].returned
    except IndexError:
        return math.inf
