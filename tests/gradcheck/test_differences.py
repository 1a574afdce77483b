"""Differences: the V over the steps, entry by entry or along directions, and what is done at kinks."""

import numpy as np
import pytest

from minigan.gradcheck import Report, Row, check
from minigan.gradcheck.differences import STEPS
from minigan.layers import LeakyReLU, Maxout, MaxPooling2D, ReLU
from minigan.random import Stream


def differences(report: Report, quantity: str = "x") -> Row:
    """The row of a quantity's differences."""
    (found,) = (row for row in report if row.mode.startswith("differences") and row.quantity == quantity)
    return found


def exp(x):
    return np.exp(x), np.exp(x)


def times(dy, y):
    return dy * y


# The sweep


def test_the_error_over_the_step_is_a_v():
    row = differences(check(exp, (3, 4), backward=times))
    steps, errors = row.sweep.steps, row.sweep.errors
    assert len(steps) >= 8
    assert (np.diff(steps) < 0).all()
    bottom = errors.argmin()
    assert 3 <= bottom <= 5
    assert (np.diff(errors[: bottom + 1]) < 0).all(), "truncation falls with the step"
    assert (np.diff(errors[bottom + 1 :]) > 0).all(), "rounding grows"
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.2), "truncation is of the second order"


def test_the_verdict_is_taken_at_the_bottom():
    row = differences(check(exp, (3, 4), backward=times))
    assert row.error == row.sweep.errors.min()
    assert row.error < 1e-9
    assert row.verdict == "ok"


def test_the_error_of_a_wrong_gradient_is_the_same_at_all_steps():
    row = differences(check(exp, (3, 4), backward=lambda dy, y: 2 * dy * y))
    assert row.verdict == "WRONG"
    np.testing.assert_allclose(row.sweep.errors, 0.5, rtol=0.05)


def test_steps_grow_with_the_point():
    sweeps = [differences(check(exp, x, backward=times)).sweep for x in (np.full(2, 0.5), np.array([1.0, -20.0]))]
    np.testing.assert_allclose(sweeps[0].steps, STEPS)
    np.testing.assert_allclose(sweeps[1].steps, 20 * np.array(STEPS))


def test_a_step_may_leave_the_domain():
    """The logarithm of a negative number is NaN and a warning, or an error."""

    def strict_log(x):
        if (x.real <= 0).any():
            raise ValueError("math domain error")
        return np.log(x), x

    x = np.array([0.05, 0.5, 3.0])
    for forward in (lambda x: (np.log(x), x), strict_log):
        report = check(forward, x, backward=lambda dy, x: dy / x)
        report.assert_ok()
        assert not np.isfinite(differences(report).sweep.errors[0])
        assert differences(report).error < 1e-9


def test_a_gradient_that_is_nan_is_wrong():
    row = differences(check(exp, (3,), backward=lambda dy, y: dy * y * np.array([1.0, np.nan, 1.0])))
    assert row.verdict == "WRONG"
    assert row.index == (1,)
    assert "backward nan" in row.detail


def test_a_gradient_that_vanishes_is_right_and_noise_in_its_place_is_not():
    def always_one(x):
        return (np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)).sum(axis=1), x

    check(always_one, (4, 3), backward=lambda dy, x: np.zeros_like(x)).assert_ok()
    check(always_one, (4, 3), backward=lambda dy, x: np.full_like(x, 1e-17)).assert_ok()
    assert not check(always_one, (4, 3), backward=lambda dy, x: np.full_like(x, 1e-4)).ok


@pytest.mark.parametrize("offset", [1e3, 1e6])
def test_what_f_adds_up_limits_the_digits_of_a_difference(offset):
    def forward(x):
        return offset + np.sin(x), x

    def backward(dy, x):
        return dy * np.cos(x)

    report = check(forward, (3, 4), backward=backward)
    report.assert_ok()
    assert 1e-7 <= differences(report).tolerance <= 1e-4
    assert differences(check(forward, (3, 4), backward=lambda dy, x: 1.001 * backward(dy, x))).verdict == "WRONG"


# Entry by entry, or along directions


def test_the_budget_chooses_and_the_mode_says_so():
    forwards = 2 * len(STEPS) * 12
    for budget, mode in ((forwards, "differences, full"), (forwards - 1, "differences, 8 directions")):
        report = check(exp, (3, 4), backward=times, budget=budget)
        report.assert_ok()
        assert differences(report).mode == mode
    many = check(exp, (30, 40), backward=times)
    many.assert_ok()
    assert differences(many).mode == "differences, 8 directions"


def test_each_quantity_has_its_own_mode():
    report = check(lambda x, w: (x @ w, (x, w)), (20, 40), (40, 1), backward=lambda dy, c: (dy @ c[1].T, c[0].T @ dy))
    report.assert_ok()
    assert differences(report, "x").mode == "differences, 8 directions"
    assert differences(report, "w").mode == "differences, full"


def test_the_mode_can_be_forced():
    for mode, expected in (("full", "differences, full"), ("directional", "differences, 8 directions")):
        assert differences(check(exp, (2, 3), backward=times, mode=mode, budget=0)).mode == expected
        assert differences(check(exp, (2, 3), backward=times, mode=mode, budget=10**9)).mode == expected


def off_by_one_entry(dy, y):
    dx = dy * y
    dx[17, 3] += 0.1
    return dx


