"""CUDA graphs, streams and memory pools on the CPU: as much of ``cupy.cuda`` as `minigan.backend.GraphRecorder` uses.

    with graph_backend():
        ...  # backend "cupy", on the strict arrays, with the kernels compiled by g++

While a stream records, nothing runs: launches and array operations are noted, and a replay runs them in the same
memory. An operation that gives a new array is run once to learn its shape; then its result is made NaN, as on a GPU
there would be no result either. What CuPy refuses of a stream that records is refused: reads of the device, copies from
the host where the pinned memory's allocator refuses them, and products by cuBLAS.

Streams wait for each other only where events make them. Every operation notes which memory it reads and writes, and a
`StreamRace` reports memory that one stream writes while another may still use it. And once a graph was recorded in the
memory of a pool, no other array may get memory of that pool.
"""

import contextlib
import weakref
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from minigan import backend, kernels
from minigan.kernels.cuda import compiler
from tests.devices.host.compiler import HostCompiler
from tests.devices.strict import DeviceArray, installed, reads
from tests.devices.strict import array as strict_array
from tests.devices.strict import module as strict_module

__all__ = ["Graph", "StreamRace", "graph_backend"]

#: Array functions by which CuPy calls cuBLAS.
OF_CUBLAS = {"matmul", "dot", "einsum", "tensordot", "outer"}

#: What launches nothing: memory as it comes.
BARE = {"empty", "empty_like"}

#: Methods and functions that change an array that they are given.
IN_PLACE = {"fill", "sort", "__setitem__"}


class StreamRace(AssertionError):
    """A stream uses memory before another is known to be done with it."""


# Streams, and who waits for whom


class Stream:
    """``cupy.cuda.Stream``: a clock for each stream says how far the others are known to have come."""

    def __init__(self, non_blocking: bool = False) -> None:
        self.non_blocking = non_blocking
        self.clock: dict[Stream, int] = {self: 0}
        self.tape: list[Callable[[], None]] | None = None
        self.pool: MemoryPool | None = None

    def __enter__(self) -> "Stream":
        now.streams.append(self)
        return self

    def __exit__(self, *error: Any) -> None:
        now.streams.pop()

    def record(self) -> dict["Stream", int]:
        """An event: where the stream stands."""
        return dict(self.clock)

    def wait_event(self, event: dict["Stream", int]) -> None:
        for stream, time in event.items():
            self.clock[stream] = max(time, self.clock.get(stream, 0))

    def begin_capture(self) -> None:
        if not self.non_blocking:
            raise CUDARuntimeError("cudaErrorStreamCaptureUnsupported")
        self.tape, self.pool = [], now.pool
        self.forbidden, reads.forbidden = reads.forbidden, "work that is recorded"

    def end_capture(self) -> "Graph":
        tape, self.tape = self.tape, None
        reads.forbidden = self.forbidden
        if self.pool is not None:
            self.pool.frozen = True
        return Graph(tape)


class Graph:
    """``cupy.cuda.Graph``: what was recorded."""

    def __init__(self, tape: list[Callable[[], None]]) -> None:
        self.tape = tape

    def launch(self, stream: Stream) -> None:
        with stream:
            for work in self.tape:
                work()


class MemoryPool:
    """``cupy.cuda.MemoryPool``; `frozen` once a graph uses its memory."""

    def __init__(self) -> None:
        self.frozen = False

    def malloc(self, size: int) -> None:
        if self.frozen:
            raise AssertionError("memory of a recorded graph is given to another array")


#: The current streams, the innermost last; the pool that memory comes from; who gives pinned memory.
now = SimpleNamespace(streams=[Stream()], pool=None, pinned=lambda size: None, uses={})

CUDARuntimeError = strict_module.CUDARuntimeError


@contextmanager
def using_allocator(allocator: Callable[[int], None]) -> Iterator[None]:
    before, now.pool = now.pool, allocator.__self__
    try:
        yield
    finally:
        now.pool = before


