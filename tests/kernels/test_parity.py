"""Every twin against the definition of its kernel, on the cases of `kernel_cases.CASES`.

A new twin is picked up from `minigan.kernels.TABLE`; all it needs is an entry in that table of cases.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan import kernels
from minigan.kernels.cpu.parallel import slabs
from tests.kernels.kernel_cases import CASES, IN_PLACE, POINTWISE, Drawn, Usual
from tests.kernels.parity import arrays, assert_close, assert_parity, copies
from tests.loops import loop_over
from tests.on_threads import threads

TWINS = {name: kernel for name, kernel in kernels.TABLE.items() if kernel.cpu and name not in IN_PLACE}

each_twin = pytest.mark.parametrize("name", sorted(set(TWINS) & set(CASES)))
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])

every_twin = loop_over(name=sorted(set(TWINS) & set(CASES)))
every_dtype = loop_over(dtype=[np.float32, np.float64])


@contextlib.contextmanager
def slab_of(size: int) -> Iterator[None]:
    """Split into slabs of `size` bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slabs, "SLAB", size)
        yield


def test_every_twin_has_cases():
    twins = {name for name, kernel in kernels.TABLE.items() if kernel.cpu or kernel.cuda}
    assert sorted(twins - set(CASES) - set(IN_PLACE)) == [], "add their arguments to CASES in kernel_cases.py"


@each_dtype
@each_twin
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_twin_does_what_the_definition_says(name: str, dtype: Any, data: st.DataObject):
    kernel, args = TWINS[name], CASES[name](Drawn(data, dtype))
    with slab_of(data.draw(st.sampled_from([1 << 20, 300]), "slab")):
        outputs = assert_parity(kernel, kernel.cpu, args)
        if outputs is None:
            return
        # Nothing that was returned is the scratch memory of the next call.
        kept = copies(outputs)
        kernel.cpu(*(-a if isinstance(a, np.ndarray) and a.dtype == dtype else a for a in args[:1]), *args[1:])
        for array, was in zip(outputs, kept):
            np.testing.assert_array_equal(array, was)


@every_dtype
@every_twin
def test_a_twin_answers_in_the_usual_case(name: str, dtype: Any):
    assert TWINS[name].cpu(*CASES[name](Usual(dtype))) is not NotImplemented


@every_dtype
@every_twin
def test_a_twin_gives_the_same_bits_on_any_number_of_threads(name: str, dtype: Any):
    args = CASES[name](Usual(dtype))
    results = []
    for count in (1, 2, 4):
        with slab_of(100), threads(count):
            results.append([array.tobytes() for array in arrays(TWINS[name].cpu(*args)) if array is not None])
    assert results[0] == results[1] == results[2]


@each_dtype
@pytest.mark.parametrize("name", POINTWISE)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_not_finite_comes_out_where_it_does_by_the_definition(name: str, dtype: Any, data: st.DataObject):
    kernel, args = TWINS[name], CASES[name](Drawn(data, dtype, specials=True))
    with np.errstate(all="ignore"):
        result = kernel.cpu(*args)
        if result is NotImplemented:
            return
        for got, expected in zip(arrays(result), arrays(kernel.definition(*args))):
            assert_close(got, expected)


@loop_over(other=[np.complex128, np.float32])
@every_twin
def test_arrays_of_several_dtypes_are_left_to_the_definition(name: str, other: Any):
    kernel, args = TWINS[name], list(CASES[name](Usual(np.float64)))
    floats = [i for i, arg in enumerate(args) if isinstance(arg, np.ndarray) and arg.dtype == np.float64]
    for i in floats[1:]:
        mixed = [*args[:i], args[i].astype(other), *args[i + 1 :]]
        for got, expected in zip(arrays(kernel(*mixed)), arrays(kernel.definition(*mixed))):
            assert got.dtype == expected.dtype
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)
