"""A recycling pool for large arrays.

A new array of several megabytes takes as long as the arithmetic on it: the system maps its pages one by one, at their
first use, and unmaps them when the array is freed. A training step makes the same arrays again and again, so the memory
of freed arrays is kept, and `empty` hands it out again.

Callers do not return memory. NumPy keeps one owner for all views of an array, and a weak reference to that owner calls
a function when the last view is freed.

The call may come at any moment, in any thread, even in the middle of a function below. So when an array is freed its
block is queued; the queue is moved to the pool when the pool is not in use.
"""

import os
import threading
import weakref
from collections import OrderedDict, deque
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

_freed: deque[np.ndarray] = deque()  # blocks that are not in the pool yet
_idle: OrderedDict[int, np.ndarray] = OrderedDict()  # the pool: blocks by the number of their return, oldest first
_by_size: dict[int, list[int]] = {}
_owners: dict[int, weakref.ref] = {}
_held = 0
_returns = 0

_lock = threading.RLock()
_in_use = False  # whether a function that holds the lock is running, perhaps further up in this thread's own stack

if hasattr(os, "register_at_fork"):
    # No thread is in the pool while the process forks: in the child it would never leave.
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array of that shape and dtype with arbitrary values, in recycled memory where the pool has some."""
    dtype = np.dtype(dtype)
    count = 1
    for size in shape:
        count *= size
    if count * dtype.itemsize < SMALLEST:
        return np.empty(shape, dtype)
    block = _take(-(-count * dtype.itemsize // STEP) * STEP)
    # Not a view of the block: then the block would be the owner of all views, and `owner` could be freed before them.
    owner = np.frombuffer(block.data, dtype, count)
    _watch(owner, block)
    return owner.reshape(shape)


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
    start = -block.ctypes.data % ALIGNMENT
    return block[start : start + size]


def held() -> int:
    """Bytes of idle memory."""
    _update_pool(LIMIT)
    return _held


def clear() -> None:
    """Free all idle memory."""
    _update_pool(0)


def _take(size: int) -> np.ndarray:
    """An idle block of that size, or a new one."""
    global _in_use, _held
    with _lock:
        if not _in_use:
            _in_use = True
            try:
                if _freed:
                    _add_freed(LIMIT)
                numbers = _by_size.get(size)
                while numbers:
                    block = _idle.pop(numbers[-1], None)
                    numbers.pop()
                    if block is not None:
                        _held -= size
                        return block
            finally:
                _in_use = False
    return aligned(size)


def _watch(owner: np.ndarray, block: np.ndarray) -> None:
    """Return the block to the pool when its owner, and so every view of it, is gone."""
    key = id(block)

    def gone(_: weakref.ref) -> None:
        del _owners[key]
        _freed.append(block)
        _update_pool(LIMIT, wait=False)

    _owners[key] = weakref.ref(owner, gone)


def _update_pool(bound: int, wait: bool = True) -> None:
    """Move freed blocks to the pool, and keep up to `bound` bytes; nothing, if the pool is in use."""
    global _in_use
    if not _lock.acquire(wait):
        return
    try:
        if not _in_use:
            _in_use = True
            try:
                _add_freed(bound)
            finally:
                _in_use = False
    finally:
        _lock.release()


def _add_freed(bound: int) -> None:
    """As `_update_pool`, with the lock held."""
    global _held, _returns
    while _freed:
        block = _freed.popleft()
        if block.size <= LIMIT:
            _returns += 1
            # In this order: after a Ctrl-C in between, a number may have no block, but no block is without its number.
            _by_size.setdefault(block.size, []).append(_returns)
            _idle[_returns] = block
            _held += block.size
    while _held > bound and _idle:
        number, block = _idle.popitem(last=False)
        _by_size[block.size].remove(number)
        _held -= block.size
