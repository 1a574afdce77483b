"""The loop over equal cases: all are run, and an error names those that failed."""

import pytest

from tests.loops import loop_over


def test_every_combination_is_run_with_the_fixtures_given():
    seen = []

    @loop_over(a=[1, 2])
    @loop_over(b="xy")
    def test(a, b, fixture):
        seen.append((a, b, fixture))

    test(fixture=7)
    assert seen == [(1, "x", 7), (1, "y", 7), (2, "x", 7), (2, "y", 7)]


def test_an_error_names_all_that_failed_and_has_the_first_as_its_cause():
    @loop_over(name=["good", "bad", "fine", "worse"])
    def test(name):
        assert name in ("good", "fine"), "no good"

    with pytest.raises(
        AssertionError, match=r"^name bad \(number 1\), worse \(number 3\): AssertionError: no good"
    ) as error:
        test()
    assert isinstance(error.value.__cause__, AssertionError)


def test_without_cases_or_the_argument_it_is_no_test():
    with pytest.raises(AssertionError, match="expected cases, got none"):
        loop_over(name=[])
    with pytest.raises(AssertionError, match="test has no argument 'name'"):

        @loop_over(name=["a"])
        def test(other):
            pass
