"""``minigan info``: the kernels in force."""

import pytest

from minigan import kernels
from minigan.backend import thread_count
from minigan.kernels import memory_pool


@pytest.fixture(autouse=True)
def wide_screen(minigan, monkeypatch):
    """Where Numba is missing, the kernels' row says why, and would need two lines."""
    monkeypatch.setenv("COLUMNS", "400")


def line(out: str, name: str) -> str:
    """What stands beside a name."""
    (found,) = (row.strip() for row in out.splitlines() if row.split()[:1] == [name])
    return found.removeprefix(name).strip()


@pytest.mark.parametrize("kind", kernels.KINDS)
@pytest.mark.parametrize(("count", "threads"), [(1, "1 thread"), (2, "2 threads")])
def test_info_shows_the_kernels_their_threads_and_their_memory(minigan, monkeypatch, kind, count, threads):
    monkeypatch.setattr(thread_count, "_count", count)
    memory_pool.clear()
    with kernels.using(kind):
        status, out, err = minigan("info")
        which = kernels.running()
    assert (status, err) == (0, "")
    assert which.split(",")[0] == kind
    assert line(out, "kernels") == f"{which}, on {threads}; memory kept for reuse: 0 of at most 1,024 MiB"


def test_info_says_why_compiled_kernels_do_not_run(minigan, monkeypatch):
    reason = "Numba is not installed: pip install 'minigan[fast]'"
    monkeypatch.setattr(kernels.registry.compiler, "problem", lambda: reason)
    with kernels.using("fast"):
        assert line(minigan("info").out, "kernels").startswith(f"fast, by NumPy alone: {reason}, on ")
        monkeypatch.setattr(kernels.registry.compiler, "problem", lambda: None)
        monkeypatch.setattr(kernels.registry.compiler, "numba_version", lambda: "0.99")
        assert line(minigan("info").out, "kernels").startswith("fast, compiled by Numba 0.99, on ")


def test_info_counts_the_memory_that_is_kept(minigan, monkeypatch):
    memory_pool.clear()
    monkeypatch.setattr(memory_pool, "LIMIT", 5 << 20)
    memory_pool.empty((3 << 20,), "u1")
    try:
        assert "memory kept for reuse: 3 of at most 5 MiB" in line(minigan("info").out, "kernels")
    finally:
        memory_pool.clear()


def test_info_refuses_unknown_kernels(minigan, monkeypatch):
    monkeypatch.setattr(kernels.registry, "_kind", None)
    monkeypatch.setenv("MINIGAN_KERNELS", "quick")
    status, _, err = minigan("info")
    assert status == 2
    assert err == "minigan: unknown kernels 'quick': expected one of fast, numpy, reference\n"
