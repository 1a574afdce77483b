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


@pytest.fixture
def kernel(monkeypatch) -> Kernel:
    monkeypatch.setattr(registry, "_kind", "fast")
    return Kernel(definition, twin)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_twin_answers_on_real_numbers(kernel: Kernel, dtype: type):
    assert kernel(np.zeros(3, dtype)) == ("twin", 1)
    assert kernel(np.zeros(3, dtype), 2) == kernel(np.zeros(3, dtype), factor=2) == ("twin", 2)


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
        pytest.raises(ConfigError, match="unknown kernels 'quick': expected one of fast, reference"),
        kernels.using("quick"),
    ):
        pass


@pytest.mark.parametrize(("setting", "kind"), [(None, "fast"), ("fast", "fast"), ("reference", "reference")])
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
    assert repr(kernel) == "<Kernel definition, with a CPU twin>"
    assert repr(Kernel(definition)) == "<Kernel definition>"


def test_the_table_has_every_kernel_by_its_name():
    assert {name: kernel.__name__ for name, kernel in kernels.TABLE.items()} == {name: name for name in kernels.TABLE}
    assert set(kernels.TABLE) <= set(kernels.__all__)
