"""Messages as bytes: what is packed comes out again."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigan.lab.wire import DTYPES, pack, unpack

PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(max_size=5)
ARRAYS = st.sampled_from(DTYPES).flatmap(lambda name: hnp.arrays(name, hnp.array_shapes(min_dims=0, min_side=0)))
VALUES = st.recursive(
    PLAIN | TEXTS | ARRAYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(lambda name: name[:1] != "$"), inner),
    max_leaves=8,
)


def same(one, other) -> bool:
    """Whether values are equal, arrays to the bit."""
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(item, other[name]) for name, item in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_a_message_comes_out_as_it_went_in(value):
    assert same({"value": value}, unpack(pack({"value": value})))


def test_the_form_is_the_documented_one():
    data = pack({"a": np.array([1.5], np.float32), "b": np.array([[True], [False]])})
    length = int.from_bytes(data[:4], "little")
    assert (4 + length) % 8 == 0
    assert json.loads(data[4 : 4 + length]) == {
        "a": {"$array": 0},
        "b": {"$array": 1},
        "$arrays": [
            {"dtype": "float32", "shape": [1], "start": 0},
            {"dtype": "bool", "shape": [2, 1], "start": 8},
        ],
    }
    assert data[4 + length :] == np.float32(1.5).tobytes() + bytes(4) + b"\x01" + bytes(7)


def test_numbers_that_are_not_finite_stay_in_arrays_and_become_null_elsewhere():
    array = np.array([math.nan, math.inf, -math.inf])
    found = unpack(pack({"array": array, "plain": [math.nan, math.inf, np.float32("nan"), np.float64(2)]}))
    assert np.array_equal(found["array"], array, equal_nan=True)
    assert found["plain"] == [None, None, None, 2.0]


@pytest.mark.parametrize("given_dtype", [">f4", ">i8", "<f2", "i1", "u2", "u4", "?"])
def test_an_array_of_any_other_dtype_keeps_its_values(given_dtype):
    array = np.arange(6).astype(given_dtype).reshape(2, 3)[:, ::-1]
    found = unpack(pack({"array": array}))["array"]
    assert found.dtype.name in DTYPES
    assert np.array_equal(found, array)


def test_what_is_neither_plain_nor_an_array_of_numbers_is_an_error():
    for value in (object(), np.array([object()]), np.array([1j]), {1, 2}):
        with pytest.raises(TypeError):
            pack({"value": value})


def test_tuples_named_or_not_become_lists_and_names_become_texts():
    assert unpack(pack({"pair": (1, (2, 3)), "names": {1: 2}})) == {"pair": [1, [2, 3]], "names": {"1": 2}}
