"""The scheduler: every slab once, nothing left running, the same sums for any number of threads."""

import concurrent.futures
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from minigan import backend
from minigan.kernels.cpu.parallel import slabs
from minigan.kernels.cpu.parallel.slabs import OrderedSum, cut, run, scratch, split_coarse

#: Seconds after which something hangs. The tests take milliseconds.
PATIENCE = 30


@pytest.fixture(params=[1, 2, 4])
def threads(request) -> int:
    """So many threads for the kernels."""
    before = backend.threads()
    yield backend.threads(request.param)
    backend.threads(before)


@pytest.fixture
def two_threads() -> None:
    before = backend.threads()
    backend.threads(2)
    yield
    backend.threads(before)


def within_patience(function: Callable[[], object]) -> None:
    """Call it in a thread of its own, and fail where that does not end."""
    errors: list[BaseException] = []

    def attempt() -> None:
        try:
            function()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it hangs"
    if errors:
        raise errors[0]


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def script(text: str, **options: object) -> subprocess.CompletedProcess:
    """Run a script in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", text], capture_output=True, text=True, timeout=PATIENCE, **options
    )


# Every slab, once


@pytest.mark.parametrize("count", [0, 1, 2, 3, 100, 1000])
def test_every_index_comes_once(threads: int, count: int):
    seen: list[int] = []
    run(seen.append, count)
    assert sorted(seen) == list(range(count))


def test_one_thread_takes_the_slabs_in_order():
    seen: list[int] = []
    before = backend.threads()
    backend.threads(1)
    try:
        run(seen.append, 50)
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

    run(work, 2)
    assert len(workers) == 2


def test_a_run_inside_a_run_stays_in_its_thread(threads: int):
    seen: set[tuple[int, int]] = set()

    def outer(i: int) -> None:
        thread = threading.get_ident()

        def inner(j: int) -> None:
            assert threading.get_ident() == thread
            seen.add((i, j))
            time.sleep(0.0005)  # so that others would have the time to come

        run(inner, 7)

    run(outer, 9)
    assert seen == set(itertools.product(range(9), range(7)))


def test_the_caller_s_floating_point_settings_hold_in_all_threads(two_threads):
    meeting = threading.Barrier(2, timeout=PATIENCE)
    seen = []

    def work(_: int) -> None:
        meeting.wait()
        seen.append(np.geterr()["over"])

    for setting in ("raise", "ignore"):
        with np.errstate(over=setting):
            run(work, 2)
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
        run(work, 100)


def test_an_error_in_a_helper_s_slab_reaches_the_caller(two_threads):
    caller = threading.get_ident()
    meeting = threading.Barrier(2, timeout=PATIENCE)

    def work(_: int) -> None:
        meeting.wait()
        if threading.get_ident() != caller:
            raise Broken

    with pytest.raises(Broken):
        run(work, 2)


def test_after_an_error_nothing_is_begun_and_nothing_is_left_running(threads: int):
    begun, ended = [], []

    def work(i: int) -> None:
        begun.append(i)
        if i == 3:
            raise Broken
        time.sleep(0.01)
        ended.append(i)

    with pytest.raises(Broken):
        run(work, 1000)
    counts = len(begun), len(ended)
    assert len(begun) == len(ended) + 1
    assert len(begun) < 20
    time.sleep(0.05)
    assert (len(begun), len(ended)) == counts


def test_after_an_error_the_next_run_is_complete(threads: int):
    def work(_: int) -> None:
        raise Broken

    with pytest.raises(Broken):
        run(work, 10)
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
            run(work, 2)
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
        run(work, len(total))
        assert total.tolist() == [27000 * i for i in range(40)]


def test_several_threads_may_run_at_once(threads: int):
    def all_at_once() -> None:
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            for future in [pool.submit(some_work) for _ in range(12)]:
                future.result(PATIENCE)

    within_patience(all_at_once)


def test_a_pool_whose_threads_all_wait_for_a_run_does_not_block(two_threads):
    """Each run's slab waits for a task of a pool that runs something itself."""

    def all_at_once() -> None:
        with concurrent.futures.ThreadPoolExecutor(3) as inner, concurrent.futures.ThreadPoolExecutor(3) as outer:

            def task() -> None:
                run(lambda _: inner.submit(some_work).result(PATIENCE), 3)

            for future in [outer.submit(task) for _ in range(3)]:
                future.result(PATIENCE)

    within_patience(all_at_once)


