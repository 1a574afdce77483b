"""Work cut into slabs and spread over threads.

A twin cuts its batch into slabs, a few images each, that fit into a core's cache, and calls `run` with a function
that does one slab. NumPy releases the interpreter while it works on arrays, so that threads really run side by side,
each with products of one BLAS thread: two threads of BLAS in one small product would mostly wait for each other.

The same bits for any number of threads: slabs are cut by shapes alone, each writes to a place of its own, and what is
summed over slabs is summed in `lanes`, each of which takes its slabs in order, and then lane by lane.

The calling thread works along, and only waits for what others have begun. So nothing can block: not a pool whose
threads are all busy with another caller's work, not a `run` inside a `run` (which stays in its thread), not a
process that was forked from one with threads.
"""

import itertools
import math
import os
import threading
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from functools import cache, lru_cache
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from minigan import backend
from minigan.kernels.cpu.parallel import memory_pool

__all__ = ["OrderedSum", "blas", "bytes_each", "cut", "run", "scratch", "split_coarse"]

#: Bytes that a slab's arrays should fill: half of what a core's own cache holds nowadays.
SLAB = 1 << 20

#: Shapes of scratch memory that are remembered; to make a view anew takes a microsecond.
MOST_VIEWS = 1024

_here = threading.local()


class Work:
    """One call of `run`: slabs that are handed out, in order, to whoever is free."""

    def __init__(self, function: Callable[[int], None], count: int) -> None:
        self.function, self.count = function, count
        self.next = itertools.count()
        self.lock = threading.Lock()
        self.helpers = 0
        self.closed = False
        self.error: BaseException | None = None
        self.last_helper_left = threading.Lock()
        self.last_helper_left.acquire()
        # What NumPy does about overflows (np.errstate) is set in the caller's context; helpers are to do the same.
        self.context = copy_context()

    def do(self) -> None:
        """Take slabs until none is left."""
        _here.working = True
        limits = one_thread_each(libraries().by_thread)
        try:
            while (i := next(self.next)) < self.count:
                self.function(i)
        except BaseException:
            self.next = itertools.repeat(self.count)  # type: ignore[assignment]
            raise
        finally:
            restore(limits)
            _here.working = False

    def help(self) -> None:
        """Take part, unless it is over."""
        with self.lock:
            if self.closed:
                return
            self.helpers += 1
        try:
            self.context.copy().run(self.do)
        except BaseException as error:
            self.error = error
        with self.lock:
            self.helpers -= 1
            if self.closed and not self.helpers:
                self.last_helper_left.release()

    def close(self) -> None:
        """Wait for those who still work on a slab."""
        with self.lock:
            self.closed = True
            waiting = self.helpers > 0
        interrupt: BaseException | None = None
        while waiting:
            try:
                waiting = not self.last_helper_left.acquire()
            except BaseException as signalled:  # Ctrl-C: not while others still write to the caller's arrays ...
                if interrupt:  # ... unless somebody insists
                    raise
                interrupt = signalled
        error = interrupt or self.error
        if error is not None:
            raise error


class Pool:
    """Threads that wait for work, made when they are first needed."""

    def __init__(self) -> None:
        self.threads = 0
        self.lock = threading.Lock()
        self.queue: SimpleQueue[Work] = SimpleQueue()

    def offer(self, work: Work, threads: int) -> None:
        """Ask so many threads to take part."""
        with self.lock:
            while self.threads < threads:
                try:
                    threading.Thread(target=self.serve, name=f"minigan-{self.threads + 1}", daemon=True).start()
                except RuntimeError:  # the system has no more, or Python is about to end: then fewer must do
                    break
                self.threads += 1
        for _ in range(min(threads, self.threads)):
            self.queue.put(work)

    def serve(self) -> None:
        """What a thread does until the process ends."""
        while True:
            self.queue.get().help()


class SingleThreadedProducts:
    """A block in which BLAS uses one thread; the first to enter says so, the last to leave restores."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.limits: list[tuple[Library, int]] = []

    def __enter__(self) -> None:
        with self.lock:
            self.inside += 1
            if self.inside == 1:
                self.limits = one_thread_each(libraries().by_process)

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside:
                restore(self.limits)


class Library(NamedTuple):
    """A BLAS library: how to ask and to tell it the number of its threads."""

    threads: Callable[[], int]
    set_threads: Callable[[int], Any]


class Libraries(NamedTuple):
    """Those with one limit for the process, and those with one for each thread that calls them."""

    by_process: list[Library]
    by_thread: list[Library]


@cache
def blas() -> list[Any]:
    """The BLAS libraries of this process, as threadpoolctl finds them: it looks through all that is loaded."""
    return ThreadpoolController().select(user_api="blas").lib_controllers


@cache
def libraries() -> Libraries:
    """How to tell them the number of their threads."""
    found = Libraries([], [])
    for library in blas():
        own = library.internal_api == "mkl" or getattr(library, "threading_layer", "") == "openmp"
        (found.by_thread if own else found.by_process).append(control(library))
    return found


def control(library: Any) -> Library:
    """The functions of OpenBLAS itself where it has them, else those of threadpoolctl.

    For OpenBLAS threadpoolctl (from 3.7 on) does what the first thread says that says something, and nothing else.
    """
    if getattr(library, "threading_layer", "") == "pthreads":
        for prefix, suffix in itertools.product(("", "scipy_"), ("", "64_", "_64")):
            ask = getattr(library.dynlib, f"{prefix}openblas_get_num_threads{suffix}", None)
            tell = getattr(library.dynlib, f"{prefix}openblas_set_num_threads{suffix}", None)
            if ask and tell:
                return Library(ask, tell)
    return Library(library.get_num_threads, library.set_num_threads)


def one_thread_each(libraries: list[Library]) -> list[tuple[Library, int]]:
    """Set the libraries to one thread; returns those that had another number, and which."""
    others = [(library, threads) for library in libraries if (threads := library.threads()) != 1]
    for library, _ in others:
        library.set_threads(1)
    return others


def restore(limits: list[tuple[Library, int]]) -> None:
    """Undo `one_thread_each`."""
    for library, threads in limits:
        library.set_threads(threads)


_pool = Pool()
_single = SingleThreadedProducts()


def _forget() -> None:
    """A forked process has none of its parent's threads."""
    global _pool, _single, _here
    _pool, _single, _here = Pool(), SingleThreadedProducts(), threading.local()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def run(function: Callable[[int], None], count: int) -> None:
    """Call ``function(0)`` to ``function(count - 1)``, spread over `minigan.backend.threads`, and wait for all."""
    if getattr(_here, "working", False):
        for i in range(count):
            function(i)
        return
    helpers = min(backend.threads(), count) - 1
    with _single:
        work = Work(function, count)
        if helpers > 0:
            _pool.offer(work, helpers)
        try:
            work.do()
        finally:
            work.close()


