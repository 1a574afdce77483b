"""Every twin against the definition of its kernel, on the cases of `kernel_cases.CASES`.

A new twin is picked up from `minigan.kernels.TABLE`; all it needs is an entry in that table of cases.
"""

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_cases import CASES, POINTWISE, Drawn, Usual
from on_threads import threads

from minigan import kernels
from minigan.kernels.cpu import slabs

TWINS = {name: kernel for name, kernel in kernels.TABLE.items() if kernel.cpu}

#: Error in units of the largest number, or of 1.
TOLERANCE = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-12}

each_twin = pytest.mark.parametrize("name", sorted(set(TWINS) & set(CASES)))
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@contextlib.contextmanager
def slab_of(size: int) -> Iterator[None]:
    """Cut into slabs of so many bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slabs, "SLAB", size)
        yield


def arrays(result: Any) -> list[Any]:
    """A result as a list."""
    return list(result) if isinstance(result, tuple) else [result]


def copies(values: Any) -> list[Any]:
    return [value.copy() if isinstance(value, np.ndarray) else value for value in values]


def assert_close(got: Any, expected: Any) -> None:
    if expected is None:
        assert got is None
        return
    assert type(got) is np.ndarray
    assert got.shape == np.shape(expected)
    assert got.dtype == expected.dtype
    if expected.dtype.kind in "iub":
        np.testing.assert_array_equal(got, expected)
        return
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(got[~finite], expected[~finite])
    if finite.any():
        scale = max(1, abs(expected[finite]).max())
        np.testing.assert_allclose(got[finite], expected[finite], rtol=0, atol=TOLERANCE[expected.dtype] * scale)


def test_every_twin_has_cases():
    assert sorted(set(TWINS) - set(CASES)) == [], "add their arguments to CASES in kernel_cases.py"


@each_dtype
@each_twin
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_twin_does_what_the_definition_says(name: str, dtype: Any, data: st.DataObject):
    kernel, args = TWINS[name], CASES[name](Drawn(data, dtype))
    before = copies(args)
    with slab_of(data.draw(st.sampled_from([1 << 20, 300]), "slab")):
        result = kernel.cpu(*args)
        if result is NotImplemented:
            return
        results = arrays(result)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the definition's own, as for the mean of no images
            expected = arrays(kernel.definition(*args))
        assert len(results) == len(expected)
        for got, wanted in zip(results, expected):
            assert_close(got, wanted)
        # Nothing was changed, and nothing that was returned is anybody else's memory ...
        for arg, was in zip(args, before):
            if isinstance(arg, np.ndarray):
                np.testing.assert_array_equal(arg, was)
        outputs = [array for array in results if array is not None]
        for i, array in enumerate(outputs):
            others = [*args, *outputs[:i]]
            assert not any(np.may_share_memory(array, o) for o in others if isinstance(o, np.ndarray))
        # ... not the scratch memory of the next call, either.
        kept = copies(outputs)
        kernel.cpu(*(-a if isinstance(a, np.ndarray) and a.dtype == dtype else a for a in args[:1]), *args[1:])
        for array, was in zip(outputs, kept):
            np.testing.assert_array_equal(array, was)


@each_dtype
@each_twin
def test_a_twin_answers_in_the_usual_case(name: str, dtype: Any):
    assert TWINS[name].cpu(*CASES[name](Usual(dtype))) is not NotImplemented


@each_dtype
@each_twin
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


@pytest.mark.parametrize("other", [np.complex128, np.float32])
@each_twin
def test_arrays_of_several_dtypes_are_left_to_the_definition(name: str, other: Any):
    kernel, args = TWINS[name], list(CASES[name](Usual(np.float64)))
    floats = [i for i, arg in enumerate(args) if isinstance(arg, np.ndarray) and arg.dtype == np.float64]
    for i in floats[1:]:
        mixed = [*args[:i], args[i].astype(other), *args[i + 1 :]]
        for got, expected in zip(arrays(kernel(*mixed)), arrays(kernel.definition(*mixed))):
            assert got.dtype == expected.dtype
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)
