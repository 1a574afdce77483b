"""Which function answers when a kernel is called."""

import os
import subprocess
import sys

import numpy as np
import pytest

from minigan import kernels
from minigan.errors import ConfigError
from minigan.kernels import Kernel, registry


def definition(x, factor=1):
    """What it is."""
    return "definition", factor


def twin(x, factor=1):
    return NotImplemented if factor == 0 else ("twin", factor)


def cuda_twin(x, factor=1):
    return NotImplemented if factor == 0 else ("CUDA twin", factor)


class OnDevice:
    """As much of an array in a GPU's memory as a kernel is chosen by."""

    __cuda_array_interface__ = property(lambda self: pytest.fail("the choice of a kernel looks at the memory"))

    def __init__(self, dtype: type) -> None:
        self.dtype = np.dtype(dtype)


@pytest.fixture
def kernel(monkeypatch) -> Kernel:
    monkeypatch.setattr(registry, "_kind", "fast")
    return Kernel(definition, twin, cuda_twin)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_twin_answers_on_real_numbers(kernel: Kernel, dtype: type):
    assert kernel(np.zeros(3, dtype)) == ("twin", 1)
    assert kernel(np.zeros(3, dtype), 2) == kernel(np.zeros(3, dtype), factor=2) == ("twin", 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_cuda_twin_answers_on_real_numbers_in_a_gpu_s_memory(kernel: Kernel, dtype: type):
    assert kernel(OnDevice(dtype)) == ("CUDA twin", 1)
    assert kernel(OnDevice(dtype), 2) == kernel(OnDevice(dtype), factor=2) == ("CUDA twin", 2)
    assert Kernel(definition, cuda=cuda_twin)(OnDevice(dtype)) == ("CUDA twin", 1)


def test_the_definition_answers_in_a_gpu_s_memory_where_no_twin_does(kernel: Kernel):
    x = OnDevice(np.float32)
    assert kernel(x, 0) == ("definition", 0)
    assert kernel(OnDevice(np.complex64)) == kernel(OnDevice(np.float16)) == ("definition", 1)
    assert Kernel(definition, twin)(x) == ("definition", 1)
    with kernels.using("reference"):
        assert kernel(x) == ("definition", 1)


def test_the_definition_answers_on_arrays_of_several_dtypes(monkeypatch):
    monkeypatch.setattr(registry, "_kind", "fast")
    pair = Kernel(lambda x, y: "definition", lambda x, y: "twin", lambda x, y: "CUDA twin")
    single, double = np.float32, np.float64
    assert pair(OnDevice(single), OnDevice(double)) == pair(np.zeros(3, single), np.zeros(3, double)) == "definition"
    assert pair(OnDevice(single), OnDevice(np.int64)) == pair(OnDevice(single), OnDevice(single)) == "CUDA twin"


class Strange(np.ndarray):
    """Somebody's own array."""


@pytest.mark.parametrize(
    "x",
    [np.zeros(3, np.complex128), np.zeros(3, np.float16), np.zeros(3, np.int64), np.zeros(3).view(Strange), 1.0],
    ids=["complex", "half", "whole", "subclass", "number"],
)
def test_the_definition_answers_on_everything_else(kernel: Kernel, x: object):
    assert kernel(x) == ("definition", 1)


def test_the_definition_answers_where_the_twin_declines(kernel: Kernel):
    assert kernel(np.zeros(3), 0) == ("definition", 0)


def test_the_definition_answers_without_a_twin():
    assert Kernel(definition)(np.zeros(3)) == ("definition", 1)


def test_twins_can_be_switched_off_for_a_block(kernel: Kernel):
    with kernels.using("reference"):
        assert kernels.kind() == "reference"
        assert kernel(np.zeros(3)) == ("definition", 1)
        with kernels.using("fast"):
            assert kernel(np.zeros(3)) == ("twin", 1)
        with pytest.raises(ZeroDivisionError), kernels.using("fast"):
            raise ZeroDivisionError
        assert kernels.kind() == "reference"
    assert kernels.kind() == "fast"


def test_unknown_kernels_are_refused():
    with (
        pytest.raises(ConfigError, match="unknown kernels 'quick': expected one of fast, numpy, reference"),
        kernels.using("quick"),
    ):
        pass


@pytest.mark.parametrize(
    ("setting", "kind"), [(None, "fast"), ("fast", "fast"), ("numpy", "numpy"), ("reference", "reference")]
)
def test_the_environment_chooses(monkeypatch, setting: str | None, kind: str):
    monkeypatch.setattr(registry, "_kind", None)
    monkeypatch.delenv("MINIGAN_KERNELS", raising=False)
    if setting:
        monkeypatch.setenv("MINIGAN_KERNELS", setting)
    assert kernels.kind() == kind


def test_a_wrong_setting_in_the_environment_is_an_error():
    done = subprocess.run(
        [sys.executable, "-c", "import numpy, minigan; minigan.kernels.tanh(numpy.zeros(3))"],
        env={**os.environ, "MINIGAN_KERNELS": "quick"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode
    assert "unknown kernels 'quick'" in done.stderr


def test_a_kernel_bears_its_definition_s_name_and_words(kernel: Kernel):
    assert (kernel.__name__, kernel.__doc__) == ("definition", "What it is.")
    assert repr(kernel) == "<Kernel definition, with a CPU and a CUDA twin>"
    assert repr(Kernel(definition, twin)) == "<Kernel definition, with a CPU twin>"
    assert repr(Kernel(definition)) == "<Kernel definition>"


def test_the_table_has_every_kernel_by_its_name():
    assert {name: kernel.__name__ for name, kernel in kernels.TABLE.items()} == {name: name for name in kernels.TABLE}
    assert set(kernels.TABLE) <= set(kernels.__all__)
    assert kernels.TABLE.keys() == {name for name in kernels.__all__ if isinstance(getattr(kernels, name), Kernel)}
