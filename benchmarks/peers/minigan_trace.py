"""minigan's step, traced: what runs inside and outside of parallel sections, as for some number of threads."""

import os
import time
from itertools import islice

import protocol
import tracing
from minigan_step import Training

import minigan as mg

#: Steps before a trace, and traces, of which the one of median length counts.
WARMUP, TRACES = 2, 5


class Traced(Training):
    """Both networks, a call for each round, and traces of rounds."""

    def __init__(self, problem, job):
        super().__init__(problem, job)
        self.source = protocol.batches(problem)

    def trace(self, threads):
        """A round as for that number of threads: its seconds, and its parallel sections.

        ``{"seconds": ..., "sections": [...], "scratch_bytes": of a thread, "measured": seconds of real rounds}``; the
        seconds of a trace are the thread's processor time, the measured ones None where there are fewer processors.
        """
        mg.backend.threads(threads)
        for inputs in islice(self.source, WARMUP):
            self(*inputs)
        found = sorted((self.traced() for _ in range(TRACES)), key=lambda trace: trace["seconds"])
        enough = threads <= len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else False
        measured = sorted(self.seconds(time.perf_counter) for _ in range(TRACES))[TRACES // 2] if enough else None
        return {**found[TRACES // 2], "scratch_bytes": tracing.scratch_bytes(), "measured": measured}

    def traced(self):
        """The seconds and the sections of one round."""
        with tracing.recorded() as sections:
            return {"seconds": self.seconds(time.thread_time), "sections": sections}

    def seconds(self, clock):
        """The time of one round."""
        inputs = next(self.source)
        start = clock()
        self(*inputs)
        return clock() - start


make = Traced
