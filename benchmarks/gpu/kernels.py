"""Every kernel on the CPU and on the GPU, at several batch sizes: from which size on is the GPU faster?"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from benchmarks.kernels.cases import Case, cases
from minigan import backend, kernels
from minigan.benchmarking import benchmark
from minigan.benchmarking.work import moved

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


def compared(batch: int, only: Callable[[str], bool], seconds: float) -> Iterator[Compared]:
    """Measure all cases of the selected kernels at this batch size.

    Parameters
    ----------
    batch : int
    only : callable
        Whether a kernel of this name is selected.
    seconds : float
        Approximate duration of each measurement.
    """
    for case in cases(batch):
        if only(case.kernel):
            yield compare(case, batch, seconds)


def compare(case: Case, batch: int, seconds: float) -> Compared:
    """Measure one case."""
    kernel = kernels.TABLE[case.kernel]
    definition = seconds_of(kernel.definition, case.arguments, "cupy", seconds)
    cpu = seconds_of(kernel.cpu or kernel.definition, case.arguments, "numpy", seconds)
    cuda = None if kernel.cuda is None else seconds_of(kernel.cuda, case.arguments, "cupy", seconds)
    assert definition is not None
    return Compared(case, batch, cpu, definition, cuda)


def seconds_of(twin: Twin, arguments: tuple[Any, ...], place: str, seconds: float) -> float | None:
    """The median seconds of one call on a backend; None where the twin declines."""
    with backend.using(place):
        if twin(*moved(arguments, place)) is NotImplemented:
            return None
    (timing,) = benchmark(twin, *arguments, backends=place, check=False, seconds=seconds)
    return timing.seconds
