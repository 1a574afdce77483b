"""Entries whose derivatives are far below the largest are judged by their own size."""

import numpy as np
import pytest

import minigan as mg
from minigan.gradcheck import check
from tests.loops import loop_over

POINTS = {
    "1e8 beside 1 and 1e-3": np.array([[1e8, 1.0, 1e-3]]),
    "1e10 in another row": np.array([[1e10, 2e10], [1.0, 3.0]]),
    "a column": np.array([[1e9], [2.0], [-1.0], [0.5]]),
}


def small_rows(report):
    return [row for row in report if "by their own size" in row.mode]


def square(x):
    return x * x, x


def signed_square(x):  # takes no complex numbers
    return abs(x) * x, x


def square_of_sum(x):  # all entries in one output
    return (x * x).sum(axis=0, keepdims=True), x


SQUARES = {
    square: lambda dy, x, wrong: dy * np.where(abs(x) < 1e6, wrong * x, 2 * x),
    signed_square: lambda dy, x, wrong: dy * np.where(abs(x) < 1e6, wrong * abs(x), 2 * abs(x)),
    square_of_sum: lambda dy, x, wrong: dy * np.where(abs(x) < 1e6, wrong * x, 2 * x),
}


@loop_over(point=list(POINTS))
@loop_over(forward=list(SQUARES))
@loop_over(factor=[2, 3, 2.02, -2, 0])
def test_a_wrong_factor_of_small_entries_is_found(point, forward, factor):
    if (forward, point) == (square_of_sum, "a column"):
        return  # there the large entry is in the same output as the small ones
    report = check(forward, POINTS[point], backward=lambda dy, x: SQUARES[forward](dy, x, factor))
    assert report.ok == (factor == 2), report.message()
    row = small_rows(report)[0]
    assert row.verdict == ("ok" if factor == 2 else "WRONG")
    if factor == 3:
        assert "small entries, everywhere by the factor 1.5" in row.detail
        assert abs(row.backward / row.expected - 1.5) < 1e-6


def test_where_the_large_and_the_small_are_in_one_output_a_complex_step_still_judges():
    point = POINTS["a column"]
    assert not check(square_of_sum, point, backward=lambda dy, x: SQUARES[square_of_sum](dy, x, 3)).ok
    assert check(square_of_sum, point, backward=lambda dy, x: 2 * x * dy).ok


def test_what_is_below_all_rounding_errors_is_reported_as_not_judged():
    report = check(square, np.array([[1e13, 1.0]]), backward=lambda dy, x: dy * np.where(x < 2, 3 * x, 2 * x))
    (note,) = [row for row in small_rows(report) if row.verdict == "not applicable"]
    assert note.detail.startswith("not judged: 1 of ")
    assert note.detail.endswith("below the rounding errors of the largest, the first at index (0, 1)")


def test_in_large_arrays_entries_of_similar_size_are_judged_along_one_direction():
    point = np.concatenate([1e8 + np.arange(600.0), 1 + np.arange(600.0) / 600])

    def backward(dy, x, wrong):
        return dy * np.where(x < 10, wrong * x, 2 * x)

    assert check(square, point, backward=lambda dy, x: backward(dy, x, 2)).ok
    (row,) = check(square, point, backward=lambda dy, x: backward(dy, x, 3)).failures
    assert row.mode == "complex step, small directions by their own size"


@loop_over(scale=[1.0, 1e6, 1e-6])
@loop_over(
    layer=[
        lambda: mg.layers.Dense(3, activation="tanh"),
        lambda: mg.layers.BatchNorm(),
        lambda: mg.layers.LayerNorm(),
        lambda: mg.layers.Softmax(),
        lambda: mg.layers.Sigmoid(),
        lambda: mg.layers.ReLU(),
        lambda: mg.layers.LeakyReLU(0.2),
    ]
)
def test_right_layers_are_right_at_points_of_mixed_sizes(layer, scale):
    point = np.random.default_rng(0).standard_normal((4, 5)) * np.array([scale, 1, 30, 1e-3, 1])
    report = check(layer(), point)
    assert not [row for row in small_rows(report) if row.verdict == "WRONG"], report.message()


def test_a_gradient_that_vanishes_up_to_rounding_is_right():
    def centred(x, b):
        y = x + b
        return y - y.mean(axis=0), None

    def backward(dy, cache):
        dx = dy - dy.mean(axis=0)
        return dx, dx.sum(axis=0)

    check(centred, (7, 3), (3,), backward=backward).assert_ok()


@pytest.mark.parametrize("x", [np.zeros((2, 3)), np.full((2, 3), 1e-200), np.full((2, 3), 1e9)])
def test_points_of_one_size_need_no_further_row(x):
    assert not small_rows(check(lambda x: (3 * x, None), x, backward=lambda dy, cache: 3 * dy))


def test_what_is_lost_in_the_rounding_of_a_large_output_is_not_called_wrong():
    def forward(x):  # takes no complex numbers; two outputs see the small entry, one of them beside the large one
        return np.array([abs(x[0]) + abs(x[1]), abs(x[1])]), np.sign(x)

    def backward(dy, sign):
        return np.array([dy[0], dy[0] + dy[1]]) * sign

    check(forward, np.array([1e18, 1e-6]), backward=backward).assert_ok()
    check(lambda x: (abs(x).sum(), np.sign(x)), np.array([1e18, 2.0]), backward=lambda dy, s: dy * s).assert_ok()
    point = np.array([1e10, 1.0, -2.0])
    check(lambda x: ((abs(x) * x).sum(), x), point, backward=lambda dy, x: 2 * dy * abs(x)).assert_ok()
