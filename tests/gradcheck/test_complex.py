"""The complex step: exact where the forward is analytic, and known not to apply where it is not."""

import math

import numpy as np
import pytest

from minigan.gradcheck import Report, Row, check
from minigan.gradcheck.builtin.cases import LAYERS, LOSSES

ANALYTIC = ("Dense", "Conv2D", "Conv2DTranspose", "BatchNorm", "LayerNorm", "Tanh", "Sigmoid", "Softplus", "Softmax")


def complex_steps(report: Report) -> list[Row]:
    """The rows of complex steps."""
    return [row for row in report if row.mode.startswith("complex step")]


@pytest.mark.parametrize("case", [c for c in LAYERS if c.subject in ANALYTIC], ids=lambda case: case.name)
def test_it_is_exact_for_analytic_layers(case):
    report = case.check(mode="directional")
    rows, measured = complex_steps(report), [row for row in report if row.mode.startswith("differences")]
    assert [row.quantity for row in rows] == [row.quantity for row in measured]
    assert {row.verdict for row in rows} == {"ok"}
    assert max(row.error for row in rows) < 1e-12
    assert {row.tolerance for row in rows} == {1e-12}


@pytest.mark.parametrize("case", LOSSES, ids=lambda case: case.name)
def test_it_is_exact_for_losses(case):
    (row,) = complex_steps(case.check())
    assert row.verdict == "ok"
    assert row.error < 1e-12


def test_the_same_mode_as_the_differences():
    full, along = (complex_steps(check(np_exp, (3,), backward=times, mode=mode))[0] for mode in ("full", "directional"))
    assert (full.mode, along.mode) == ("complex step, full", "complex step, 8 directions")


def np_exp(x):
    return np.exp(x), np.exp(x)


def times(dy, y):
    return dy * y


def ninth_digit(dy, y):
    dx = dy * y
    dx[2, 1] *= 1 + 1e-9
    return dx


def test_it_sees_the_ninth_digit_where_differences_do_not():
    report = check(np_exp, (3, 2), backward=ninth_digit)
    (row,) = report.failures
    assert row.mode == "complex step, full"
    assert row.index == (2, 1)
    assert row.detail.startswith("at index (2, 1): backward ")
    assert "wrong in 1 of 6 entries" in row.detail


LOST = {
    "abs": (lambda x: (abs(x) ** 2, x), "abs, max or a comparison"),
    "np.real": (lambda x: (np.real(x) ** 2, x), "abs, max or a comparison"),
    "conjugate": (lambda x: ((x * x.conj()).real, x), "abs, max or a comparison"),
    "variance": (lambda x: (x.size * (np.var(x) + x.mean() ** 2), x), "abs, max or a comparison"),
    "cast to float64": (lambda x: (x.astype(np.float64) ** 2, x), "a cast to real numbers"),
    "float()": (lambda x: (float((x**2).sum()), x), "a cast to real numbers"),
    "written into a real array": (lambda x: (into_real(x) ** 2, x), "a cast to real numbers"),
    "math": (lambda x: (np.array([math.pow(value, 2) for value in x.tolist()]), x), "no complex numbers: TypeError"),
    "floor": (lambda x: (x**2 + 0 * np.floor(x), x), "no complex numbers: TypeError"),
}


def into_real(x):
    y = np.empty(x.shape)
    y[...] = x
    return y


@pytest.mark.parametrize("name", LOST)
def test_a_lost_imaginary_part_is_noticed_and_told(name):
    forward, reason = LOST[name]
    for factor, verdict in ((2, "ok"), (2.001, "WRONG")):
        report = check(forward, np.array([1.3, -0.2, 2.4, -3.1]), backward=lambda dy, x: factor * dy * x)  # noqa: B023
        by_differences, by_complex = report.rows[:2]
        assert by_differences.verdict == verdict
        assert by_complex.verdict == "not applicable"
        assert reason in by_complex.detail
        assert by_complex not in report.failures


def test_the_larger_of_two_and_branches_do_no_harm():
    def forward(x):
        return np.maximum(x, 0) + np.where(x > 1, x**2, x), x

    def backward(dy, x):
        return dy * ((x > 0) + np.where(x > 1, 2 * x, 1))

    report = check(forward, (4, 3), backward=backward)
    report.assert_ok()
    assert complex_steps(report)[0].error < 1e-12
