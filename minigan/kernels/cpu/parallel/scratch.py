"""Scratch memory: each thread has its own, and uses it again and again, so that it stays in the core's cache."""

import math
import os
import threading
from typing import Any

import numpy as np

from minigan.kernels.cpu.parallel import memory_pool

__all__ = ["scratch"]

#: Shapes of scratch memory that are remembered: making a view takes a microsecond.
MOST_VIEWS = 1024

_this_thread = threading.local()


def _forget() -> None:
    """Start afresh in a forked process."""
    global _this_thread
    _this_thread = threading.local()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def scratch(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Memory of this thread with arbitrary values, to be used at once: the next call with this name gets the same."""
    try:
        return _this_thread.views[name, shape, dtype]
    except (AttributeError, KeyError):
        return _view(name, shape, dtype)


def _view(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """As `scratch`, for the first time."""
    mine = _this_thread.__dict__
    buffers, views = mine.setdefault("buffers", {}), mine.setdefault("views", {})
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if name not in buffers or buffers[name].size < size:
        buffers[name] = memory_pool.aligned(size)
        views.clear()  # views of the smaller buffer would keep it alive
    if len(views) >= MOST_VIEWS:
        views.clear()
    views[name, shape, dtype] = buffers[name][:size].view(dtype).reshape(shape)
    return views[name, shape, dtype]
