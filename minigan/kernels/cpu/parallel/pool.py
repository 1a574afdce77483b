"""A pool of threads, over which `parallel_for` spreads the slabs of a kernel.

NumPy releases the interpreter lock while it computes, so that several threads really compute at the same time.

The calling thread takes slabs too, and at the end it waits only for slabs that other threads have begun. So it cannot
deadlock: not on a pool whose threads are all busy with another caller's slabs, not in a `parallel_for` inside a
`parallel_for` (which stays in its thread), and not in a process that was forked from one with threads.
"""

import itertools
import os
import threading
from collections.abc import Callable
from contextvars import copy_context
from queue import SimpleQueue

from minigan import backend
from minigan.kernels.cpu.parallel import blas

__all__ = ["Job", "Pool", "parallel_for"]

#: `working` is true in a thread that is in a slab.
_this_thread = threading.local()


class Job:
    """One call of `parallel_for`: numbers that are handed out, in order, to all threads that take part."""

    def __init__(self, function: Callable[[int], None], count: int) -> None:
        self.function, self.count = function, count
        self.next = itertools.count()
        self.lock = threading.Lock()
        self.helpers = 0
        self.closed = False
        self.error: BaseException | None = None
        self.last_helper_left = threading.Lock()
        self.last_helper_left.acquire()
        # How NumPy handles overflows (np.errstate) is set in the caller's context; it must hold in the helpers too.
        self.context = copy_context()

    def work(self) -> None:
        """Take numbers until none is left."""
        _this_thread.working = True
        limits = blas.use_one_thread(blas.libraries().by_thread)
        try:
            while (i := next(self.next)) < self.count:
                self.function(i)
        except BaseException:
            self.next = itertools.repeat(self.count)  # type: ignore[assignment]
            raise
        finally:
            blas.restore(limits)
            _this_thread.working = False

    def join_in(self) -> None:
        """Help the caller, unless the job is over."""
        with self.lock:
            if self.closed:
                return
            self.helpers += 1
        try:
            self.context.copy().run(self.work)
        except BaseException as error:
            self.error = error
        with self.lock:
            self.helpers -= 1
            if self.closed and not self.helpers:
                self.last_helper_left.release()

    def close(self) -> None:
        """Wait for the helpers that are still in a slab."""
        with self.lock:
            self.closed = True
            waiting = self.helpers > 0
        interrupt: BaseException | None = None
        while waiting:
            try:
                waiting = not self.last_helper_left.acquire()
            except BaseException as signalled:  # Ctrl-C: keep waiting while helpers write to the caller's arrays ...
                if interrupt:  # ... but not after a second one
                    raise
                interrupt = signalled
        error = interrupt or self.error
        if error is not None:
            raise error


class Pool:
    """Threads that wait for jobs. They are started when they are first needed."""

    def __init__(self) -> None:
        self.threads = 0
        self.lock = threading.Lock()
        self.queue: SimpleQueue[Job] = SimpleQueue()

    def offer(self, job: Job, threads: int) -> None:
        """Ask this number of threads to join in."""
        with self.lock:
            while self.threads < threads:
                try:
                    threading.Thread(target=self.worker_loop, name=f"minigan-{self.threads + 1}", daemon=True).start()
                except RuntimeError:  # the system has no more threads, or Python is about to end: use fewer
                    break
                self.threads += 1
        for _ in range(min(threads, self.threads)):
            self.queue.put(job)

    def worker_loop(self) -> None:
        """Join in one job after another, until the process ends."""
        while True:
            self.queue.get().join_in()


_pool = Pool()
_single = blas.SingleThreadedProducts()


def _forget() -> None:
    """Start afresh in a forked process, which has none of its parent's threads."""
    global _pool, _single, _this_thread
    _pool, _single, _this_thread = Pool(), blas.SingleThreadedProducts(), threading.local()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def parallel_for(function: Callable[[int], None], count: int) -> None:
    """Call ``function(0)`` to ``function(count - 1)`` on `minigan.backend.threads` threads, and wait for all calls."""
    if getattr(_this_thread, "working", False):
        for i in range(count):
            function(i)
        return
    helpers = min(backend.threads(), count) - 1
    with _single:
        if helpers < 1:
            work_alone(function, count)
            return
        job = Job(function, count)
        _pool.offer(job, helpers)
        try:
            job.work()
        finally:
            job.close()


def work_alone(function: Callable[[int], None], count: int) -> None:
    """All calls in this thread: a job that nobody joins needs no locks and no copy of the context."""
    _this_thread.working = True
    limits = blas.use_one_thread(blas.libraries().by_thread)
    try:
        for i in range(count):
            function(i)
    finally:
        blas.restore(limits)
        _this_thread.working = False