def bytes_each(images: np.ndarray) -> int:
    """What one of the images takes."""
    return images.nbytes // max(len(images), 1)


def cut(count: int, bytes_each: int, budget: int | None = None) -> tuple[slice, ...]:
    """Cut `count` images into slabs, of as nearly equal sizes as can be, whose arrays take about `budget` bytes."""
    return _cut(count, max(1, (SLAB if budget is None else budget) // max(bytes_each, 1)))


@lru_cache(maxsize=1024)
def _cut(count: int, most: int) -> tuple[slice, ...]:
    """Cut `count` images into slabs of `most` at the most."""
    slabs = -(-count // most)
    bounds = [count * i // slabs for i in range(slabs + 1)] if slabs else []
    return tuple(slice(start, stop) for start, stop in itertools.pairwise(bounds))


def split_coarse(count: int, bytes_each: int) -> tuple[slice, ...]:
    """As `cut`, in slabs four times as large, for work that is a chain of short operations.

    Before and after each operation a thread needs the interpreter, and where they last a few microseconds the threads
    mostly wait for each other. A slab that is partly in the next cache costs less than that. What is enough for two
    slabs is cut in two.
    """
    return cut(count, bytes_each, min(4 * SLAB, max(SLAB, -(-count // 2) * bytes_each)))


def scratch(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Memory of this thread for the moment, with arbitrary values: the next call with that name gets the same."""
    try:
        return _here.views[name, shape, dtype]
    except (AttributeError, KeyError):
        return _view(name, shape, dtype)


def _view(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """As `scratch`, for the first time."""
    here = _here.__dict__
    buffers, views = here.setdefault("buffers", {}), here.setdefault("views", {})
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if name not in buffers or buffers[name].size < size:
        buffers[name] = memory_pool.aligned(size)
        views.clear()  # none may keep the smaller one alive
    if len(views) >= MOST_VIEWS:
        views.clear()
    views[name, shape, dtype] = buffers[name][:size].view(dtype).reshape(shape)
    return views[name, shape, dtype]


class OrderedSum:
    """Sums over slabs, in an order that does not depend on who does them.

    Lane l takes the slabs l, l + lanes, l + 2 lanes ... and adds them up; in the end the lanes are added. A thread
    takes the next slab of any lane that no other is busy with, so that none of them has to wait for another.

    Parameters
    ----------
    slabs : tuple of slice
    shapes : tuples of int
        Of the arrays that are summed.
    dtype : dtype
    """

    #: More lanes than this would spend their time on being added up.
    MOST = 8

    def __init__(self, slabs: tuple[slice, ...], shapes: tuple[tuple[int, ...], ...], dtype: Any) -> None:
        self.slabs = slabs
        self.count = max(1, min(self.MOST, len(slabs)))  # of no images, too, the sum is an array: of zeros
        new = memory_pool.empty if slabs else memory_pool.zeros
        self.sums = [[new(shape, dtype) for shape in shapes] for _ in range(self.count)]

    def run(self, function: Callable[..., Any]) -> list[np.ndarray]:
        """Call ``function(slab, *parts)`` for all slabs, which is to write its parts of the sums; give the totals."""
        free = deque((lane, iter(self.slabs[lane :: self.count])) for lane in range(self.count))
        begun = [False] * self.count

        def work(_: int) -> None:
            while True:
                try:
                    lane, slabs = free.popleft()
                except IndexError:
                    return
                slab = next(slabs, None)
                if slab is not None:
                    self.add(function, slab, self.sums[lane], begun[lane])
                    begun[lane] = True
                    free.append((lane, slabs))

        run(work, self.count)
        for parts in zip(*self.sums):
            add_up(parts)
        return self.sums[0]

    @staticmethod
    def add(function: Callable[..., Any], slab: slice, sums: list[np.ndarray], begun: bool) -> None:
        """Add a slab's parts to the sums of its lane; those of the first are the sums."""
        if not begun:
            function(slab, *sums)
            return
        parts = [scratch(f"part {i}", total.shape, total.dtype) for i, total in enumerate(sums)]
        function(slab, *parts)
        for total, part in zip(sums, parts):
            total += part


def add_up(parts: tuple[np.ndarray, ...]) -> None:
    """Add all arrays to the first, in their order."""
    flat = [part.reshape(-1) for part in parts]
    pieces = cut(flat[0].size, parts[0].itemsize * 2, 1 << 18)

    def piece(number: int) -> None:
        for part in flat[1:]:
            flat[0][pieces[number]] += part[pieces[number]]

    run(piece, len(pieces))
