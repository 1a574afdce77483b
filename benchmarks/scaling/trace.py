"""A traced step: its parallel sections, and the time that it would take on more processors.

A section of slabs with known times ends, on some number of threads, when the last thread does, each of which takes the
next slab when it is done with one. All other code runs on one thread. So the predicted time is

``T(threads) = outside + sum over sections of end(slabs, threads)``

and the speed-up that follows from it is a bound: wakes, the interpreter's lock and the bandwidth of the memory, which
threads share, are not in it. With any number of threads it is below ``1 / share of the time outside`` (Amdahl's law).
"""

import heapq
from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = ["Section", "Trace", "end"]


class Section(NamedTuple):
    """A parallel section: where it is, its seconds on one thread, those of each slab, and the most threads in it."""

    name: str
    seconds: float
    slabs: list[float]
    most: int

    def on(self, threads: int) -> float:
        """The predicted seconds on some number of threads."""
        one = sum(self.slabs)
        return self.seconds - one + end(self.slabs, min(threads, self.most))


class Trace(NamedTuple):
    """One step as for some number of threads.

    Attributes
    ----------
    threads : int
    seconds : float
        On one thread.
    sections : list of Section
    scratch_bytes : int
        The scratch memory of one thread.
    measured : float, optional
        Seconds of real steps on as many processors, where there are enough.
    """

    threads: int
    seconds: float
    sections: list[Section]
    scratch_bytes: int
    measured: float | None

    @classmethod
    def of(cls, threads: int, answer: dict[str, Any]) -> "Trace":
        """The trace in a worker's answer, or in a record."""
        sections = [Section(**section) for section in answer["sections"]]
        return cls(threads, answer["seconds"], sections, answer["scratch_bytes"], answer["measured"])

    @property
    def outside(self) -> float:
        """The seconds outside of parallel sections."""
        return self.seconds - sum(section.seconds for section in self.sections)

    @property
    def predicted(self) -> float:
        """The seconds of a step on these threads."""
        return self.outside + sum(section.on(self.threads) for section in self.sections)

    @property
    def too_few(self) -> int:
        """Sections that have fewer slabs than there are threads."""
        return sum(min(len(section.slabs), section.most) < self.threads for section in self.sections)


def end(slabs: Sequence[float], threads: int) -> float:
    """When the last thread is done, if each takes the next slab as soon as it is free.

    Examples
    --------
    >>> end([3.0, 1.0, 1.0, 1.0], 2)
    3.0
    """
    free = [0.0] * threads
    for seconds in slabs:
        heapq.heappush(free, heapq.heappop(free) + seconds)
    return max(free)
