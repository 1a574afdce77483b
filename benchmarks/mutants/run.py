"""The trial of each mutant: the cases that run the damaged function, until one notices the damage."""

import multiprocessing
import signal
import time
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.mutants.concern import concerned
from benchmarks.mutants.mutate import Mutant, installed
from minigan import kernels
from minigan.backend import threads
from minigan.gradcheck.builtin.cases import CASES

#: The time limit of one case in seconds; most take a few.
TIMEOUT = 60.0

BY_NAME = {case.name: case for case in CASES}


class Late(BaseException):
    """A case takes too long. It is no Exception, which the checks would catch."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise `Late` if a block takes too long."""

    def ring(*_: object) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, TIMEOUT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def prepare_worker() -> None:
    """One thread for each worker, and no warnings about overflows in damaged code."""
    threads(1)
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")


def trial(mutant: Mutant, names: Iterable[str]) -> str:
    """The complaint of the first case that notices the mutant; empty if none does."""
    # The reference kernels are damaged, so their fast twins must not run.
    with kernels.using("reference"), installed(mutant):
        # Random directions notice most mutants, and are many times faster than every entry.
        for name in names:
            if found := complaint(name, mode="directional"):
                return found
        for name in names:
            if found := complaint(name):
                return found
    return ""


def complaint(name: str, **options: Any) -> str:
    """The first failure of a case with the present package; empty if there is none."""
    try:
        with time_limit():
            failures = BY_NAME[name].check(**options).failures
    except Late:
        return f"{name}: takes longer than {TIMEOUT:.0f} s"
    except Exception as error:
        return f"{name}: raised {type(error).__name__}: {error}"
    return failures[0].sentence() if failures else ""


def seconds(name: str) -> float:
    """The seconds of a case with the undamaged package, which has to pass."""
    start = time.perf_counter()
    if found := complaint(name):
        raise SystemExit(f"the undamaged package fails: {found}")
    return time.perf_counter() - start


def outcomes(found: list[Mutant], jobs: int, console: Console) -> list[str]:
    """The result of each mutant; the fastest cases run first."""
    needed: dict[str, list[str]] = {mutant.place: concerned(mutant) for mutant in found}
    names = sorted(set().union(*needed.values()))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, prepare_worker) as pool:
        cost = dict(zip(names, pool.map(seconds, names)))
        order = [sorted(needed[mutant.place], key=lambda name: (cost[name], name)) for mutant in found]
        results = pool.map(trial, found, order)
        return list(track(results, f"{len(found)} mutants", len(found), console=console))
