"""A recycling pool for large arrays.

A fresh array of several megabytes costs as much as the arithmetic on it: the system maps its pages one by one, at
their first touch, and unmaps them when it dies. A training step makes the same arrays over and over, so `empty`
keeps the memory of those that died and hands it out again.

Nobody gives anything back. NumPy keeps one owner for all views of an array, and a weak reference to that owner tells
when the last of them is gone.

It tells at any moment, in any thread: the garbage collector may come by in the middle of a function below. So a death
only puts the memory into a queue, and shelves what is queued if nobody is at the shelves.
"""

import os
import threading
import weakref
from collections import OrderedDict, deque
from typing import Any

import numpy as np

__all__ = ["LIMIT", "aligned", "clear", "contiguous", "empty", "held", "zeros"]

#: Smaller arrays are left to NumPy, whose own cache is good at them.
SMALLEST = 1 << 16

#: Sizes are rounded up to this many bytes, so that nearly equal ones share.
STEP = 1 << 12

#: Arrays begin at a multiple of this many bytes, a cache line, as wide vector instructions like it.
ALIGNMENT = 64

#: Idle memory is kept up to this many bytes; the longest idle is given up first.
LIMIT = 1 << 30

_dead: deque[np.ndarray] = deque()  # not shelved yet
_idle: OrderedDict[int, np.ndarray] = OrderedDict()  # by the number of their return, oldest first
_by_size: dict[int, list[int]] = {}
_owners: dict[int, weakref.ref] = {}
_held = 0
_returns = 0

_lock = threading.RLock()
_at_shelves = False  # whether a function that holds the lock is at work, perhaps further up in this thread's own stack

if hasattr(os, "register_at_fork"):
    # No thread is at the shelves while the process forks: in the child nobody would ever leave them.
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array of that shape and dtype with arbitrary values, in recycled memory where there is some."""
    dtype = np.dtype(dtype)
    count = 1
    for size in shape:
        count *= size
    if count * dtype.itemsize < SMALLEST:
        return np.empty(shape, dtype)
    block = _take(-(-count * dtype.itemsize // STEP) * STEP)
    # Not a view of the block: views of it would name the block their owner, and live on unseen.
    owner = np.frombuffer(block.data, dtype, count)
    _watch(owner, block)
    return owner.reshape(shape)


def zeros(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """As `empty`, filled with zeros."""
    array = empty(shape, dtype)
    array.fill(0)
    return array


def contiguous(array: np.ndarray) -> np.ndarray:
    """The array itself, or a copy in recycled memory where its entries do not lie one after the other."""
    if array.flags.c_contiguous:
        return array
    copy = empty(array.shape, array.dtype)
    np.copyto(copy, array)
    return copy


def aligned(size: int) -> np.ndarray:
    """New memory of so many bytes that begins with a cache line."""
    block = np.empty(size + ALIGNMENT, np.uint8)
    start = -block.ctypes.data % ALIGNMENT
    return block[start : start + size]


def held() -> int:
    """Bytes that lie idle in the pool."""
    _shelve(LIMIT)
    return _held


def clear() -> None:
    """Give all idle memory back to the system."""
    _shelve(0)


def _take(size: int) -> np.ndarray:
    """An idle block of that size, or a new one."""
    global _at_shelves, _held
    with _lock:
        if not _at_shelves:
            _at_shelves = True
            try:
                if _dead:
                    _shelve_dead(LIMIT)
                numbers = _by_size.get(size)
                while numbers:
                    block = _idle.pop(numbers[-1], None)
                    numbers.pop()
                    if block is not None:
                        _held -= size
                        return block
            finally:
                _at_shelves = False
    return aligned(size)


def _watch(owner: np.ndarray, block: np.ndarray) -> None:
    """Return the block to the pool when its owner, and so every view of it, is gone."""
    key = id(block)

    def gone(_: weakref.ref) -> None:
        del _owners[key]
        _dead.append(block)
        _shelve(LIMIT, wait=False)

    _owners[key] = weakref.ref(owner, gone)


def _shelve(bound: int, wait: bool = True) -> None:
    """Put the dead on the shelves and keep up to `bound` bytes; somebody else's task if somebody is at it."""
    global _at_shelves
    if not _lock.acquire(wait):
        return
    try:
        if not _at_shelves:
            _at_shelves = True
            try:
                _shelve_dead(bound)
            finally:
                _at_shelves = False
    finally:
        _lock.release()


def _shelve_dead(bound: int) -> None:
    """As `_shelve`, with the lock held."""
    global _held, _returns
    while _dead:
        block = _dead.popleft()
        if block.size <= LIMIT:
            _returns += 1
            # In this order: where Ctrl-C comes between, a number may lack its block, but never a block its number.
            _by_size.setdefault(block.size, []).append(_returns)
            _idle[_returns] = block
            _held += block.size
    while _held > bound and _idle:
        number, block = _idle.popitem(last=False)
        _by_size[block.size].remove(number)
        _held -= block.size
