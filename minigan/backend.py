"""The NumPy/CuPy switch, and the only file that imports CuPy.

Layers and kernels never ask which backend is active: they take the array module from the arrays they are given
(`array_module`), so one formula serves both. Only code that makes the first array (parameters, noise, a batch
of data) asks for the active one (`xp`).

The backend is chosen by `use`, by `using` for a block, or by the environment variable ``MINIGAN_BACKEND``:

numpy
    the CPU; the default.
cupy
    the GPU; needs CuPy and a CUDA device.
auto
    cupy where it works, else numpy.

``MINIGAN_THREADS`` (or `threads`) says how many threads the CPU's kernels run on.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
from threadpoolctl import threadpool_limits

from minigan.errors import BackendError

__all__ = ["Array", "array_module", "asarray", "asnumpy", "default_threads", "name", "threads", "use", "using", "xp"]

#: An array of either backend.
Array: TypeAlias = Any

NAMES = ("numpy", "cupy", "auto")

_active: ModuleType | None = None
_threads: int | None = None


def _load_cupy() -> ModuleType:
    try:
        import cupy
    except ImportError:
        raise BackendError(
            "backend 'cupy' needs CuPy, which is not installed: pip install 'minigan[cuda12]' "
            "(or 'minigan[cuda13]'), or use backend 'numpy'"
        ) from None
    try:
        devices = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise BackendError(f"backend 'cupy' found no CUDA device: {error}") from None
    if not devices:
        raise BackendError("backend 'cupy' found no CUDA device")
    return cupy


def _load(name: str) -> ModuleType:
    if name == "numpy":
        return np
    if name == "cupy":
        return _load_cupy()
    if name == "auto":
        try:
            return _load_cupy()
        except BackendError:
            return np
    raise BackendError(f"unknown backend {name!r}: expected one of {', '.join(NAMES)}")


def use(name: str) -> None:
    """Make `name` the active backend for all arrays made from now on.

    Parameters
    ----------
    name : {"numpy", "cupy", "auto"}

    Raises
    ------
    BackendError
        The name is unknown, CuPy is not installed, or there is no CUDA device.
    """
    global _active
    _active = _load(name)
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


def array_module(array: Array) -> ModuleType:
    """The module whose functions work on `array`, as ``cupy.get_array_module``, without importing CuPy."""
    if isinstance(array, np.ndarray | np.generic):
        return np
    return _load_cupy()


def asnumpy(array: Array) -> np.ndarray:
    """`array` in host memory; a NumPy array is returned as it is."""
    return np.asarray(array) if array_module(array) is np else array.get()


def asarray(array: Array) -> Array:
    """`array` in the active backend's memory; one that is already there is returned as it is."""
    return xp().asarray(array)


def threads(count: int | None = None) -> int:
    """Set the number of threads that the CPU's kernels run on, or, without one, tell it.

    Parameters
    ----------
    count : int, optional
        At least 1. Until it is given: ``MINIGAN_THREADS``, else the processors this process may use.

    Returns
    -------
    int
        The number in force.

    Raises
    ------
    BackendError
        `count` or ``MINIGAN_THREADS`` is no whole number of at least 1.
    """
    global _threads
    if count is None and _threads is not None:
        return _threads
    count = default_threads() if count is None else count
    if count < 1:
        raise BackendError(f"expected threads to be at least 1, got {count}")
    threadpool_limits(count)
    _threads = count
    return count


def default_threads() -> int:
    """The number of threads where none is stated: ``MINIGAN_THREADS``, else the processors this process may use."""
    setting = os.environ.get("MINIGAN_THREADS", "")
    if setting and not (setting.isdigit() and int(setting)):
        raise BackendError(f"MINIGAN_THREADS: expected a whole number of at least 1, got {setting!r}")
    return int(setting or 0) or _processors()


def _processors() -> int:
    """Processors this process may use: in a container, or bound to some, it can be fewer than the machine's."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(count, _quota(Path("/sys/fs/cgroup/cpu.max"), count)))


def _quota(file: Path, otherwise: int) -> int:
    """Whole processors that a container's quota ("200000 100000": microseconds of work in each period) is worth."""
    try:
        quota, period = file.read_text().split()
        return -(-int(quota) // int(period))
    except (OSError, ValueError):  # no such file, or "max": no quota
        return otherwise