def test_full_mode_tells_the_entry_and_directional_mode_notices_it():
    full = differences(check(exp, (20, 6), backward=off_by_one_entry))
    assert full.mode == "differences, full"
    assert full.index == (17, 3)
    assert full.backward - full.expected == pytest.approx(0.1)
    assert full.detail.startswith("at index (17, 3): backward ")
    assert "wrong in 1 of 120 entries" in full.detail
    assert np.argwhere(full.error_map > 1e-6).tolist() == [[17, 3]]
    along = differences(check(exp, (20, 6), backward=off_by_one_entry, mode="directional"))
    assert along.verdict == "WRONG"
    assert along.index is None
    assert "wrong in 8 of 8 directions" in along.detail


@pytest.mark.parametrize(("factor", "text"), [(2, "2"), (-1, "-1"), (0.25, "0.25"), (0, "0")])
def test_a_factor_that_is_the_same_everywhere_is_told(factor, text):
    report = check(exp, (3, 4), backward=lambda dy, y: factor * dy * y)
    assert all(
        row.detail.endswith(f"wrong in 12 of 12 entries, everywhere by the factor {text}") for row in report.rows[:2]
    )


# Kinks


def test_kinks_are_found_and_counted_and_are_no_failures():
    x = np.array([[0.0, 1.0, -2.0], [3.0, 0.0, -0.5]])
    report = check(ReLU(), x)
    report.assert_ok()
    row = differences(report)
    assert row.kinks == 2
    assert row.sweep.kinks.tolist() == [True, False, False, False, True, False]
    assert row.error < 1e-9


@pytest.mark.parametrize("at_zero", [-1.0, 0.0, 0.3, 1e9])
def test_at_a_kink_any_gradient_is_accepted_and_beside_it_none_but_the_right_one(at_zero):
    def forward(x):
        return abs(x), x

    def backward_with(slopes):
        return lambda dy, x: dy * np.array(slopes, dy.dtype)

    x = np.array([0.0, 1.0, -2.0])
    check(forward, x, backward=backward_with([at_zero, 1, -1])).assert_ok()
    wrong = differences(check(forward, x, backward=backward_with([at_zero, 1, -1.0001])))
    assert (wrong.verdict, wrong.kinks, wrong.index) == ("WRONG", 1, (2,))


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e-5])
def test_a_small_kink_on_a_steep_slope_is_one(size):
    def forward(x):
        return x + size * abs(x), x

    report = check(forward, np.array([0.0, 0.4]), backward=lambda dy, x: dy * (1 + size * np.sign(x)))
    report.assert_ok()
    assert differences(report).sweep.kinks.tolist() == [True, False]


def test_a_bend_is_no_kink():
    """The second derivative is 200 times the first: one-sided differences disagree, but ever less."""
    report = check(lambda x: (100 * x**2 + x, x), np.zeros((2, 3)), backward=lambda dy, x: dy * (200 * x + 1))
    report.assert_ok()
    assert differences(report).kinks == 0


def test_a_kink_beside_the_point_is_none():
    x = np.array([[1e-2, -1e-3, 1e-4]])
    report = check(LeakyReLU(0.2), x)
    report.assert_ok()
    assert differences(report).kinks == 0


def test_a_jump_is_set_aside_and_hides_no_wrong_gradient():
    def forward(x):
        return np.where(x >= 0, 1.0, 0.0) + x**2, x

    x = np.array([0.0, 1.0, 2.0])
    assert differences(check(forward, x, backward=lambda dy, x: dy * 2 * x)).kinks == 1
    wrong = differences(check(forward, x, backward=lambda dy, x: dy * 2.0001 * x))
    assert wrong.verdict == "WRONG"
    assert wrong.kinks == 1


def test_a_forward_that_rounds_to_float32_is_not_precise_and_has_no_kinks():
    w = np.random.default_rng(0).standard_normal((20, 5))

    def forward(x):
        return (x.astype(np.float32) @ w.astype(np.float32)).astype(x.dtype), None

    row = differences(check(forward, (3, 20), backward=lambda dy, cache: dy @ w.T))
    assert row.verdict == "WRONG"
    assert row.kinks == 0


def test_ties_of_max_pooling_and_maxout_are_kinks():
    x = np.random.default_rng(0).standard_normal((1, 4, 4, 1))
    x[0, 0, 0] = x[0, 1, 1] = 5.0
    report = check(MaxPooling2D(2), x)
    report.assert_ok()
    assert np.argwhere(differences(report).sweep.kinks.reshape(4, 4)).tolist() == [[0, 0], [1, 1]]
    layer = Maxout(2, 2)
    layer.build((3,), Stream(0), np.float64)
    layer.kernel.data[...] = 1.0
    report = check(layer, (2, 3))
    report.assert_ok()
    assert differences(report).kinks == 0, "equal pieces move alike with x"
    assert differences(report, "kernel").kinks == layer.kernel.data.size


def test_where_all_are_kinks_nothing_is_said():
    report = check(ReLU(), np.zeros((2, 3)))
    report.assert_ok()
    row = differences(report)
    assert (row.verdict, row.kinks, row.error) == ("not applicable", 6, None)
    assert row.detail == "every entry is at a kink"
    assert [row.verdict for row in report if row.mode.startswith("complex")] == ["not applicable"]
    along = differences(check(ReLU(), np.zeros((2, 3)), mode="directional"))
    assert along.detail == "along every direction there is a kink"
