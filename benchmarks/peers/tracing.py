"""What runs inside and outside of parallel sections: a trace of minigan's `parallel_for`.

While a trace is recorded one thread takes all slabs of every section, one after the other, so that each is timed
undisturbed, by its own processor time; but the code runs as for the number of threads that `minigan.backend.threads`
says. Only then are the parts of `minigan.kernels.cpu.parallel` replaced: without a trace nothing is slower.
"""

import time
from contextlib import contextmanager

from minigan.kernels.cpu.parallel import pool, scratch
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum

__all__ = ["recorded", "scratch_bytes"]


class NoHelpers:
    """A pool whose threads never join in."""

    def offer(self, job, threads):
        """Leave all slabs to the caller."""


class TracedJob(pool.Job):
    """A job that times its slabs.

    The calls of an ordered sum's job are threads, which take many slabs each: there the slabs are the calls of
    `OrderedSum.add`, and no more threads can take part than there are lanes.
    """

    sections: list
    current = None

    def __init__(self, function, count):
        super().__init__(self.call, count)
        self.traced, self.name = function, name_of(function)
        self.is_sum = function.__qualname__.startswith(OrderedSum.compute.__qualname__)
        self.slabs, self.inside = [], False

    def call(self, number):
        """A slab, or a thread of an ordered sum."""
        if self.is_sum:
            self.traced(number)
        else:
            self.slab(self.traced, number)

    def slab(self, function, *arguments):
        """Time a slab."""
        start, self.inside = time.thread_time(), True
        function(*arguments)
        self.inside = False
        self.slabs.append(time.thread_time() - start)

    def work(self):
        """All slabs."""
        TracedJob.current, start = self, time.thread_time()
        super().work()
        seconds, TracedJob.current = time.thread_time() - start, None
        if len(self.slabs) > 1:
            entry = {"name": self.name, "seconds": seconds, "slabs": self.slabs, "most": self.count}
            TracedJob.sections.append(entry)


def traced_add(function, *arguments):
    """`OrderedSum.add`: a slab, unless the whole sum is inside of one."""
    job = TracedJob.current
    if job is None or not job.is_sum or job.inside:
        add(function, *arguments)
        return
    job.name = name_of(function)
    job.slab(add, function, *arguments)


add = OrderedSum.add


def name_of(function):
    """Where a function is defined, in short: ``winograd.Winograd.forward``."""
    parts = [function.__module__.rpartition(".")[2], *function.__qualname__.replace(".<locals>", "").split(".")]
    return ".".join(part for part in parts if part not in ("work", "<lambda>"))


@contextmanager
def recorded():
    """A list that gets, while the block runs, an entry for each section of two slabs or more.

    ``{"name": where, "seconds": of all its slabs, "slabs": [seconds of each], "most": threads that can take part}``
    """
    saved = pool.Job, pool._pool
    TracedJob.sections = []
    pool.Job, pool._pool, OrderedSum.add = TracedJob, NoHelpers(), staticmethod(traced_add)
    try:
        yield TracedJob.sections
    finally:
        (pool.Job, pool._pool), OrderedSum.add = saved, staticmethod(add)


def scratch_bytes():
    """The scratch memory of this thread."""
    return sum(buffer.nbytes for buffer in scratch._this_thread.__dict__.get("buffers", {}).values())
