"""The number of threads that BLAS uses for a product.

A twin runs its slabs on several threads. Each of them should multiply with one thread of BLAS: two BLAS threads in one
small product mostly wait for each other.
"""

import itertools
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from threadpoolctl import ThreadpoolController

__all__ = ["Libraries", "Library", "SingleThreadedProducts", "controllers", "libraries", "restore", "use_one_thread"]


class Library(NamedTuple):
    """A BLAS library: the functions that get and set the number of its threads."""

    threads: Callable[[], int]
    set_threads: Callable[[int], Any]


class Libraries(NamedTuple):
    """The libraries with one limit for the process, and those with one limit for each thread that calls them."""

    by_process: list[Library]
    by_thread: list[Library]


class SingleThreadedProducts:
    """A block in which BLAS uses one thread: the first caller to enter sets the limit, the last to leave restores."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.limits: list[tuple[Library, int]] = []

    def __enter__(self) -> None:
        with self.lock:
            self.inside += 1
            if self.inside == 1:
                self.limits = use_one_thread(libraries().by_process)

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside:
                restore(self.limits)


@cache
def controllers() -> list[Any]:
    """The BLAS libraries of this process. threadpoolctl finds them among all loaded libraries, which takes a while."""
    return ThreadpoolController().select(user_api="blas").lib_controllers


@cache
def libraries() -> Libraries:
    """The BLAS libraries, by the scope of their limits."""
    found = Libraries([], [])
    for library in controllers():
        own = library.internal_api == "mkl" or getattr(library, "threading_layer", "") == "openmp"
        (found.by_thread if own else found.by_process).append(control(library))
    return found


def control(library: Any) -> Library:
    """The functions of OpenBLAS itself where it has them, else those of threadpoolctl.

    From version 3.7 on, threadpoolctl sets the limit of OpenBLAS only for the first thread that uses it.
    """
    if getattr(library, "threading_layer", "") == "pthreads":
        for prefix, suffix in itertools.product(("", "scipy_"), ("", "64_", "_64")):
            get = getattr(library.dynlib, f"{prefix}openblas_get_num_threads{suffix}", None)
            set_ = getattr(library.dynlib, f"{prefix}openblas_set_num_threads{suffix}", None)
            if get and set_:
                return Library(get, set_)
    return Library(library.get_num_threads, library.set_num_threads)


def use_one_thread(libraries: list[Library]) -> list[tuple[Library, int]]:
    """Set the libraries to one thread; returns those that had another number, with that number."""
    others = []
    for library in libraries:
        threads = library.threads()
        if threads != 1:
            others.append((library, threads))
            library.set_threads(1)
    return others


def restore(limits: list[tuple[Library, int]]) -> None:
    """Undo `use_one_thread`."""
    for library, threads in limits:
        library.set_threads(threads)
