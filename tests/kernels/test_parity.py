"""Every twin against the definition of its kernel, on the cases of `kernel_cases.CASES`.

A new twin is picked up from `minigan.kernels.TABLE`; all it needs is an entry in that table of cases.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan import kernels
from minigan.kernels import Kernel
from minigan.kernels.compiled import compiler
from minigan.kernels.cpu.parallel import slabs
from tests.kernels.kernel_cases import CASES, IN_PLACE, POINTWISE, Drawn, Usual
from tests.kernels.parity import arrays, assert_close, assert_parity, copies
from tests.loops import loop_over
from tests.on_threads import threads

KINDS = ("cpu", "compiled") if compiler.problem() is None else ("cpu",)

#: The twins of each kind by name: "cpu/relu".
TWINS = {
    f"{kind}/{name}": (kernel, getattr(kernel, kind))
    for kind in KINDS
    for name, kernel in kernels.TABLE.items()
    if getattr(kernel, kind) and name in CASES and name not in IN_PLACE
}

each_twin = pytest.mark.parametrize("twin", sorted(TWINS))
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])

every_twin = loop_over(twin=sorted(TWINS))
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


def case_of(twin: str, source: Any) -> tuple[Kernel, Callable[..., Any], list[Any]]:
    """The kernel of a twin, the twin, and arguments for both."""
    kernel, function = TWINS[twin]
    return kernel, function, list(CASES[twin.partition("/")[2]](source))


@each_dtype
@each_twin
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_twin_does_what_the_definition_says(twin: str, dtype: Any, data: st.DataObject):
    kernel, function, args = case_of(twin, Drawn(data, dtype))
    with slab_of(data.draw(st.sampled_from([1 << 20, 300]), "slab")):
        outputs = assert_parity(kernel, function, args)
        if outputs is None:
            return
        # Nothing that was returned is the scratch memory of the next call.
        kept = copies(outputs)
        function(*(-a if isinstance(a, np.ndarray) and a.dtype == dtype else a for a in args[:1]), *args[1:])
        for array, was in zip(outputs, kept):
            np.testing.assert_array_equal(array, was)


@every_dtype
@every_twin
def test_a_twin_answers_in_the_usual_case(twin: str, dtype: Any):
    _, function, args = case_of(twin, Usual(dtype))
    assert function(*args) is not NotImplemented


@every_dtype
@every_twin
def test_a_twin_gives_the_same_bits_on_any_number_of_threads(twin: str, dtype: Any):
    _, function, args = case_of(twin, Usual(dtype))
    results = []
    for count in (1, 2, 4):
        with slab_of(100), threads(count):
            results.append([array.tobytes() for array in arrays(function(*args)) if array is not None])
    assert results[0] == results[1] == results[2]


@each_dtype
@pytest.mark.parametrize("twin", [twin for twin in TWINS if twin.partition("/")[2] in POINTWISE])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_not_finite_comes_out_where_it_does_by_the_definition(twin: str, dtype: Any, data: st.DataObject):
    kernel, function, args = case_of(twin, Drawn(data, dtype, specials=True))
    with np.errstate(all="ignore"):
        result = function(*args)
        if result is NotImplemented:
            return
        for got, expected in zip(arrays(result), arrays(kernel.definition(*args))):
            assert_close(got, expected)


@loop_over(other=[np.complex128, np.float32])
@every_twin
def test_arrays_of_several_dtypes_are_left_to_the_definition(twin: str, other: Any):
    kernel, _, args = case_of(twin, Usual(np.float64))
    floats = [i for i, arg in enumerate(args) if isinstance(arg, np.ndarray) and arg.dtype == np.float64]
    for i in floats[1:]:
        mixed = [*args[:i], args[i].astype(other), *args[i + 1 :]]
        for got, expected in zip(arrays(kernel(*mixed)), arrays(kernel.definition(*mixed))):
            assert got.dtype == expected.dtype
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)
