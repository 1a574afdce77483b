"""Every kernel by its definition, and then by its twin."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.kernels.cases import Case
from minigan import kernels

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
    """Call both `repeat` times, after one call that is not timed."""
    result = pair.reference(*case.arguments)
    reference = median_seconds(pair.reference, case.arguments, repeat)
    twin = None
    if pair.twin is not None:
        time.sleep(REST)
        if pair.twin(*case.arguments) is not NotImplemented:
            twin = median_seconds(pair.twin, case.arguments, repeat)
    size = sum(array.nbytes for array in arrays((case.arguments, result)))
    return Measured(case, size, reference, twin)


def median_seconds(kernel: Any, arguments: tuple[Any, ...], repeat: int) -> float:
    """The median time of one call."""
    took = []
    for _ in range(repeat):
        start = time.perf_counter()
        kernel(*arguments)
        took.append(time.perf_counter() - start)
    return float(np.median(took))


def arrays(things: Any) -> Iterator[np.ndarray]:
    """All arrays in nested tuples."""
    if isinstance(things, np.ndarray):
        yield things
    elif isinstance(things, tuple):
        for thing in things:
            yield from arrays(thing)
