"""The switch between host and device: what is missing is said in one line, and ``auto`` goes without."""

import logging
import subprocess
import sys

import numpy as np
import pytest

from minigan import backend
from minigan.backend import cupy as cupy_probe
from minigan.cli import run
from minigan.errors import BackendError
from tests.devices.strict import DeviceArray, installed, make, to_device


@pytest.fixture(autouse=True)
def _restored(monkeypatch):
    """Leave the backend as it was, and let no setting of this machine's in."""
    monkeypatch.setattr(backend, "_active", backend._active)
    monkeypatch.setattr(backend, "_warned", set())
    monkeypatch.delenv("MINIGAN_BACKEND", raising=False)


def no_card() -> int:
    raise make().cuda.runtime.CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")


def old_driver() -> int:
    raise make().cuda.runtime.CUDARuntimeError("cudaErrorInsufficientDriver: CUDA driver version is insufficient")


def card(name: bytes = b"GeForce", major: int = 9, minor: int = 0):
    return lambda number: {"name": name, "major": major, "minor": minor}


MISSING = {
    "a driver": (
        make(driverGetVersion=lambda: 0),
        "found no NVIDIA driver: install the driver for this card (nvidia-smi then shows it; pip cannot install it), "
        "or use backend 'numpy'",
    ),
    "a newer driver": (
        make(driverGetVersion=lambda: 11040, getDeviceCount=old_driver),
        "found no CUDA device: cudaErrorInsufficientDriver: CUDA driver version is insufficient; the driver runs CUDA "
        "11.4 and CuPy is for 12.9: update the driver",
    ),
    "a newer driver or an older CuPy": (
        make(driverGetVersion=lambda: 12080, runtimeGetVersion=lambda: 13000, getDeviceCount=old_driver),
        "found no CUDA device: cudaErrorInsufficientDriver: CUDA driver version is insufficient; the driver runs CUDA "
        "12.8 and CuPy is for 13.0: update the driver, or pip install cupy-cuda12x",
    ),
    "a card": (
        make(getDeviceCount=no_card),
        "found no CUDA device: cudaErrorNoDevice: no CUDA-capable device is detected; look for it with nvidia-smi, "
        "or use backend 'numpy'",
    ),
    "any card": (
        make(getDeviceCount=lambda: 0),
        "found no CUDA device: none is there; look for it with nvidia-smi, or use backend 'numpy'",
    ),
    "a newer CuPy": (
        make("13.2.0"),
        "needs CuPy 13.3 or newer, found 13.2.0: pip install --upgrade cupy-cuda12x (or cupy-cuda13x)",
    ),
    "a newer card": (
        make(getDeviceProperties=card(b"GeForce GTX 980", 5, 2)),
        "needs a card of compute capability 7.0 and 1024 MiB or more, found GeForce GTX 980 of 5.2 and 4096 MiB: "
        "use backend 'numpy'",
    ),
    "a larger card": (
        make(memGetInfo=lambda: (10 << 20, 512 << 20)),
        "needs a card of compute capability 7.0 and 1024 MiB or more, found strict device of 9.0 and 512 MiB: use "
        "backend 'numpy'",
    ),
    "CuPy": (
        None,
        "needs CuPy, which is not installed: pip install cupy-cuda12x (or cupy-cuda13x), or use backend 'numpy'",
    ),
}


@pytest.fixture(params=MISSING)
def message(request, monkeypatch):
    """What is to be said of what is missing, where it is missing."""
    module, text = MISSING[request.param]
    monkeypatch.setitem(sys.modules, "cupy", module)
    monkeypatch.setattr(cupy_probe, "_checked", None)
    return f"backend 'cupy' {text}"


def test_what_is_missing_is_said_in_one_line_with_the_way_to_get_it(message):
    backend.use("numpy")
    with pytest.raises(BackendError) as caught:
        backend.use("cupy")
    assert str(caught.value) == message
    assert backend.name() == "numpy"


def test_auto_takes_numpy_then_and_says_so_once(message, caplog):
    for _ in range(3):
        backend.use("auto")
        assert backend.xp() is np
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, f"backend 'auto' takes numpy: {message}")
    ]


def test_the_command_line_says_it_on_stderr(message, capsys):
    assert run(["train", "--backend", "cupy", "--steps", "1", "--out", "never"]) == 2
    assert capsys.readouterr().err == f"minigan: {message}\n"
    assert run(["info"]) == 0
    row = " ".join(capsys.readouterr().out.split())
    assert message in row


def test_the_warning_of_auto_is_on_stderr_by_default():
    code = "import sys; sys.modules['cupy'] = None; import minigan; minigan.backend.use('auto'); minigan.backend.xp()"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert process.returncode == 0
    assert process.stderr.startswith("backend 'auto' takes numpy: backend 'cupy' needs CuPy")
    assert process.stderr.count("\n") == 1


def test_a_cupy_that_cannot_be_loaded_has_its_own_message(tmp_path, monkeypatch):
    (tmp_path / "cupy.py").write_text("raise ImportError('libcublas.so.12:\\n  cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.setattr(cupy_probe, "_checked", None)
    with pytest.raises(BackendError) as caught:
        backend.use("cupy")
    assert str(caught.value) == (
        "backend 'cupy' found a CuPy that cannot be loaded: libcublas.so.12: cannot open shared object file; "
        "pip install --upgrade cupy-cuda12x (or cupy-cuda13x)"
    )


@pytest.mark.parametrize("name", ["cupy", "auto"])
def test_where_nothing_is_missing_arrays_are_made_on_the_device(name, caplog):
    with installed() as module:
        backend.use(name)
        assert (backend.name(), backend.xp()) == ("cupy", module)
        array = backend.asarray(np.ones(3))
        assert type(array) is DeviceArray
        assert backend.array_module(array) is module
        assert backend.asarray(array) is array
        np.testing.assert_array_equal(backend.asnumpy(array), 1)
    assert not caplog.records


def test_an_array_of_cupy_s_is_known_before_the_backend_was_chosen():
    with installed() as module:
        assert backend.array_module(to_device([1.0])) is module


def test_what_is_no_array_has_no_module():
    with installed(), pytest.raises(BackendError, match="expected an array of NumPy or CuPy, got list"):
        backend.array_module([1.0])


def test_the_device_is_described(monkeypatch):
    with installed(make("14.1.0", getDeviceProperties=card(b"NVIDIA H200"))):
        found = backend.device()
    assert found._replace(driver="CUDA") == ("NVIDIA H200", (9, 0), 4 << 30, 3 << 30, "CUDA", "12.9", "14.1.0")
    assert found.driver.startswith("CUDA 12.9")


def test_info_shows_device_memory_driver_cuda_and_cupy(capsys):
    with installed(make("14.1.0", getDeviceProperties=card(b"NVIDIA H200"))):
        assert run(["info"]) == 0
    row = " ".join(capsys.readouterr().out.split())
    assert "cupy CuPy 14.1.0 with CUDA 12.9, on NVIDIA H200 (compute capability 9.0)" in row
    assert "4,096 MiB of memory, of which 3,072 free; driver for " in row


def test_what_fits_is_half_of_what_is_free_on_the_device():
    assert backend.fits(1 << 60), "nothing is moved on the host"
    with installed(), backend.using("cupy"):
        assert backend.fits(3 << 29)
        assert not backend.fits((3 << 29) + 1)
