"""The NumPy/CuPy switch, and the only file that imports CuPy.

Layers and kernels never ask which backend is active: they take the array module from the arrays they are given
(`array_module`), so one formula serves both. Only code that makes the first array (parameters, noise, a batch
of data) asks for the active one (`xp`). `to` moves an array, as the ``to`` of networks and optimizers moves theirs.

The backend is chosen by `use`, by `using` for a block, or by the environment variable ``MINIGAN_BACKEND``:

numpy
    the CPU; the default.
cupy
    the GPU; needs CuPy and a CUDA device.
auto
    cupy where it works, else numpy; then it says, once, what was missing.

``MINIGAN_THREADS`` (or `threads`) says how many threads the CPU's kernels run on.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from minigan.backend.textbook_mode import is_textbook, textbook
from minigan.errors import BackendError

__all__ = [
    "Array",
    "Device",
    "array_module",
    "asarray",
    "asnumpy",
    "check_same",
    "default_threads",
    "device",
    "fits",
    "is_textbook",
    "name",
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

#: The oldest CuPy that has all that is used here, and how to get one.
OLDEST_CUPY = (13, 3)
INSTALL = "pip install 'minigan[cuda12]' (or 'minigan[cuda13]')"
EXTRAS = (12, 13)
UPGRADE = INSTALL.replace("install", "install --upgrade")

#: The least of a card: its compute capability (7.0 is Volta, of 2017), and its memory in bytes.
LEAST_CAPABILITY, LEAST_MEMORY = (7, 0), 1 << 30

_active: ModuleType | None = None
_cupy: ModuleType | None = None  # from the first time on that it was found to work
_told: set[str] = set()
_threads: int | None = None


class Device(NamedTuple):
    """The GPU in use, and what runs it.

    Attributes
    ----------
    name : str
    capability : (int, int)
        The compute capability, by which NVIDIA numbers what a card can do.
    memory, free : int
        In bytes.
    driver : str
        The newest CUDA that the driver runs and, where the system tells it, the driver's own version.
    cuda, cupy : str
        Versions: of CuPy, and of the CUDA that it brings.
    """

    name: str
    capability: tuple[int, int]
    memory: int
    free: int
    driver: str
    cuda: str
    cupy: str


def _import_cupy() -> ModuleType:
    """CuPy: here it comes in, and nowhere else. Tests put a module of their own in its place, in ``sys.modules``."""
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


def _load_cupy() -> ModuleType:
    """CuPy, refused unless it can work here."""
    global _cupy
    if _cupy is None:
        cupy = _import_cupy()
        _check_version(cupy)
        _check_driver(cupy)
        _check_card(_device(cupy))
        _cupy = cupy
    return _cupy


def _check_version(cupy: ModuleType) -> None:
    """Refuse a CuPy in which something is not there yet."""
    numbers = [int(part) for part in cupy.__version__.split(".")[:2] if part.isdigit()]
    if tuple(numbers) < OLDEST_CUPY:
        oldest = ".".join(map(str, OLDEST_CUPY))
        raise BackendError(f"backend 'cupy' needs CuPy {oldest} or newer, found {cupy.__version__}: {UPGRADE}")


def _check_driver(cupy: ModuleType) -> None:
    """Refuse a machine without a driver that suits this CuPy, and one without a card."""
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
        other = f", or pip install 'minigan[cuda{driver // 1000}]'" if driver // 1000 in EXTRAS else ""
        advice = f"the driver runs CUDA {_version(driver)} and CuPy is for {_version(needed)}: update the driver{other}"
    raise BackendError(f"backend 'cupy' found no CUDA device: {reason}; {advice}")


def _check_card(device: Device) -> None:
    """Refuse a card that is too old or has too little memory for anything here."""
    if device.capability < LEAST_CAPABILITY or device.memory < LEAST_MEMORY:
        least, capability = (".".join(map(str, pair)) for pair in (LEAST_CAPABILITY, device.capability))
        raise BackendError(
            f"backend 'cupy' needs a card of compute capability {least} and {LEAST_MEMORY >> 20} MiB or more, found "
            f"{device.name} of {capability} and {device.memory >> 20} MiB: use backend 'numpy'"
        )


def _device(cupy: ModuleType) -> Device:
    """What CUDA tells of the current card."""
    runtime = cupy.cuda.runtime
    facts = runtime.getDeviceProperties(runtime.getDevice())
    free, memory = runtime.memGetInfo()
    driver = f"CUDA {_version(runtime.driverGetVersion())}"
    own = Path("/sys/module/nvidia/version")
    return Device(
        name=facts["name"].decode(),
        capability=(facts["major"], facts["minor"]),
        memory=memory,
        free=free,
        driver=f"{driver} ({own.read_text().strip()})" if own.is_file() else driver,
        cuda=_version(runtime.runtimeGetVersion()),
        cupy=cupy.__version__,
    )


def _version(number: int) -> str:
    """``12.9`` for CUDA's 12090."""
    return f"{number // 1000}.{number % 1000 // 10}"


def device() -> Device:
    """The GPU that backend "cupy" works on.

    Raises
    ------
    BackendError
        There is none, or something that it needs is missing.
    """
    return _device(_load_cupy())


def _load(name: str) -> ModuleType:
    if name == "numpy":
        return np
    if name == "cupy":
        return _load_cupy()
    if name == "auto":
        try:
            return _load_cupy()
        except BackendError as error:
            _tell(f"backend 'auto' takes numpy: {error}")
            return np
    raise BackendError(f"unknown backend {name!r}: expected one of {', '.join(NAMES)}")


