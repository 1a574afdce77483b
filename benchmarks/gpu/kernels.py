"""Every kernel on the CPU and on the GPU, at several batch sizes: from which size on is the GPU faster?"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.kernels.cases import Case, cases
from minigan import kernels

__all__ = ["Compared", "compare", "compared", "seconds_of"]

#: A function that computes a kernel.
Twin = Callable[..., Any]


class Compared(NamedTuple):
    """The seconds of one case: of the CPU twin, and on the GPU of the reference and of the CUDA twin.

    None for a twin that does not exist or does not cover the case.
    """

    case: Case
    batch: int
    cpu: float | None
    definition: float
    cuda: float | None

    def record(self) -> dict[str, Any]:
        """The values for the JSON file."""
        return {
            "kernel": self.case.kernel,
            "size": self.case.size,
            "batch": self.batch,
            "operations": self.case.operations,
            "cpu_seconds": self.cpu,
            "gpu_definition_seconds": self.definition,
            "gpu_twin_seconds": self.cuda,
        }


def compared(
    batch: int, only: Callable[[str], bool], copy_to_gpu: Callable[[Any], Any], wait: Callable[[], None], seconds: float
) -> Iterator[Compared]:
    """Measure all cases of the selected kernels at this batch size.

    Parameters
    ----------
    batch : int
    only : callable
        Whether a kernel of this name is selected.
    copy_to_gpu : callable
        Copies an array from the host to the GPU.
    wait : callable
        Waits until the GPU has finished all work.
    seconds : float
        Approximate duration of each measurement.
    """
    for case in cases(batch):
        if only(case.kernel):
            yield compare(case, batch, copy_to_gpu, wait, seconds)


def compare(
    case: Case, batch: int, copy_to_gpu: Callable[[Any], Any], wait: Callable[[], None], seconds: float
) -> Compared:
    """Measure one case."""
    kernel = kernels.TABLE[case.kernel]
    on_gpu = copied(case.arguments, copy_to_gpu)
    definition = seconds_of(kernel.definition, on_gpu, wait, seconds)
    cpu = seconds_of(kernel.cpu or kernel.definition, case.arguments, lambda: None, seconds)
    cuda = None if kernel.cuda is None else seconds_of(kernel.cuda, on_gpu, wait, seconds)
    assert definition is not None
    return Compared(case, batch, cpu, definition, cuda)


def seconds_of(twin: Twin, arguments: tuple[Any, ...], wait: Callable[[], None], seconds: float) -> float | None:
    """Seconds of one call, as the mean over many without a wait between them; None where the twin declines.

    The first call compiles; further ones determine how many calls fit into the time.
    """
    if twin(*arguments) is NotImplemented:
        return None
    wait()
    calls = 1
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            twin(*arguments)
        wait()
        took = time.perf_counter() - start
        if took >= seconds / 2 or calls >= 1 << 14:
            return took / calls
        calls = min(1 << 14, max(2 * calls, int(calls * seconds / max(took, 1e-9))))


def copied(thing: Any, copy_to_gpu: Callable[[Any], Any]) -> Any:
    """A copy of the arguments with all arrays copied by `copy_to_gpu`."""
    if isinstance(thing, np.ndarray):
        return copy_to_gpu(thing)
    if type(thing) is tuple:
        return tuple(copied(part, copy_to_gpu) for part in thing)
    return thing
