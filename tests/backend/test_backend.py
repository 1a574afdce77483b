"""The backend switch and its threads."""

import contextlib
import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from minigan import backend
from minigan.backend import cupy as cupy_probe
from minigan.backend import thread_count
from minigan.errors import BackendError

has_cupy = importlib.util.find_spec("cupy") is not None


@pytest.fixture(autouse=True)
def _restored(monkeypatch):
    """Leave the backend and the threads as they were."""
    monkeypatch.setattr(backend, "_active", backend._active)
    monkeypatch.setattr(cupy_probe, "_checked", None)
    monkeypatch.delenv("MINIGAN_BACKEND", raising=False)
    monkeypatch.delenv("MINIGAN_THREADS", raising=False)
    monkeypatch.setattr(thread_count, "_count", None)
    before = products()
    yield
    if before is not None:
        threadpool_limits(before)


@pytest.fixture
def no_cupy(monkeypatch):
    """As if CuPy were not installed."""
    monkeypatch.setitem(sys.modules, "cupy", None)


def products() -> int | None:
    """The threads of the matrix products, as their library reports."""
    return next((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), None)


def python(code: str, **environment: str) -> subprocess.CompletedProcess:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MINIGAN_")}
    return subprocess.run(
        [sys.executable, "-c", code], env=clean | environment, capture_output=True, text=True, timeout=60
    )


# Which


def test_numpy_is_the_default_backend(monkeypatch):
    monkeypatch.setattr(backend, "_active", None)
    assert backend.name() == "numpy"
    assert backend.xp() is np


def test_use_chooses_for_all_that_follows():
    backend.use("numpy")
    assert backend.xp() is np


def test_using_chooses_for_a_block_and_goes_back_after_an_error(monkeypatch):
    before = object()
    monkeypatch.setattr(backend, "_active", before)
    with contextlib.suppress(ZeroDivisionError), backend.using("numpy"):
        assert backend.xp() is np
        raise ZeroDivisionError
    assert backend._active is before


@pytest.mark.parametrize("choose", [backend.use, lambda name: backend.using(name).__enter__()])
def test_an_unknown_backend_is_refused_and_changes_nothing(choose):
    backend.use("numpy")
    with pytest.raises(BackendError, match="unknown backend 'torch': expected one of numpy, cupy, auto"):
        choose("torch")
    assert backend.xp() is np


@pytest.mark.usefixtures("no_cupy")
def test_cupy_where_it_is_missing_says_how_to_install_it():
    with pytest.raises(BackendError, match=r"needs CuPy, which is not installed: pip install cupy-cuda12x \(or"):
        backend.use("cupy")


@pytest.mark.usefixtures("no_cupy")
def test_auto_is_numpy_where_cupy_is_missing():
    backend.use("auto")
    assert backend.name() == "numpy"


@pytest.mark.skipif(has_cupy, reason="CuPy is installed")
def test_without_cupy_nothing_but_numpy_can_be_used():
    with pytest.raises(BackendError):
        backend.use("cupy")


@pytest.mark.parametrize("name", ["numpy", "auto"])
def test_the_environment_chooses_the_backend(monkeypatch, name):
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setattr(backend, "_active", None)
    monkeypatch.setenv("MINIGAN_BACKEND", name)
    assert backend.name() == "numpy"


def test_a_bad_backend_in_the_environment_is_refused_at_first_use():
    code = "import minigan; print('imported'); minigan.backend.xp()"
    assert python(code, MINIGAN_BACKEND="auto").returncode == 0
    process = python(code, MINIGAN_BACKEND="abacus")
    assert process.stdout == "imported\n"
    assert "BackendError: unknown backend 'abacus': expected one of numpy, cupy, auto" in process.stderr


# Arrays


def test_numpy_arrays_pass_through_without_a_copy():
    backend.use("numpy")
    x = np.ones(3, np.float32)
    assert backend.asarray(x) is x
    assert backend.asnumpy(x) is x
    assert backend.array_module(x) is np
    assert backend.array_module(x[0]) is np


@pytest.mark.usefixtures("no_cupy")
def test_what_is_no_numpy_array_is_looked_for_in_cupy():
    with pytest.raises(BackendError, match="CuPy"):
        backend.array_module([1.0, 2.0])


# Threads


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_limit_the_matrix_products(threads):
    assert backend.threads(threads) == threads
    assert products() in (threads, 1, None)  # a machine of one processor has one


def test_threads_are_those_of_the_environment_unless_stated(monkeypatch):
    monkeypatch.setenv("MINIGAN_THREADS", "1")
    assert backend.threads() == 1
    assert products() in (1, None)
    assert backend.threads(2) == 2
    assert backend.threads() == 2  # until others are stated


def test_threads_are_the_process_s_processors_by_default(monkeypatch):
    monkeypatch.setattr(thread_count, "_processors", lambda: 3)
    assert backend.threads() == 3


@pytest.mark.parametrize(
    ("text", "expected"), [("200000 100000", 2), ("150000 100000", 2), ("max 100000", 7), (None, 7)]
)
def test_a_container_s_quota_rounds_up_to_whole_processors(tmp_path, text, expected):
    file = tmp_path / "cpu.max"
    if text is not None:
        file.write_text(text)
    assert thread_count._quota(file, 7) == expected


@pytest.mark.parametrize("setting", ["many", "0", "-1", "1.5", " "])
def test_a_bad_number_of_threads_in_the_environment_is_refused(monkeypatch, setting):
    monkeypatch.setenv("MINIGAN_THREADS", setting)
    with pytest.raises(BackendError, match="MINIGAN_THREADS: expected a whole number of at least 1, got"):
        backend.threads()


def test_the_environment_s_threads_are_in_force_with_the_first_use():
    code = (
        "import minigan, threadpoolctl; minigan.backend.xp();"
        "print([pool['num_threads'] for pool in threadpoolctl.threadpool_info() if pool['user_api'] == 'blas'])"
    )
    process = python(code, MINIGAN_THREADS="1")
    assert process.returncode == 0, process.stderr
    assert set(process.stdout.strip()) <= set("[1, ]")
