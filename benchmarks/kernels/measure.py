"""Every kernel by its definition, and then by its twin."""

import time
from typing import Any, NamedTuple

from benchmarks.kernels.cases import Case
from minigan import kernels
from minigan.benchmarking import Timing, benchmark

__all__ = ["Measured", "Pair", "measure", "pairs"]


#: Seconds before a twin begins: the threads of the definition's matrix products spin for a while after it, on the
#: processors that the twin's threads need.
REST = 0.2


class Pair(NamedTuple):
    """A kernel's definition, and its fast twin, if it has one."""

    reference: Any
    twin: Any


def pairs() -> dict[str, Pair]:
    """All kernels by name; without `update_in_place`, which would change its arguments from call to call."""
    table = kernels.TABLE.items()
    return {name: Pair(kernel.definition, kernel.cpu) for name, kernel in table if name != "update_in_place"}


class Measured(NamedTuple):
    """The result of one case.

    Attributes
    ----------
    case : Case
    bytes : int
        The bytes of all input and output arrays, each counted once: the least traffic to memory.
    reference, twin : float, optional
        Median seconds; None for the twin where there is none, or where it does not cover the case.
    """

    case: Case
    bytes: int
    reference: float
    twin: float | None

    @property
    def intensity(self) -> float:
        """Operations for each byte."""
        return self.case.operations / self.bytes

    @property
    def best(self) -> float:
        """Seconds of the faster of the two."""
        return self.reference if self.twin is None else min(self.reference, self.twin)

    def record(self) -> dict[str, object]:
        """The result as a record for a JSON file."""
        return {
            "kernel": self.case.kernel,
            "size": self.case.size,
            "operations": self.case.operations,
            "bytes": self.bytes,
            "reference_seconds": self.reference,
            "twin_seconds": self.twin,
        }


def measure(case: Case, pair: Pair, repeat: int) -> Measured:
    """Time both, `repeat` samples of each.

    A definition and its twin round differently; that they compute the same is a test's matter.
    """
    reference = timed(pair.reference, case, repeat)
    twin = None
    if pair.twin is not None:
        time.sleep(REST)
        if pair.twin(*case.arguments) is not NotImplemented:
            twin = timed(pair.twin, case, repeat).seconds
    return Measured(case, int(reference.bytes), reference.seconds, twin)


def timed(kernel: Any, case: Case, repeat: int) -> Timing:
    """The times of one kernel."""
    (timing,) = benchmark(kernel, *case.arguments, backends="numpy", check=False, repeats=repeat)
    return timing