def set_pinned_memory_allocator(allocator: Callable[[int], Any]) -> None:
    now.pinned = allocator


class Uses:
    """Who has written an array's memory last, and who has read it since: streams with their times."""

    def __init__(self, memory: np.ndarray) -> None:
        self.memory = weakref.ref(memory)
        self.written: dict[Stream, int] = {}
        self.read: dict[Stream, int] = {}


def uses_of(array: DeviceArray) -> Uses:
    memory = array._values
    while isinstance(memory.base, np.ndarray):
        memory = memory.base
    found = now.uses.get(id(memory))
    if found is None or found.memory() is not memory:
        found = now.uses[id(memory)] = Uses(memory)
    return found


def note_use(read: Sequence[DeviceArray], written: Sequence[DeviceArray], what: str) -> None:
    """An operation of the current stream, after all that it has to wait for."""
    stream = now.streams[-1]
    stream.clock[stream] += 1
    for array in read:
        check_done(stream, uses_of(array).written, f"{what} reads what another stream writes")
        uses_of(array).read[stream] = stream.clock[stream]
    for array in written:
        uses = uses_of(array)
        check_done(stream, {**uses.written, **uses.read}, f"{what} writes what another stream uses")
        uses.written, uses.read = {stream: stream.clock[stream]}, {}


def check_done(stream: Stream, others: dict[Stream, int], what: str) -> None:
    for other, time in others.items():
        if stream.clock.get(other, 0) < time:
            raise StreamRace(f"{what}: an event to wait for is missing")


# Operations


