"""CUDA by way of CuPy: compiling sources, and recording work as a CUDA graph.

Only `minigan.kernels.cuda` and `minigan.training.gpu` need these; nothing here runs on a CPU.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from minigan.backend.cupy import load
from minigan.errors import BackendError

__all__ = ["GraphRecorder", "compile_cuda", "cuda_device"]

R = TypeVar("R")


def cuda_device() -> int:
    """The number of the CUDA device on which arrays are made."""
    return int(load().cuda.Device().id)


def compile_cuda(source: str, options: tuple[str, ...] = ()) -> Any:
    """Compile a CUDA source with NVRTC for the current device.

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
        The source does not compile: the message is the compiler's, with files and lines; or there is no device.
    """
    cupy = load()
    compiled = cupy.RawModule(code=source, options=("-std=c++17", *options), backend="nvrtc")
    try:
        compiled.compile()
    except cupy.cuda.compiler.CompileException as error:
        raise BackendError(f"a CUDA source does not compile:\n{error}") from None
    return compiled


class GraphRecorder:
    """Records work on the GPU once, as a CUDA graph, and repeats it with one launch.

    The work runs on a stream of its own, because the default stream cannot be recorded. It also has a memory pool of
    its own: a graph keeps the addresses of its arrays, so no other array may get that memory while the graph is used.
    The two streams wait for each other: `run`, `record` and `replay` keep the order in which work was requested.
    """

    def __init__(self) -> None:
        cuda = load().cuda
        self.stream, self.pool = cuda.Stream(non_blocking=True), cuda.MemoryPool()
        self.graph: Any = None

    def __repr__(self) -> str:
        return f"GraphRecorder({'nothing recorded' if self.graph is None else 'recorded'})"

    def run(self, work: Callable[[], R]) -> R:
        """Do the work without recording it, in the recorder's memory: this compiles its kernels and fills the pool."""
        with self._own_stream(), load().cuda.using_allocator(self.pool.malloc):
            return work()

    def record(self, work: Callable[[], R]) -> R:
        """Record the work without doing it. Each `replay` writes into the arrays that are returned here.

        Raises
        ------
        BackendError
            The work copies an array of the host to the device: a replay would copy whatever that memory holds then.
        Exception
            Whatever the work raises; CuPy's own where it reads the device or calls cuBLAS.
        """
        with self._own_stream(), load().cuda.using_allocator(self.pool.malloc), _no_uploads():
            self.stream.begin_capture()
            try:
                result = work()
            except BaseException:
                self._abandon()
                raise
            self.graph = self.stream.end_capture()
        return result

    def replay(self) -> None:
        """Do the recorded work once more."""
        with self._own_stream():
            self.graph.launch(self.stream)

    def _abandon(self) -> None:
        """End a recording that has failed; CUDA may then have no graph to return."""
        try:
            self.stream.end_capture()
        except load().cuda.runtime.CUDARuntimeError:
            pass

    @contextmanager
    def _own_stream(self) -> Iterator[None]:
        """Work on the recorder's stream, after the work requested before the block and before what follows it."""
        outside = load().cuda.get_current_stream()
        self.stream.wait_event(outside.record())
        try:
            with self.stream:
                yield
        finally:
            outside.wait_event(self.stream.record())


@contextmanager
def _no_uploads() -> Iterator[None]:
    """Refuse copies from the host, which CuPy makes through pinned memory."""
    cupy = load()

    def refuse(size: int) -> Any:
        raise BackendError(f"{size} bytes of the host are copied to the device in work that is recorded")

    cupy.cuda.set_pinned_memory_allocator(refuse)
    try:
        yield
    finally:
        cupy.cuda.set_pinned_memory_allocator(cupy.get_default_pinned_memory_pool().malloc)
