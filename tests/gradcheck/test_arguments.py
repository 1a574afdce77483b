"""A pass that writes into its arguments is reported, and spoils neither the other checks nor the caller's arrays."""

import numpy as np
import pytest

from minigan.errors import ShapeError
from minigan.gradcheck import check


def relu_in_place(x):
    x[x < 0] = 0
    return x, x > 0


def keep_positive(dy, positive):
    return dy * positive


def zero_in_place(dy, positive):
    dy[~positive] = 0
    return dy


@pytest.mark.parametrize(
    ("forward", "backward", "changed"),
    [
        (relu_in_place, keep_positive, "forward changed x"),
        (lambda x: (np.maximum(x, 0), x > 0), zero_in_place, "backward changed dy"),
    ],
    ids=["forward", "backward"],
)
def test_writing_twice_the_same_is_still_noticed(forward, backward, changed):
    x, dy = np.array([[-1.0, 2.0, -3.0]]), np.ones((1, 3))
    report = check(forward, x, backward=backward, dy=dy)
    assert [row.detail for row in report.failures] == [changed]
    assert x.tolist() == [[-1, 2, -3]]
    assert dy.tolist() == [[1, 1, 1]]


def test_a_dy_that_would_be_broadcast_is_refused():
    with pytest.raises(ShapeError, match=r"keep: expected dy \(3, 4\), got \(3, 1\)"):
        check(lambda x: (2 * x, None), (3, 4), backward=lambda dy, cache: 2 * dy, dy=np.ones((3, 1)), name="keep")


def test_the_value_shown_does_not_depend_on_the_backward():
    """At a step of 0.1 a difference may lie nearer to a wrong gradient than to the right one."""
    point = np.array([0.0, 1.0])
    report = check(lambda x: (np.exp(x), x), point, backward=lambda dy, x: 1.3 * dy * np.exp(x), dy=np.ones(2))
    differences, exact = report.failures
    assert "differences 2.71828183" in differences.detail
    assert exact.mode.startswith("complex step")
