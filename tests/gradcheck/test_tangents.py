"""The adjoint identity and the second order, on layers with right and wrong tangent passes."""

import numpy as np
import pytest

from minigan.gradcheck import Report, check
from minigan.layers import Conv2D, Dense, Flatten, Layer, Tanh
from minigan.model.sequential import Sequential


def verdicts(report: Report, kind: str) -> list[tuple[str, str]]:
    """Mode and verdict of all rows of a kind."""
    return [(row.mode, row.verdict) for row in report if row.mode.startswith(kind)]


class ScaledTangent(Dense):
    """Its tangent is too large."""

    def tangent(self, x_dot, cache):
        y_dot, tangent_cache = super().tangent(x_dot, cache)
        return 2 * y_dot, tangent_cache


class Straight(Tanh):
    """It has forgotten that its slope changes."""

    def second_derivative(self, cache):
        return None


class NarrowTangent(Dense):
    """Its tangent is of another shape."""

    def tangent(self, x_dot, cache):
        y_dot, tangent_cache = super().tangent(x_dot, cache)
        return y_dot[:, :2], tangent_cache


class NoSecond(Dense):
    """Its second pass is still to be written."""

    def tangent_backward(self, *arguments, **options):
        raise NotImplementedError("later")


class OnlyForwardAndBackward(Layer):
    """A layer such as a user writes."""

    def forward(self, x, ctx=None):
        return x * x, x

    def backward(self, dy, cache, param_grads=True):
        return 2 * dy * cache


def test_the_identity_is_taken_in_both_dtypes_each_with_its_tolerance():
    report = check(Conv2D(2, 3, padding="same", activation="tanh"), (2, 5, 4, 3))
    rows = [row for row in report if row.mode.startswith("adjoint")]
    assert [(row.mode, row.tolerance) for row in rows] == [
        ("adjoint identity, float64", 1e-12),
        ("adjoint identity, float32", 1e-4),
    ]
    assert rows[0].error < 1e-15 < 1e-10 < rows[1].error < 1e-5


def test_a_tangent_that_is_not_the_transpose_is_wrong_in_both_dtypes():
    report = check(ScaledTangent(3), (4, 5))
    assert [verdict for _, verdict in verdicts(report, "adjoint")] == ["WRONG", "WRONG"]
    assert {row.verdict for row in report if row.mode.startswith(("differences", "complex"))} == {"ok"}
    (row, _) = (row for row in report.failures if row.mode.startswith("adjoint"))
    assert "<Jv, u> is " in row.detail
    assert ", <v, J^T u> is " in row.detail


def test_a_wrong_second_order_is_seen_by_it_alone():
    report = check(Straight(), (3, 4))
    assert ("second order, 4 directions", "WRONG") in verdicts(report, "second order")
    assert {row.quantity for row in report.failures} == {"x"}
    seen = {row.mode for row in report.failures}
    assert not any(mode.startswith(("differences", "complex", "adjoint")) for mode in seen)


def test_of_a_network_with_all_its_parameters():
    report = check(Sequential([Conv2D(2, 3, activation="tanh"), Flatten(), Dense(2)]), (2, 4, 4, 1))
    report.assert_ok()
    names = ["x", "conv2d.kernel", "conv2d.bias", "dense.kernel", "dense.bias"]
    assert [row.quantity for row in report if row.mode.startswith("second order")] == names
    assert not check(Sequential([Dense(3), Straight()]), (2, 4)).ok


def test_without_a_tangent_pass_both_say_that_they_do_not_apply():
    report = check(OnlyForwardAndBackward(), (3, 4))
    for kind in ("adjoint", "second order"):
        assert verdicts(report, kind) == [(kind + " identity" * (kind == "adjoint"), "not applicable")]
    report.assert_ok()


def test_functions_have_no_tangent_pass_to_speak_of():
    report = check(lambda x: (x**2, x), (3,), backward=lambda dy, x: 2 * dy * x)
    assert not verdicts(report, "adjoint")
    assert not verdicts(report, "second order")


@pytest.mark.parametrize("layer", [NarrowTangent, NoSecond])
def test_a_tangent_pass_that_raises_is_a_row_and_the_rest_is_checked(layer):
    report = check(layer(3), (4, 5))
    raised = [row for row in report.failures if row.mode == "behaviour"]
    assert raised
    assert any("Error" in row.detail for row in raised)
    assert "repeatable" in {row.quantity for row in report}
    assert {row.verdict for row in report if row.mode.startswith(("differences", "complex"))} == {"ok"}


def test_an_upstream_gradient_of_the_user_s_is_used():
    zero = check(ScaledTangent(3), (4, 5), dy=np.zeros((4, 3)))
    assert {verdict for _, verdict in verdicts(zero, "adjoint")} == {"ok"}