def _tell(line: str) -> None:
    """A line on stderr, or wherever the program sends its log; once."""
    if line not in _told:
        _told.add(line)
        logging.getLogger("minigan").warning(line)


def use(name: str) -> None:
    """Make `name` the active backend for all arrays made from now on.

    Parameters
    ----------
    name : {"numpy", "cupy", "auto"}

    Raises
    ------
    BackendError
        The name is unknown; CuPy is not installed or too old; there is no driver, or no card that is large enough.
        The message says what is missing, and the command that brings it where there is one.
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
    """The module whose functions work on `array`, as ``cupy.get_array_module``, without importing CuPy.

    Raises
    ------
    BackendError
        It is no array of NumPy or CuPy.
    """
    if isinstance(array, np.ndarray | np.generic):
        return np
    cupy = _cupy or sys.modules.get("cupy")
    if cupy is None or not isinstance(array, cupy.ndarray):
        raise BackendError(f"expected an array of NumPy or CuPy, got {type(array).__name__}")
    return _load_cupy()


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
        return array if array_module(array) is not np else _load_cupy().asarray(array)
    raise BackendError(f"unknown backend {name!r}: expected numpy or cupy")


def check_same(where: str, expected: str, **arrays: Array) -> None:
    """Refuse arrays in another memory than expected: nothing moves between host and device unasked.

    Parameters
    ----------
    where : str
        What was called.
    expected : {"numpy", "cupy"}
    **arrays : array
        By the names that the caller knows them by.

    Raises
    ------
    BackendError
        It names the array, both backends, and how to move it.
    """
    for name, array in arrays.items():
        found = array_module(array).__name__
        if found != expected:
            raise BackendError(
                f"{where}: expected {name} on {expected}, got an array on {found}: "
                f"move it with minigan.backend.to({name}, {expected!r}), or the network with its to({found!r})"
            )


def fits(size: int, part: float = 0.5) -> bool:
    """Whether so many bytes are no more than this part of what is free on the device; without one, always."""
    return xp() is np or size <= part * xp().cuda.runtime.memGetInfo()[0]


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


# CUDA sources


def cuda_device() -> int:
    """The number of the CUDA device that arrays are now made on."""
    return int(_load_cupy().cuda.Device().id)


def compile_cuda(source: str, options: tuple[str, ...] = ()) -> Any:
    """A CUDA source, compiled by NVRTC for the current device.

    Parameters
    ----------
    source : str
    options : tuple of str
        For the compiler, such as ``"-DREAL=float"``.

    Returns
    -------
    cupy.RawModule
        Its ``get_function(name)`` gives a kernel to call: ``kernel(grid, block, arguments)``.

    Raises
    ------
    BackendError
        The source does not compile: the message has the compiler's own, with files and lines; or there is no device.
    """
    cupy = _load_cupy()
    compiled = cupy.RawModule(code=source, options=("-std=c++17", *options), backend="nvrtc")
    try:
        compiled.compile()
    except cupy.cuda.compiler.CompileException as error:
        raise BackendError(f"a CUDA source does not compile:\n{error}") from None
    return compiled


# Graphs

R = TypeVar("R")


class GraphRecorder:
    """Records work on the GPU once, as a CUDA graph, and repeats it by one launch.

    The work has a stream of its own, for the usual one cannot be recorded, and memory of its own: a graph keeps the
    addresses that it met, so that nobody else may be given that memory as long as the graph is used. The usual stream
    waits for the work where the work was asked for, and the work for what was asked for before it.
    """

    def __init__(self) -> None:
        cuda = _load_cupy().cuda
        self.stream, self.pool = cuda.Stream(non_blocking=True), cuda.MemoryPool()
        self.graph: Any = None

    def run(self, work: Callable[[], R]) -> R:
        """Do the work without recording it, in the recorder's memory: so kernels get compiled and memory is there."""
        with self._turn(), _load_cupy().cuda.using_allocator(self.pool.malloc):
            return work()

    def record(self, work: Callable[[], R]) -> R:
        """Record the work, which is not done. What it returns lies where each `replay` writes it.

        Raises
        ------
        BackendError
            The work copies an array of the host to the device: a replay would copy what lies there by then.
        Exception
            Whatever the work raises; CuPy's own where it reads the device or calls cuBLAS.
        """
        with self._turn(), _load_cupy().cuda.using_allocator(self.pool.malloc), _no_uploads():
            self.stream.begin_capture()
            try:
                result = work()
            except BaseException:
                self._abandon()
                raise
            self.graph = self.stream.end_capture()
        return result

    def replay(self) -> None:
        """Do what was recorded, once more."""
        with self._turn():
            self.graph.launch(self.stream)

    def _abandon(self) -> None:
        """End a recording that has failed; CUDA may then have no graph to give."""
        try:
            self.stream.end_capture()
        except _load_cupy().cuda.runtime.CUDARuntimeError:
            pass

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Work on the recorder's stream, after what was asked for before the block, and before what comes after."""
        outside = _load_cupy().cuda.get_current_stream()
        self.stream.wait_event(outside.record())
        try:
            with self.stream:
                yield
        finally:
            outside.wait_event(self.stream.record())


@contextmanager
def _no_uploads() -> Iterator[None]:
    """Refuse copies from the host, which CuPy makes by way of pinned memory."""
    cupy = _load_cupy()

    def refuse(size: int) -> Any:
        raise BackendError(f"{size} bytes of the host are copied to the device in work that is recorded")

    cupy.cuda.set_pinned_memory_allocator(refuse)
    try:
        yield
    finally:
        cupy.cuda.set_pinned_memory_allocator(cupy.get_default_pinned_memory_pool().malloc)