def test_where_the_system_has_no_more_threads_the_caller_works_alone(monkeypatch, threads: int):
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(slabs, "_pool", slabs.Pool())
    monkeypatch.setattr(threading.Thread, "start", refuse)
    seen: list[int] = []
    run(seen.append, 10)
    assert seen == list(range(10))
    assert slabs._pool.queue.empty()


IN_A_CHILD = """
import os, sys, threading, time, warnings
import numpy as np
warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
from minigan import backend
from minigan.kernels.cpu.parallel import memory_pool, slabs

backend.threads(2)
seen = []
slabs.run(lambda i: seen.append(i), 100)  # now there are threads, which the child will not have
stop = False

def keep_busy():  # at the shelves and in a run as often as can be, at the moment of the fork too
    while not stop:
        slabs.run(lambda i: memory_pool.empty((1 << 17,), np.uint8), 8)

busy = threading.Thread(target=keep_busy)
busy.start()
for _ in range(20):
    child = os.fork()
    if not child:
        seen = []
        slabs.run(lambda i: seen.append(memory_pool.empty((1 << 17,), np.uint8).size), 100)
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
from minigan.kernels.cpu.parallel import slabs

backend.threads(2)

class Late:
    def __del__(self):
        seen = []
        slabs.run(seen.append, 20)
        print(sorted(seen) == list(range(20)))

late = Late()
atexit.register(late.__del__)
"""


def test_a_run_at_the_end_of_the_process_is_complete():
    done = script(AT_EXIT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["True", "True"]


# Products in one thread

several = pytest.mark.skipif(not blas_threads(), reason="no BLAS library that can be told its threads")


@several
def test_products_have_one_thread_inside_and_the_former_number_after(threads: int):
    inside: list[list[int]] = []
    with threadpool_limits(3):
        before = blas_threads()
        run(lambda _: inside.append(blas_threads()), 5)
        assert blas_threads() == before
    assert inside == [[1] * len(before)] * 5


@several
def test_an_error_restores_the_number_of_product_threads(threads: int):
    def work(i: int) -> None:
        raise Broken

    with threadpool_limits(3):
        before = blas_threads()
        with pytest.raises(Broken):
            run(work, 5)
        assert blas_threads() == before


@several
def test_products_have_one_thread_in_a_run_of_any_thread():
    """Whoever set the number first: threadpoolctl from 3.7 on listens to that thread alone."""
    inside: list[list[int]] = []
    with threadpool_limits(3):
        within_patience(lambda: run(lambda _: inside.append(blas_threads()), 1))
        assert blas_threads() == [3] * len(inside[0])
    assert set(inside[0]) == {1}


@several
def test_of_two_callers_the_last_to_leave_restores():
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))
    seen: list[list[int]] = []

    def first(_: int) -> None:
        first_is_in.set()
        second_is_in.wait(PATIENCE)

    def second(_: int) -> None:
        second_is_in.set()
        first_is_out.wait(PATIENCE)
        seen.append(blas_threads())

    def run_first() -> None:
        run(first, 1)
        first_is_out.set()

    with threadpool_limits(3):
        before = blas_threads()
        thread = threading.Thread(target=run_first, daemon=True)
        thread.start()
        first_is_in.wait(PATIENCE)
        within_patience(lambda: run(second, 1))
        thread.join(PATIENCE)
        assert blas_threads() == before
    assert seen == [[1] * len(before)]


def test_a_library_with_a_limit_for_each_thread_is_limited_in_each(two_threads, monkeypatch):
    """As MKL and OpenBLAS with OpenMP are."""
    limits = threading.local()
    library = slabs.Library(lambda: getattr(limits, "count", 5), lambda count: setattr(limits, "count", count))
    monkeypatch.setattr(slabs, "libraries", lambda: slabs.Libraries([], [library]))
    meeting, inside = threading.Barrier(2, timeout=PATIENCE), []

    def work(_: int) -> None:
        meeting.wait()
        inside.append(library.threads())

    run(work, 2)
    assert inside == [1, 1]
    assert library.threads() == 5


