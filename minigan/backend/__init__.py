"""The NumPy/CuPy switch.

Layers and kernels never ask which backend is active: they take the array module from the arrays they are given
(`array_module`), so one formula serves both. Only code that makes the first array (parameters, noise, a batch
of data) asks for the active one (`xp`). `to` copies an array to a backend's memory, as the ``to`` of networks and
optimizers copies theirs.

The backend is chosen by `use`, by `using` for a block, or by the environment variable ``MINIGAN_BACKEND``:

numpy
    the CPU; the default.
cupy
    the GPU; needs CuPy and a CUDA device.
auto
    cupy where it works, else numpy; then it reports, once, what was missing.

``MINIGAN_THREADS`` (or `threads`) sets how many threads the CPU's kernels run on.

This file is what a user calls. `minigan.backend.cupy` finds CuPy and is the only file that imports it,
`minigan.backend.cuda` compiles sources and records graphs, `minigan.backend.thread_count` counts the processors.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from minigan.backend.cuda import GraphRecorder, compile_cuda, cuda_device
from minigan.backend.cupy import Device, device, imported, load
from minigan.backend.textbook_mode import is_textbook, textbook
from minigan.backend.thread_count import default_threads, threads
from minigan.errors import BackendError

__all__ = [
    "Array",
    "Device",
    "GraphRecorder",
    "array_module",
    "asarray",
    "asnumpy",
    "check_same",
    "compile_cuda",
    "cuda_device",
    "default_threads",
    "device",
    "fits",
    "is_textbook",
    "name",
    "synchronize",
    "textbook",
    "threads",
    "to",
    "use",
    "using",
    "xp",
]

#: An array of either backend.
Array: TypeAlias = Any

NAMES = ("numpy", "cupy", "auto")

#: The active array module; None until the first use.
_active: ModuleType | None = None

#: What the log has already been sent.
_warned: set[str] = set()


def use(name: str) -> None:
    """Make `name` the active backend for all arrays made from now on.

    Parameters
    ----------
    name : {"numpy", "cupy", "auto"}

    Raises
    ------
    BackendError
        The name is unknown; CuPy is not installed or too old; there is no driver, or no GPU that is large enough.
        The message names what is missing and, where there is one, the command that installs it.
    """
    global _active
    _active = _module(name)
    if "MINIGAN_THREADS" in os.environ:
        threads()


@contextmanager
def using(name: str) -> Iterator[None]:
    """Make `name` the active backend inside a ``with`` block."""
    global _active
    before = _active
    use(name)
    try:
        yield
    finally:
        _active = before


def xp() -> ModuleType:
    """The array module of the active backend: `numpy` or `cupy`."""
    if _active is None:
        use(os.environ.get("MINIGAN_BACKEND", "numpy"))
    return _active or np


def name() -> str:
    """The name of the active backend: ``"numpy"`` or ``"cupy"``."""
    return xp().__name__


def _module(name: str) -> ModuleType:
    """The array module of that name."""
    if name == "numpy":
        return np
    if name == "cupy":
        return load()
    if name == "auto":
        try:
            return load()
        except BackendError as error:
            _warn(f"backend 'auto' takes numpy: {error}")
            return np
    raise BackendError(f"unknown backend {name!r}: expected one of {', '.join(NAMES)}")


def _warn(line: str) -> None:
    """Log a line once: it appears on stderr, or wherever the program sends its log."""
    if line not in _warned:
        _warned.add(line)
        logging.getLogger("minigan").warning(line)


# Arrays


def array_module(array: Array) -> ModuleType:
    """The module whose functions work on `array`, as ``cupy.get_array_module``, without importing CuPy.

    Raises
    ------
    BackendError
        It is no array of NumPy or CuPy.
    """
    if isinstance(array, np.ndarray | np.generic):
        return np
    cupy = imported()
    if cupy is None or not isinstance(array, cupy.ndarray):
        raise BackendError(f"expected an array of NumPy or CuPy, got {type(array).__name__}")
    return load()


def asnumpy(array: Array) -> np.ndarray:
    """`array` in host memory; a NumPy array is returned as it is."""
    return np.asarray(array) if array_module(array) is np else array.get()


def asarray(array: Array) -> Array:
    """`array` in the active backend's memory; one that is already there is returned as it is."""
    if xp() is np and hasattr(array, "get"):
        return asnumpy(array)
    return xp().asarray(array)


def to(array: Array, name: str) -> Array:
    """`array` in the memory of the backend of that name; one that is already there is returned as it is.

    Parameters
    ----------
    array : array
    name : {"numpy", "cupy"}

    Raises
    ------
    BackendError
        There is no such backend, or it does not work here.
    """
    if name == "numpy":
        return asnumpy(array)
    if name == "cupy":
        return array if array_module(array) is not np else load().asarray(array)
    raise BackendError(f"unknown backend {name!r}: expected numpy or cupy")


def check_same(where: str, expected: str, **arrays: Array) -> None:
    """Refuse arrays in another memory than expected: no array is copied between host and device unasked.

    Parameters
    ----------
    where : str
        The function that was called.
    expected : {"numpy", "cupy"}
    **arrays : array
        By the caller's names for them.

    Raises
    ------
    BackendError
        It names the array, both backends, and how to copy it.
    """
    for name, array in arrays.items():
        found = array_module(array).__name__
        if found != expected:
            raise BackendError(
                f"{where}: expected {name} on {expected}, got an array on {found}: "
                f"move it with minigan.backend.to({name}, {expected!r}), or the network with its to({found!r})"
            )


def synchronize() -> None:
    """Wait until the active backend has done all work; on the CPU every call has done its work when it returns."""
    if xp() is not np:
        xp().cuda.Device().synchronize()


def fits(size: int, part: float = 0.5) -> bool:
    """Whether `size` bytes are at most this part of the device's free memory; on the CPU always True."""
    return xp() is np or size <= part * xp().cuda.runtime.memGetInfo()[0]
