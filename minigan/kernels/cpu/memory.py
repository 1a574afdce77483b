"""A recycling pool for large arrays.

A fresh array of several megabytes costs as much as the arithmetic on it: the system maps its pages one by one, at
their first touch, and unmaps them when it dies. A training step makes the same arrays over and over, so `empty`
keeps the memory of those that died and hands it out again.

Nobody gives anything back. NumPy keeps one owner for all views of an array, and a weak reference to that owner tells
when the last of them is gone.
"""

import threading
import weakref
from collections import OrderedDict
from typing import Any

import numpy as np

__all__ = ["LIMIT", "aligned", "clear", "empty", "held", "zeros"]

#: Smaller arrays are left to NumPy, whose own cache is good at them.
SMALLEST = 1 << 16

#: Sizes are rounded up to this many bytes, so that nearly equal ones share.
STEP = 1 << 12

#: Arrays begin at a multiple of this many bytes, a cache line, as wide vector instructions like it.
ALIGNMENT = 64

#: Idle memory is kept up to this many bytes; the longest idle is given up first.
LIMIT = 1 << 30

_lock = threading.RLock()
_idle: OrderedDict[int, np.ndarray] = OrderedDict()  # by the number of their return, oldest first
_by_size: dict[int, list[int]] = {}
_owners: dict[int, weakref.ref] = {}
_held = 0
_returns = 0


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
    owner = np.frombuffer(memoryview(block), dtype, count)
    _watch(owner, block)
    return owner.reshape(shape)


def zeros(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """As `empty`, filled with zeros."""
    array = empty(shape, dtype)
    array.fill(0)
    return array


def aligned(size: int) -> np.ndarray:
    """New memory of so many bytes that begins with a cache line."""
    block = np.empty(size + ALIGNMENT, np.uint8)
    start = -block.ctypes.data % ALIGNMENT
    return block[start : start + size]


def held() -> int:
    """Bytes that lie idle in the pool."""
    return _held


def clear() -> None:
    """Give all idle memory back to the system."""
    _shrink_to(0)


def _take(size: int) -> np.ndarray:
    """An idle block of that size, or a new one."""
    global _held
    with _lock:
        numbers = _by_size.get(size)
        if numbers:
            _held -= size
            return _idle.pop(numbers.pop())
    return aligned(size)


def _watch(owner: np.ndarray, block: np.ndarray) -> None:
    """Return the block to the pool when its owner, and so every view of it, is gone."""
    key = id(block)

    def gone(_: weakref.ref) -> None:
        _owners.pop(key, None)
        _give_back(block)

    _owners[key] = weakref.ref(owner, gone)


def _give_back(block: np.ndarray) -> None:
    """Keep a block for the next array of its size; may run at any moment, in any thread."""
    global _held, _returns
    size = block.size
    with _lock:
        _returns += 1
        _idle[_returns] = block
        _by_size.setdefault(size, []).append(_returns)
        _held += size
    _shrink_to(LIMIT)


def _shrink_to(bound: int) -> None:
    """Give up the blocks that have lain idle longest."""
    global _held
    with _lock:
        while _held > bound:
            number, block = _idle.popitem(last=False)
            size = block.size
            _by_size[size].remove(number)
            _held -= size
