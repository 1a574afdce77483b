"""Every CUDA twin against the definition of its kernel, on the cases of `kernel_cases.CASES`, without a GPU.

The sources run on the CPU, as `host` says. A new twin is picked up from `minigan.kernels.TABLE`.
"""

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan import kernels
from minigan.kernels.cuda import compiler
from tests.devices import host
from tests.devices.host import HostCompiler
from tests.kernels.kernel_cases import CASES, IN_PLACE, POINTWISE, Drawn, Usual
from tests.kernels.parity import assert_parity
from tests.loops import loop_over

pytestmark = pytest.mark.skipif(host.compiler() is None, reason="the CUDA sources run on the CPU only by g++")

TWINS = {name: kernel for name, kernel in kernels.TABLE.items() if kernel.cuda and name not in IN_PLACE}

each_twin = pytest.mark.parametrize("name", sorted(TWINS))
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])

every_twin = loop_over(name=sorted(TWINS))

COMPILER = HostCompiler()


@pytest.fixture(autouse=True, scope="module")
def on_the_host() -> Iterator[None]:
    """Compile for the CPU, and let new memory be NaN: an entry that no thread writes is seen."""
    with compiler.compiling_with(COMPILER), pytest.MonkeyPatch.context() as patch:
        patch.setattr(np, "empty", empty)
        yield


def empty(shape: Any, dtype: Any = float, **options: Any) -> np.ndarray:
    array = np.zeros(shape, dtype, **options)
    array.reshape(-1, order="A").view(np.uint8)[...] = 0xFF
    return array


@every_twin
def test_a_cuda_twin_has_the_signature_of_its_definition(name: str):
    kernel = TWINS[name]
    assert parameters(kernel.cuda) == parameters(kernel.definition)


def parameters(function: Any) -> list[tuple[str, Any]]:
    """Names and defaults."""
    return [(parameter.name, parameter.default) for parameter in inspect.signature(function).parameters.values()]


@each_dtype
@each_twin
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_a_cuda_twin_does_what_the_definition_says(name: str, dtype: Any, data: st.DataObject):
    assert_parity(TWINS[name], TWINS[name].cuda, CASES[name](Drawn(data, dtype)))


@pytest.mark.slow
@each_dtype
@each_twin
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_cuda_twin_does_what_the_definition_says_in_many_cases(name: str, dtype: Any, data: st.DataObject):
    assert_parity(TWINS[name], TWINS[name].cuda, CASES[name](Drawn(data, dtype)))


@loop_over(dtype=[np.float32, np.float64])
@every_twin
def test_a_cuda_twin_answers_in_the_usual_case(name: str, dtype: Any):
    args = CASES[name](Usual(dtype))
    assert TWINS[name].cuda(*args) is not NotImplemented
    assert_parity(TWINS[name], TWINS[name].cuda, args)


@each_dtype
@pytest.mark.parametrize("name", sorted(set(TWINS) & set(POINTWISE)))
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_what_is_not_finite_comes_out_where_it_does_by_the_definition(name: str, dtype: Any, data: st.DataObject):
    with np.errstate(all="ignore"):
        assert_parity(TWINS[name], TWINS[name].cuda, CASES[name](Drawn(data, dtype, specials=True)))
