"""The check of an exercise by numbers."""

import numpy as np
import pytest

from minigan.errors import ExerciseError
from minigan.learn import compare

RIGHT = np.array([[1.0, -2.0], [0.0, 4.0]])


def test_a_right_answer_is_said_to_be_right(capsys):
    compare("dw", RIGHT * (1 + 1e-9), RIGHT)
    compare("db", [1, 2], np.array([1.0, 2.0]))
    assert capsys.readouterr().out == "dw is right.\ndb is right.\n"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (..., "dw: the blank `...` is still to be filled"),
        (None, "dw: None came: is there a `return`?"),
        ("dx", "dw: expected numbers, got 'dx'"),
        (RIGHT[0], r"dw: expected an array of the shape \(2, 2\), got \(2,\)"),
        (RIGHT.T, r"dw: expected -2.0 at the index \(0, 1\), got 0.0; 2 of 4 numbers are wrong"),
        (RIGHT / 2, r"dw: expected 4.0 at the index \(1, 1\), got 2.0, which is the right answer times 0.5 everywhere"),
        (RIGHT * 1.001, "times 1.001 everywhere"),
        (RIGHT * np.nan, r"dw: expected 1.0 at the index \(0, 0\), got nan"),
        (np.where(RIGHT > 3, np.nan, RIGHT), r"expected 4.0 at the index \(1, 1\), got nan; 1 of 4 numbers are wrong"),
        (RIGHT + 1e-5, "4 of 4 numbers are wrong"),
    ],
)
def test_a_wrong_answer_is_described(answer, message):
    with pytest.raises(ExerciseError, match=message):
        compare("dw", answer, RIGHT)


def test_zero_everywhere_is_not_a_factor():
    with pytest.raises(ExerciseError, match=r"expected 0\.0 at the index"):
        compare("dx", np.array([0.5, 0.0]), np.zeros(2))
