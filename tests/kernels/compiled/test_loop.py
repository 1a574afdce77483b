"""Loops: what they take, and what happens where they cannot be compiled."""

import logging

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels import Kernel
from minigan.kernels.compiled import compiler
from minigan.kernels.compiled.compiler import CompileError, compiled, loop
from minigan.kernels.compiled.compiler.load import PYTHON
from minigan.kernels.compiled.compiler.source import Source
from tests.loops import loop_over

works = pytest.mark.skipif(compiler.problem() is not None, reason=str(compiler.problem()))

STEP = 2


class Strange(np.ndarray):
    """Somebody's own array."""


@compiled
def scaled(x: float, factor: float) -> float:
    return x * factor


@compiled
def add_to(x: np.ndarray, y: np.ndarray, factor: float) -> float:
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            y[i, k] += scaled(x[i, k], factor) + STEP
    return y[0, 0]


@compiled
def second(value: object, out: np.ndarray) -> None:
    out[0] = value


@compiled
def last_of(pair: tuple[int, int], nothing: None, out: np.ndarray) -> int:
    out[0] = pair[0]
    return pair[1]


@works
@loop_over(dtype=[np.float32, np.float64])
def test_a_loop_does_what_it_says(dtype):
    for x in (np.arange(6, dtype=dtype).reshape(2, 3), np.arange(12, dtype=dtype).reshape(3, 4).T, np.ones((1, 0))):
        x, factor = x.astype(dtype, order="K"), dtype(3)
        y = np.ones((x.shape[0], x.shape[1] + 1), dtype)
        assert add_to(x, y, factor) == y[0, 0]
        np.testing.assert_array_equal(y[:, :-1], 1 + x * factor + STEP)
        np.testing.assert_array_equal(y[:, -1], 1)


@works
@loop_over(
    value=[3, -(2**62), 0.5, True, False, np.float32(0.1), np.float64(0.1), np.bool_(True)]
    + [np.dtype(f"{sign}int{bits}").type(7) for sign in ("", "u") for bits in (8, 16, 32, 64)]
)
def test_a_loop_takes_numbers_of_all_types(value):
    out = np.zeros(1)
    second(value, out)
    assert out[0] == float(value)


@works
def test_a_loop_takes_tuples_of_integers_and_none():
    out = np.zeros(1)
    assert last_of((4, -5), None, out) == -5
    assert out[0] == 4


@works
def test_a_number_that_is_too_large_is_an_error():
    with pytest.raises(OverflowError):
        second(2**70, np.zeros(1))


@works
def test_arrays_of_another_byte_order_and_readers_of_strings_are_refused():
    for value in (np.zeros(2, ">f8" if np.little_endian else "<f8"), np.zeros(2, complex), "text", [1]):
        with pytest.raises(TypeError, match="expected an array, a number"):
            second(1.0, value)


@works
def test_an_entry_declines_what_it_was_not_compiled_for():
    x = np.zeros((2, 2))
    entry = add_to.prepare((x, x, 1.0))
    others = [
        (x, x),
        (x, x, 1),
        (x, x, np.float32(1)),
        (x, x, None),
        (x[0], x, 1.0),
        (x.astype(np.float32), x, 1.0),
        (x.astype(x.dtype.newbyteorder()), x, 1.0),
        (x.T.copy()[:, ::2], x, 1.0),
        ([0.0], x, 1.0),
        (x.view(Strange), x, 1.0),
    ]
    for arguments in others:
        assert entry(*arguments) is NotImplemented
    assert entry(x, x, 1.0) == STEP


def test_the_digest_of_a_loop_depends_on_all_that_it_reads():
    def source(constant=1, flags=("contract",), called=scaled):
        def function(x):
            return called(x, constant) + 1

        return Source(function, set(flags)).digest

    def other(x, factor):
        return x / factor

    other.__name__ = "scaled"
    assert source() == source()
    assert len({source(), source(2), source(flags=()), source(called=Source(other, set())), source(np.float32)}) == 5


def test_loading_knows_all_functions_that_entries_call():
    entry = pytest.importorskip("minigan.kernels.compiled.compiler.entry")
    assert set(entry.PYTHON) == set(PYTHON)


# Where compiling fails


@pytest.fixture
def fresh(monkeypatch):
    """A process that does not know yet whether compiled kernels work."""
    monkeypatch.setattr(loop, "_given_up", None)
    loop.reason.cache_clear()
    yield
    loop.reason.cache_clear()


@compiled
def makes_an_array(x: np.ndarray) -> None:
    x[:] = np.empty(x.shape)


def broken(x):
    makes_an_array(x)


@works
def test_a_loop_that_cannot_be_compiled_leaves_its_kernel_to_numpy_with_one_warning(fresh, caplog):
    kernel = Kernel(lambda x: "definition", lambda x: "NumPy", compiled=broken)
    kernels.registry._all.remove(kernel)
    with kernels.using("fast"), caplog.at_level(logging.WARNING, "minigan"):
        assert [kernel(np.zeros(3)) for _ in range(3)] == ["NumPy"] * 3
        assert not kernels.compiled_run()
    (record,) = caplog.records
    assert record.getMessage().startswith("NumPy's kernels run, which take longer: the loop makes_an_array cannot")
    assert "makes_an_array" in compiler.problem()


@works
def test_numba_that_does_not_work_is_found_before_anything_runs(fresh, monkeypatch, caplog):
    def fails(*_):
        raise ImportError("Numba needs NumPy 2.3 or less")

    monkeypatch.setattr(loop, "entry_of", fails)
    monkeypatch.setattr(loop.first_sum, "_entries", ())
    monkeypatch.setattr(loop.first_sum, "compiled_for", [])
    with kernels.using("fast"), caplog.at_level(logging.WARNING, "minigan"):
        assert [kernels.compiled_run() for _ in range(3)] == [False] * 3
    assert len(caplog.records) == 1
    assert "Numba needs NumPy 2.3 or less" in compiler.problem()


def test_where_numba_is_missing_nothing_is_said_but_how_to_install_it(fresh, monkeypatch, caplog):
    monkeypatch.setattr(loop, "numba_version", lambda: None)
    assert compiler.problem() == "Numba is not installed: pip install 'minigan[fast]'"
    assert not caplog.records


def test_numba_s_own_switch_is_followed(fresh, monkeypatch):
    monkeypatch.setattr(loop, "numba_version", lambda: "1.0")
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert compiler.problem() == "NUMBA_DISABLE_JIT is set"


def test_compile_errors_are_minigan_s():
    assert issubclass(CompileError, RuntimeError)