# Cutting


@given(st.integers(0, 3000), st.integers(0, 1 << 22), st.sampled_from([None, 1, 1000, 1 << 20]))
def test_slabs_cover_all_images_and_are_of_nearly_equal_sizes(count: int, bytes_each: int, budget: int | None):
    pieces = cut(count, bytes_each, budget)
    assert [i for piece in pieces for i in range(count)[piece]] == list(range(count))
    sizes = [piece.stop - piece.start for piece in pieces]
    assert not count or 1 <= min(sizes) <= max(sizes) <= min(sizes) + 1


@given(st.integers(1, 3000), st.integers(1, 1 << 20))
def test_slabs_keep_to_the_budget_and_are_not_more_than_it_takes(count: int, bytes_each: int):
    pieces = cut(count, bytes_each)
    assert max(piece.stop - piece.start for piece in pieces) * bytes_each <= slabs.SLAB
    assert len(pieces) == -(-count // (slabs.SLAB // bytes_each))


def test_the_number_of_threads_plays_no_part_in_cutting(threads: int):
    assert [list(cut(n, 5000)) for n in (1, 300, 777)] == [[slice(0, 1)], *EXPECTED]
    assert len(split_coarse(777, 5000)) == 2
    assert len(split_coarse(200, 5000)) == 1


EXPECTED = [
    [slice(0, 150), slice(150, 300)],
    [slice(777 * i // 4, 777 * (i + 1) // 4) for i in range(4)],
]


def test_the_budget_is_read_when_slabs_are_cut(monkeypatch):
    monkeypatch.setattr(slabs, "SLAB", 10)
    assert len(cut(100, 1)) == 10
    assert len(split_coarse(100, 1)) == 3


# Scratch


def test_scratch_is_the_same_memory_for_one_name_in_one_thread():
    a, b = scratch("a test", (3, 5), np.float32), scratch("a test", (2, 2), np.float32)
    assert a.shape == (3, 5)
    assert b.shape == (2, 2)
    assert a.ctypes.data == b.ctypes.data
    for other in (scratch("another", (2, 2), np.float32), scratch("a third", (2, 2), np.float64)):
        assert not np.may_share_memory(b, other)
    assert scratch("a test", (1000, 1000), np.float32).shape == (1000, 1000)


def test_scratch_is_of_one_thread():
    mine, theirs = scratch("a test", (100,), np.float32), []
    within_patience(lambda: theirs.append(scratch("a test", (100,), np.float32)))
    assert not np.may_share_memory(mine, theirs[0])


def test_scratch_begins_with_a_cache_line():
    for size in (1, 7, 1000):
        assert scratch(f"a test of {size}", (size,), np.float64).ctypes.data % 64 == 0


def test_scratch_may_be_empty():
    assert scratch("a test", (0, 3), np.float32).shape == (0, 3)


# Sums over slabs


@pytest.mark.parametrize("count", [0, 1, 5, 8, 9, 100])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_have_the_same_bits_for_any_number_of_threads(count: int, dtype: type):
    x = np.random.default_rng(0).standard_normal((count, 50)).astype(dtype)
    before, totals = backend.threads(), []

    def part(slab: slice, total: np.ndarray, largest: np.ndarray) -> None:
        time.sleep(0.0002 * (slab.start % 3))  # so that threads overtake each other
        total[...] = x[slab].sum(axis=0)
        largest[...] = abs(x[slab]).max()

    for threads in (1, 2, 4):
        backend.threads(threads)
        try:
            totals.append(OrderedSum(cut(count, 1, 1), ((50,), ()), dtype).run(part))
        finally:
            backend.threads(before)
    for total, largest in totals:
        assert total.dtype == dtype
        assert total.tobytes() == totals[0][0].tobytes()
        assert largest.tobytes() == totals[0][1].tobytes()
    np.testing.assert_allclose(totals[0][0], x.sum(axis=0), rtol=0, atol=1e-4)


def test_large_sums_are_added_up_in_pieces(threads: int):
    pieces = cut(12, 1, 1)
    (total,) = OrderedSum(pieces, ((300, 1000),), np.float64).run(lambda slab, part: part.fill(slab.start))
    assert (total == sum(range(12))).all()
