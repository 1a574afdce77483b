"""Every kernel by its definition, and then by its twins for the CPU."""

import time
from typing import Any, NamedTuple

from benchmarks.kernels.cases import Case
from minigan import kernels
from minigan.benchmarking import Timing, benchmark

__all__ = ["Measured", "Versions", "measure", "versions"]


#: Seconds before a twin begins: the threads of the definition's matrix products spin for a while after it, on the
#: processors that the twin's threads need.
REST = 0.2


class Versions(NamedTuple):
    """A kernel's definition, and its twins by NumPy and by compiled loops, if it has them."""

    reference: Any
    numpy: Any = None
    compiled: Any = None


def versions() -> dict[str, Versions]:
    """All kernels by name; without `update_in_place`, which would change its arguments from call to call."""
    runs = kernels.compiled_run()
    return {
        name: Versions(kernel.definition, kernel.cpu, kernel.compiled if runs else None)
        for name, kernel in kernels.TABLE.items()
        if name != "update_in_place"
    }


class Measured(NamedTuple):
    """The result of one case.

    Attributes
    ----------
    case : Case
    bytes : int
        The bytes of all input and output arrays, each counted once: the least traffic to memory.
    reference, numpy, compiled : float, optional
        Median seconds; None for a twin where there is none, or where it does not cover the case.
    """

    case: Case
    bytes: int
    reference: float
    numpy: float | None
    compiled: float | None

    @property
    def intensity(self) -> float:
        """Operations for each byte."""
        return self.case.operations / self.bytes

    @property
    def best(self) -> float:
        """Seconds of the fastest version."""
        return min(seconds for seconds in (self.reference, self.numpy, self.compiled) if seconds is not None)

    def record(self) -> dict[str, object]:
        """The result as a record for a JSON file."""
        return {
            "kernel": self.case.kernel,
            "size": self.case.size,
            "operations": self.case.operations,
            "bytes": self.bytes,
            "reference_seconds": self.reference,
            "numpy_seconds": self.numpy,
            "compiled_seconds": self.compiled,
        }


def measure(case: Case, found: Versions, repeat: int) -> Measured:
    """Time all versions, `repeat` samples of each.

    A definition and its twins round differently; that they compute the same is a test's matter.
    """
    reference = timed(found.reference, case, repeat)
    numpy, compiled = (twin_seconds(twin, case, repeat) for twin in (found.numpy, found.compiled))
    return Measured(case, int(reference.bytes), reference.seconds, numpy, compiled)


def twin_seconds(twin: Any, case: Case, repeat: int) -> float | None:
    """The seconds of a twin; None where there is none, or where it does not cover the case."""
    if twin is None:
        return None
    time.sleep(REST)
    return None if twin(*case.arguments) is NotImplemented else timed(twin, case, repeat).seconds


def timed(kernel: Any, case: Case, repeat: int) -> Timing:
    """The times of one kernel."""
    (timing,) = benchmark(kernel, *case.arguments, backends="numpy", check=False, repeats=repeat)
    return timing
