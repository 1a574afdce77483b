"""What counts as a number."""

from fractions import Fraction

import numpy as np
import pytest

from minigan.numbers import finite, number, whole

NO_NUMBERS = [True, np.True_, None, "2", "2.0", b"2", 1j, np.complex64(1), [2], (2,), np.zeros(2), object()]


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.int8(3), np.array(3)])
def test_whole_numbers_become_ints(value):
    assert whole(value) == 3
    assert type(whole(value)) is int
    assert number(value) == 3
    assert type(number(value)) is int


@pytest.mark.parametrize("value", [2.0, 2.5, np.float32(2), np.float64(2.5), Fraction(4, 2), *NO_NUMBERS])
def test_what_is_no_whole_number(value):
    assert whole(value) is None


@pytest.mark.parametrize("value", [0.5, np.float16(0.5), np.float32(0.5), np.float64(0.5), Fraction(1, 2)])
def test_numbers_become_floats(value):
    assert number(value) == 0.5
    assert type(number(value)) is float


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_number(value):
    assert number(value) is None
    assert finite(value) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("-inf"), np.float64("nan")])
def test_numbers_that_are_not_finite(value):
    assert number(value) is not None
    assert finite(value) is None


def test_whole_numbers_of_any_length_are_finite():
    assert finite(10**400) == 10**400
