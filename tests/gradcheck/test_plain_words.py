"""What cannot be checked is refused in plain words; what is not finite is called so."""

import numpy as np
import pytest

import minigan as mg
from minigan.errors import ConfigError
from minigan.gradcheck import check
from tests.loops import loop_over


def square(x):
    return x * x, x


def two_x(dy, x):
    return dy * 2 * x


@loop_over(value=[np.inf, -np.inf, np.nan])
@loop_over(places=[[0], [3, 7], range(12)])
def test_a_backward_that_is_not_finite_is_called_so_with_the_count(value, places):
    def backward(dy, x):
        dx = two_x(dy, x)
        dx.ravel()[list(places)] = value
        return dx

    rows = [row for row in check(square, (3, 4), backward=backward).failures if row.index is not None]
    assert len(rows) == 2
    for row in rows:
        assert row.detail.endswith(f"backward gives NaN or infinity in {len(places)} of 12 entries")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_forward_that_is_not_finite_is_called_so():
    report = check(lambda x: (x / 0, x), (3, 4), backward=two_x)
    assert "forward gives NaN or infinity in 12 of 12 entries" in report.message()


@loop_over(shape=[[3, 4], (np.int64(3), 4), [np.uint8(3), np.int32(4)], tuple(np.array([3, 4]))])
def test_a_shape_may_be_a_list_and_of_numpy_numbers(shape):
    assert check(square, shape, backward=two_x).ok


@loop_over(shape=[(3, True), (3, 0), (3, -1), (3, 2.0), [], [[1.0, 2.0]], [3, "4"], "34", 3, None])
def test_what_is_no_shape_is_refused(shape):
    with pytest.raises(ConfigError, match="expected an array of real numbers or a shape, without a size of 0, got"):
        check(square, shape, backward=two_x)


class Two(mg.layers.Layer):
    def forward(self, x, ctx=None):
        return (x, x), None


@loop_over(
    case=[
        (
            lambda x: ((x, x), x),
            "expected forward to return one array, got a tuple of 2: of several outputs",
        ),
        (lambda x: ([x, x, x], x), "expected forward to return one array, got a list of 3"),
        (lambda x: (None, x), "expected forward to return one array, got a NoneType"),
        (lambda x: (x + 0j, x), "expected an output of real numbers, got complex128"),
        (lambda x: (x, x, x), "expected forward to return .y, cache., got tuple of 3"),
        (lambda x: x, "expected forward to return .y, cache., got ndarray"),
    ]
)
def test_other_outputs_than_one_array_are_refused(case):
    forward, message = case
    with pytest.raises(ConfigError, match=message):
        check(forward, (3, 4), backward=two_x)
    with pytest.raises(ConfigError, match="two: expected forward to return one array, got a tuple of 2"):
        check(Two(), (3, 4))


@loop_over(
    options=[
        {"seed": True},
        {"seed": 1.0},
        {"seed": None},
        {"budget": False},
        {"budget": -1},
        {"budget": 1.5},
        {"budget": np.nan},
        {"dy": np.full((3, 4), np.nan)},
        {"dy": np.full((3, 4), 1j)},
        {"dy": [["a"] * 4] * 3},
    ]
)
def test_settings_that_are_no_numbers_are_refused(options):
    with pytest.raises(ConfigError, match="expected"):
        check(square, (3, 4), backward=two_x, **options)


def test_settings_may_be_numpy_numbers():
    given = check(square, (3, 4), backward=two_x, seed=np.int64(3), budget=np.uint16(0), dy=[[1.0] * 4] * 3)
    assert given.ok
    assert given.to_json() == check(square, (3, 4), backward=two_x, seed=3, budget=0, dy=np.ones((3, 4))).to_json()
