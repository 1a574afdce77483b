"""BLAS uses one thread inside a `parallel_for`, and its former number of threads after it."""

import threading

import pytest
from threadpoolctl import threadpool_limits

from minigan.kernels.cpu.parallel import blas
from minigan.kernels.cpu.parallel.pool import parallel_for
from tests.kernels.cpu.concurrency import PATIENCE, blas_threads, within_patience


class Broken(Exception):
    """The error of a slab."""


several = pytest.mark.skipif(not blas_threads(), reason="no BLAS library whose number of threads can be set")


@several
def test_products_have_one_thread_inside_and_the_former_number_after(threads: int):
    inside: list[list[int]] = []
    with threadpool_limits(3):
        before = blas_threads()
        parallel_for(lambda _: inside.append(blas_threads()), 5)
        assert blas_threads() == before
    assert inside == [[1] * len(before)] * 5


@several
def test_an_error_restores_the_number_of_product_threads(threads: int):
    def work(i: int) -> None:
        raise Broken

    with threadpool_limits(3):
        before = blas_threads()
        with pytest.raises(Broken):
            parallel_for(work, 5)
        assert blas_threads() == before


@several
def test_products_have_one_thread_in_a_parallel_for_of_any_thread():
    """Even where another thread set it first: from version 3.7 on threadpoolctl sets it for that thread alone."""
    inside: list[list[int]] = []
    with threadpool_limits(3):
        within_patience(lambda: parallel_for(lambda _: inside.append(blas_threads()), 1))
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
        parallel_for(first, 1)
        first_is_out.set()

    with threadpool_limits(3):
        before = blas_threads()
        thread = threading.Thread(target=run_first, daemon=True)
        thread.start()
        first_is_in.wait(PATIENCE)
        within_patience(lambda: parallel_for(second, 1))
        thread.join(PATIENCE)
        assert blas_threads() == before
    assert seen == [[1] * len(before)]


def test_a_library_with_a_limit_for_each_thread_is_limited_in_each(two_threads, monkeypatch):
    """As MKL and OpenBLAS with OpenMP are."""
    limits = threading.local()
    library = blas.Library(lambda: getattr(limits, "count", 5), lambda count: setattr(limits, "count", count))
    monkeypatch.setattr(blas, "libraries", lambda: blas.Libraries([], [library]))
    meeting, inside = threading.Barrier(2, timeout=PATIENCE), []

    def work(_: int) -> None:
        meeting.wait()
        inside.append(library.threads())

    parallel_for(work, 2)
    assert inside == [1, 1]
    assert library.threads() == 5