def arrays_in(value: Any) -> list[DeviceArray]:
    """All device arrays in arguments or results."""
    if isinstance(value, DeviceArray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [array for item in value for array in arrays_in(item)] if isinstance(value, list | tuple) else []


def work(name: str, read: Any, written: Any, call: Callable[[], None]) -> None:
    """Do something that changes memory, now or, where a stream records, at each replay."""

    def run() -> None:
        note_use(arrays_in(read), arrays_in(written), name)
        call()

    tape = now.streams[-1].tape
    if tape is None:
        run()
    else:
        tape.append(run)


inside = SimpleNamespace(depth=0)


def launching(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """An operation of the strict arrays, as one that a stream runs or records."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if inside.depth:
            return call(*args, **kwargs)
        inside.depth += 1
        try:
            return launched(name, call, args, kwargs)
        finally:
            inside.depth -= 1

    wrapper.__name__ = name
    return wrapper


def launched(name: str, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    stream = now.streams[-1]
    label = args[1].__name__ if name == "__array_ufunc__" else name
    if stream.tape is not None and label in OF_CUBLAS:
        raise NotImplementedError("calling cuBLAS API during stream capture is currently unsupported")
    given = arrays_in((args, kwargs))
    out = arrays_in(kwargs.get("out")) or ([args[0]] if name in IN_PLACE else [])
    if out:
        work(label, given, out, lambda: call(*args, **kwargs))
        return None if name in IN_PLACE else out[0]
    with np.errstate(all="ignore") if stream.tape is not None else contextlib.nullcontext():
        result = call(*args, **kwargs)
    made = [array for array in arrays_in(result) if not any(shares(array, other) for other in given)]
    if made:
        allocate(made)
        if name not in BARE:
            note(label, call, args, kwargs, given, result, made)
    return result


def shares(array: DeviceArray, other: DeviceArray) -> bool:
    return array is other or np.may_share_memory(array._values, other._values)


def allocate(arrays: list[DeviceArray]) -> None:
    if now.pool is not None:
        for array in arrays:
            now.pool.malloc(array.nbytes)


def note(
    label: str,
    call: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    given: list[DeviceArray],
    result: Any,
    made: list[DeviceArray],
) -> None:
    """An operation that has given new arrays: done, or recorded, to be done again into the same arrays."""
    if now.streams[-1].tape is None:
        note_use(given, made, label)
        return
    poison(made)

    def again() -> None:
        inside.depth += 1
        try:
            for place, array in zip(arrays_in(result), arrays_in(call(*args, **kwargs))):
                place._values[...] = array._values
        finally:
            inside.depth -= 1

    work(label, given, made, again)


def poison(arrays: list[DeviceArray]) -> None:
    """What was not computed has no value."""
    for array in arrays:
        if array._values.flags.writeable:
            array._values[...] = np.nan if array.dtype.kind == "f" else 0


def uploading(values: Any, dtype: Any = None) -> DeviceArray:
    """A copy from the host, by way of pinned memory."""
    array = strict_array.to_device(values, dtype)
    now.pinned(array.nbytes)
    allocate([array])
    note_use([], [array], "a copy from the host")
    return array


# Kernels


class GraphCompiler:
    """The host's compiler, for strict arrays and streams."""

    def __init__(self) -> None:
        self.host = HostCompiler(orders=("ascending",))
        self.programs: dict[Hashable, Any] = {}

    def device(self) -> Hashable:
        return "host"

    def compile(self, name: str, source: str, options: tuple[str, ...] = ()) -> "GraphProgram":
        return GraphProgram(self.host.compile(name, source, options))


class GraphProgram:
    """A program whose launches a stream runs or records."""

    def __init__(self, program: Any) -> None:
        self.program = program

    def launch(self, kernel: str, grid: tuple[int, ...], block: tuple[int, ...], arguments: Sequence[Any]) -> None:
        written = [a for a, kind in zip(arguments, self.program.signature(kernel)) if kind.startswith("w")]
        values = [a._values if isinstance(a, DeviceArray) else a for a in arguments]
        work(kernel, list(arguments), written, lambda: self.program.launch(kernel, grid, block, values))


# The backend

#: The methods of arrays that give other arrays: those that `strict_array.method` has made.
METHODS = [
    name for name, value in vars(DeviceArray).items() if getattr(value, "__qualname__", "").startswith("method.")
]


@contextmanager
def graph_backend() -> Iterator[GraphCompiler]:
    """A block whose backend is the strict device, with streams, graphs, and the CUDA kernels on the CPU."""
    functions = {
        name: launching(name, call)
        for name, call in strict_module.FUNCTIONS.items()
        if name not in ("array", "asarray", "asnumpy")
    }
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        enter(mock.patch.multiple(now, streams=[Stream()], pool=None, pinned=lambda size: None, uses={}))
        for name in [*METHODS, "__getitem__", "__setitem__", "__array_ufunc__"]:
            enter(mock.patch.object(DeviceArray, name, launching(name, vars(DeviceArray)[name])))
        enter(mock.patch.object(DeviceArray, "__cuda_array_interface__", property(lambda self: {}), create=True))
        enter(mock.patch.object(DeviceArray, "get", getting(vars(DeviceArray)["get"])))
        enter(mock.patch.dict(strict_module.FUNCTIONS, functions))
        enter(mock.patch.object(strict_module, "to_device", uploading))
        cupy = enter(installed())
        cupy.cuda.Stream, cupy.cuda.MemoryPool = Stream, MemoryPool
        cupy.cuda.using_allocator, cupy.cuda.get_current_stream = using_allocator, lambda: now.streams[-1]
        cupy.cuda.set_pinned_memory_allocator = set_pinned_memory_allocator
        cupy.get_default_pinned_memory_pool = lambda: SimpleNamespace(malloc=lambda size: None)
        graphs = GraphCompiler()
        enter(compiler.compiling_with(graphs))
        enter(kernels.using("fast"))
        enter(backend.using("cupy"))
        yield graphs


def getting(get: Callable[..., Any]) -> Callable[..., Any]:
    """A read of the device: the current stream waits for what it has done, and for nothing else."""

    def call(self: DeviceArray) -> Any:
        note_use([self], [], "get()")
        return get(self)

    return call
