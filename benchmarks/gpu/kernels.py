"""Every kernel on the CPU and on the GPU, at several sizes of batch: from which size on is a GPU worth its while?"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.kernels.cases import Case, cases
from minigan import kernels

__all__ = ["Compared", "compare", "compared", "seconds_of"]

#: A kernel's name, and how it is called.
Twin = Callable[..., Any]


class Compared(NamedTuple):
    """What came of one case: seconds of the CPU's twin, and on the GPU of the definition and of the CUDA twin.

    None for a twin that is not there, or does not cover the case.
    """

    case: Case
    batch: int
    cpu: float | None
    definition: float
    cuda: float | None

    def record(self) -> dict[str, Any]:
        """As a file of figures has it."""
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
    batch: int, only: Callable[[str], bool], move: Callable[[Any], Any], wait: Callable[[], None], seconds: float
) -> Iterator[Compared]:
    """All cases with this batch of the kernels that are wanted.

    Parameters
    ----------
    batch : int
    only : callable
        Whether a kernel of this name is wanted.
    move : callable
        An array of the host, in the GPU's memory.
    wait : callable
        Until the GPU has done all that it was asked.
    seconds : float
        About how long each is measured.
    """
    for case in cases(batch):
        if only(case.kernel):
            yield compare(case, batch, move, wait, seconds)


def compare(case: Case, batch: int, move: Callable[[Any], Any], wait: Callable[[], None], seconds: float) -> Compared:
    """One case."""
    kernel = kernels.TABLE[case.kernel]
    there = moved(case.arguments, move)
    definition = seconds_of(kernel.definition, there, wait, seconds)
    cpu = seconds_of(kernel.cpu or kernel.definition, case.arguments, lambda: None, seconds)
    cuda = None if kernel.cuda is None else seconds_of(kernel.cuda, there, wait, seconds)
    assert definition is not None
    return Compared(case, batch, cpu, definition, cuda)


def seconds_of(twin: Twin, arguments: tuple[Any, ...], wait: Callable[[], None], seconds: float) -> float | None:
    """Of one call among many, none of which is waited for; None where the twin declines.

    The first call compiles, the second tells how many fit into the time.
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


def moved(thing: Any, move: Callable[[Any], Any]) -> Any:
    """The same, with the arrays elsewhere."""
    if isinstance(thing, np.ndarray):
        return move(thing)
    if type(thing) is tuple:
        return tuple(moved(part, move) for part in thing)
    return thing
