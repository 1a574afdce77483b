"""Finding and probing CuPy: the only file that imports it.

CuPy is optional and may be installed where it cannot work: without a driver, without a GPU, with a GPU that is too
old. `load` checks all of this once and raises an error that names the missing part and the command that installs it.
"""

import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from minigan.errors import BackendError

__all__ = ["Device", "device", "imported", "load"]

#: The oldest CuPy with everything that is used here.
OLDEST_CUPY = (13, 3)

#: How to install or upgrade CuPy, and the CUDA versions there are packages for.
INSTALL = "pip install cupy-cuda12x (or cupy-cuda13x)"
UPGRADE = INSTALL.replace("install", "install --upgrade")
EXTRAS = (12, 13)

#: Minimum compute capability (7.0 is Volta, of 2017) and minimum memory in bytes of a GPU.
LEAST_CAPABILITY, LEAST_MEMORY = (7, 0), 1 << 30

#: CuPy, once all checks have passed.
_checked: ModuleType | None = None


class Device(NamedTuple):
    """The GPU in use, with the versions of its driver, of CUDA and of CuPy.

    Attributes
    ----------
    name : str
    capability : (int, int)
        The compute capability, NVIDIA's number for the features of a GPU.
    memory, free : int
        In bytes.
    driver : str
        The newest CUDA version that the driver supports and, where the system reports it, the driver's own version.
    cuda, cupy : str
        Versions of CuPy and of the CUDA that it contains.
    """

    name: str
    capability: tuple[int, int]
    memory: int
    free: int
    driver: str
    cuda: str
    cupy: str


def load() -> ModuleType:
    """Import CuPy and check that it works here.

    Raises
    ------
    BackendError
        CuPy is not installed, cannot be loaded or is too old; there is no driver, or no GPU that is large enough.
    """
    global _checked
    if _checked is None:
        cupy = _import_cupy()
        _check_version(cupy)
        _check_driver(cupy)
        _check_card(_describe(cupy))
        _checked = cupy
    return _checked


def imported() -> ModuleType | None:
    """CuPy if it is imported already, here or by the caller; else None."""
    return _checked or sys.modules.get("cupy")


def device() -> Device:
    """The GPU that backend "cupy" works on.

    Raises
    ------
    BackendError
        There is none, or something that it needs is missing.
    """
    return _describe(load())


def _import_cupy() -> ModuleType:
    """Import CuPy. Tests replace it with a module of their own in ``sys.modules``."""
    try:
        import cupy
    except ModuleNotFoundError:
        raise BackendError(
            f"backend 'cupy' needs CuPy, which is not installed: {INSTALL}, or use backend 'numpy'"
        ) from None
    except ImportError as error:
        reason = " ".join(str(error).split())
        raise BackendError(f"backend 'cupy' found a CuPy that cannot be loaded: {reason}; {UPGRADE}") from None
    return cupy


def _check_version(cupy: ModuleType) -> None:
    """Refuse a CuPy older than `OLDEST_CUPY`."""
    numbers = [int(part) for part in cupy.__version__.split(".")[:2] if part.isdigit()]
    if tuple(numbers) < OLDEST_CUPY:
        oldest = ".".join(map(str, OLDEST_CUPY))
        raise BackendError(f"backend 'cupy' needs CuPy {oldest} or newer, found {cupy.__version__}: {UPGRADE}")


def _check_driver(cupy: ModuleType) -> None:
    """Refuse a machine without a GPU, or without a driver that supports this CuPy."""
    runtime = cupy.cuda.runtime
    try:
        driver = runtime.driverGetVersion()
        if not driver:
            raise BackendError(
                "backend 'cupy' found no NVIDIA driver: install the driver for this card (nvidia-smi then shows it; "
                "pip cannot install it), or use backend 'numpy'"
            )
        if runtime.getDeviceCount():
            return
        reason = "none is there"
    except runtime.CUDARuntimeError as error:
        driver, reason = runtime.driverGetVersion(), str(error)
    needed = runtime.runtimeGetVersion()
    advice = "look for it with nvidia-smi, or use backend 'numpy'"
    if driver < needed:
        other = f", or pip install cupy-cuda{driver // 1000}x" if driver // 1000 in EXTRAS else ""
        advice = f"the driver runs CUDA {_version(driver)} and CuPy is for {_version(needed)}: update the driver{other}"
    raise BackendError(f"backend 'cupy' found no CUDA device: {reason}; {advice}")


def _check_card(device: Device) -> None:
    """Refuse a GPU that is too old or has too little memory for any model."""
    if device.capability < LEAST_CAPABILITY or device.memory < LEAST_MEMORY:
        least, capability = (".".join(map(str, pair)) for pair in (LEAST_CAPABILITY, device.capability))
        raise BackendError(
            f"backend 'cupy' needs a card of compute capability {least} and {LEAST_MEMORY >> 20} MiB or more, found "
            f"{device.name} of {capability} and {device.memory >> 20} MiB: use backend 'numpy'"
        )


def _describe(cupy: ModuleType) -> Device:
    """The properties that CUDA reports of the current GPU."""
    runtime = cupy.cuda.runtime
    properties = runtime.getDeviceProperties(runtime.getDevice())
    free, memory = runtime.memGetInfo()
    driver = f"CUDA {_version(runtime.driverGetVersion())}"
    own = Path("/sys/module/nvidia/version")
    return Device(
        name=properties["name"].decode(),
        capability=(properties["major"], properties["minor"]),
        memory=memory,
        free=free,
        driver=f"{driver} ({own.read_text().strip()})" if own.is_file() else driver,
        cuda=_version(runtime.runtimeGetVersion()),
        cupy=cupy.__version__,
    )


def _version(number: int) -> str:
    """``12.9`` for CUDA's 12090."""
    return f"{number // 1000}.{number % 1000 // 10}"
