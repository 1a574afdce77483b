"""The thread pool: every slab is computed once, errors reach the caller, nothing is left running, nothing blocks."""

import concurrent.futures
import itertools
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from minigan import backend
from minigan.kernels.cpu.parallel import pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from tests.kernels.cpu.concurrency import PATIENCE, blas_threads, within_patience


def script(text: str, **options: object) -> subprocess.CompletedProcess:
    """Run a script in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", text], capture_output=True, text=True, timeout=PATIENCE, **options
    )


# Every slab, once


@pytest.mark.parametrize("count", [0, 1, 2, 3, 100, 1000])
def test_every_index_comes_once(threads: int, count: int):
    seen: list[int] = []
    parallel_for(seen.append, count)
    assert sorted(seen) == list(range(count))


def test_one_thread_takes_the_slabs_in_order():
    seen: list[int] = []
    before = backend.threads()
    backend.threads(1)
    try:
        parallel_for(seen.append, 50)
    finally:
        backend.threads(before)
    assert seen == list(range(50))


def test_threads_work_side_by_side(two_threads):
    # Each waits for the other: in one thread after the other neither could go on.
    meeting = threading.Barrier(2, timeout=PATIENCE)
    workers: set[int] = set()

    def work(_: int) -> None:
        meeting.wait()
        workers.add(threading.get_ident())

    parallel_for(work, 2)
    assert len(workers) == 2


def test_a_parallel_for_inside_a_parallel_for_stays_in_its_thread(threads: int):
    seen: set[tuple[int, int]] = set()

    def outer(i: int) -> None:
        thread = threading.get_ident()

        def inner(j: int) -> None:
            assert threading.get_ident() == thread
            seen.add((i, j))
            time.sleep(0.0005)  # so that others would have the time to come

        parallel_for(inner, 7)

    parallel_for(outer, 9)
    assert seen == set(itertools.product(range(9), range(7)))


def test_the_caller_s_floating_point_settings_hold_in_all_threads(two_threads):
    meeting = threading.Barrier(2, timeout=PATIENCE)
    seen = []

    def work(_: int) -> None:
        meeting.wait()
        seen.append(np.geterr()["over"])

    for setting in ("raise", "ignore"):
        with np.errstate(over=setting):
            parallel_for(work, 2)
    assert seen == ["raise", "raise", "ignore", "ignore"]


# Errors


class Broken(Exception):
    """What a slab raises here."""


@pytest.mark.parametrize("bad", [0, 1, 57, 99])
def test_an_error_in_any_slab_reaches_the_caller(threads: int, bad: int):
    def work(i: int) -> None:
        if i == bad:
            raise Broken(i)

    with pytest.raises(Broken, match=str(bad)):
        parallel_for(work, 100)


def test_an_error_in_a_helper_s_slab_reaches_the_caller(two_threads):
    caller = threading.get_ident()
    meeting = threading.Barrier(2, timeout=PATIENCE)

    def work(_: int) -> None:
        meeting.wait()
        if threading.get_ident() != caller:
            raise Broken

    with pytest.raises(Broken):
        parallel_for(work, 2)


def test_after_an_error_nothing_is_begun_and_nothing_is_left_running(threads: int):
    begun, ended = [], []

    def work(i: int) -> None:
        begun.append(i)
        if i == 3:
            raise Broken
        time.sleep(0.01)
        ended.append(i)

    with pytest.raises(Broken):
        parallel_for(work, 1000)
    counts = len(begun), len(ended)
    assert len(begun) == len(ended) + 1
    assert len(begun) < 20
    time.sleep(0.05)
    assert (len(begun), len(ended)) == counts


def test_after_an_error_the_next_parallel_for_is_complete(threads: int):
    def work(_: int) -> None:
        raise Broken

    with pytest.raises(Broken):
        parallel_for(work, 10)
    test_every_index_comes_once(threads, 100)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer")
@pytest.mark.parametrize("place", ["in a slab", "while waiting"])
def test_ctrl_c_leaves_nothing_running(two_threads, place: str):
    """The helper is in a slab of 0.3 s when the signal arrives; the caller in one of its own, or at the end."""
    caller, busy, meeting = threading.get_ident(), [], threading.Barrier(2, timeout=PATIENCE)

    def work(_: int) -> None:
        meeting.wait()
        if threading.get_ident() != caller:
            busy.append("begun")
            time.sleep(0.3)
            busy.append("ended")
            return
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        if place == "in a slab":
            time.sleep(0.2)

    before = blas_threads()
    handler = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            parallel_for(work, 2)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
    assert busy == ["begun", "ended"]
    assert blas_threads() == before


# Many callers


def some_work() -> None:
    total = np.zeros(40)

    def work(i: int) -> None:
        total[i] = (np.full((30, 30), i) @ np.ones((30, 30))).sum()

    for _ in range(20):
        total.fill(0)
        parallel_for(work, len(total))
        assert total.tolist() == [27000 * i for i in range(40)]


def test_several_threads_may_run_at_once(threads: int):
    def all_at_once() -> None:
        with concurrent.futures.ThreadPoolExecutor(6) as callers:
            for future in [callers.submit(some_work) for _ in range(12)]:
                future.result(PATIENCE)

    within_patience(all_at_once)


def test_a_pool_whose_threads_all_wait_for_a_parallel_for_does_not_block(two_threads):
    """Each slab waits for a task of another pool, which runs a parallel_for itself."""

    def all_at_once() -> None:
        with concurrent.futures.ThreadPoolExecutor(3) as inner, concurrent.futures.ThreadPoolExecutor(3) as outer:

            def task() -> None:
                parallel_for(lambda _: inner.submit(some_work).result(PATIENCE), 3)

            for future in [outer.submit(task) for _ in range(3)]:
                future.result(PATIENCE)

    within_patience(all_at_once)


def test_where_the_system_has_no_more_threads_the_caller_works_alone(monkeypatch, threads: int):
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(pool, "_pool", pool.Pool())
    monkeypatch.setattr(threading.Thread, "start", refuse)
    seen: list[int] = []
    parallel_for(seen.append, 10)
    assert seen == list(range(10))
    assert pool._pool.queue.empty()


IN_A_CHILD = """
import os, sys, threading, time, warnings
import numpy as np
warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
from minigan import backend
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for

backend.threads(2)
seen = []
parallel_for(lambda i: seen.append(i), 100)  # now there are threads; the child will have none of them
stop = False

def keep_busy():  # in the memory pool and in a parallel_for all the time, at the moment of the fork too
    while not stop:
        parallel_for(lambda i: memory_pool.empty((1 << 17,), np.uint8), 8)

busy = threading.Thread(target=keep_busy)
busy.start()
for _ in range(20):
    child = os.fork()
    if not child:
        seen = []
        parallel_for(lambda i: seen.append(memory_pool.empty((1 << 17,), np.uint8).size), 100)
        os._exit(0 if len(seen) == 100 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
stop = True
busy.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_has_threads_of_its_own():
    done = script(IN_A_CHILD)
    assert (done.returncode, done.stderr) == (0, "")


AT_EXIT = """
import atexit
from minigan import backend
from minigan.kernels.cpu.parallel.pool import parallel_for

backend.threads(2)

class Late:
    def __del__(self):
        seen = []
        parallel_for(seen.append, 20)
        print(sorted(seen) == list(range(20)))

late = Late()
atexit.register(late.__del__)
"""


def test_a_parallel_for_at_the_end_of_the_process_is_complete():
    done = script(AT_EXIT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["True", "True"]
