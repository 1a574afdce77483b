"""Schedules: what they are at every step, how they are written, and what is refused."""

import math

import pytest

from minigan.errors import ConfigError
from minigan.training.schedules import Constant, Cosine, Exponential, Linear, Piecewise, parse

SCHEDULES = [
    (Constant(0.0004), "0.0004"),
    (Constant(3.0), "3"),
    (Linear(0.5, 0.7, 10000), "0.5 -> 0.7 over 10000"),
    (Linear(0.1, 0.0, 3), "0.1 -> 0 over 3"),
    (Cosine(4e-4, 0.0, 10000), "0.0004 -> 0 over 10000 cosine"),
    (Exponential(0.1, 1e-6, 1.000004), "0.1 -> 1e-06 dividing by 1.000004"),
    (Piecewise((0.01, 0.001), (5000,)), "0.01 until 5000, 0.001"),
    (Piecewise((0.1, 0.2, 1 / 3), (10, 20)), "0.1 until 10, 0.2 until 20, 0.3333333333333333"),
]


# Values


def test_a_constant_never_changes():
    assert [Constant(0.1)(step) for step in (0, 1, 10**9)] == [0.1] * 3


def test_a_line_rises_evenly_and_then_stays():
    schedule = Linear(0.5, 0.7, 4)
    assert [schedule(step) for step in range(7)] == pytest.approx([0.5, 0.55, 0.6, 0.65, 0.7, 0.7, 0.7])
    assert schedule(4) == schedule(10**9) == 0.7


def test_a_cosine_is_slow_at_both_ends_and_half_way_in_the_middle():
    schedule = Cosine(1.0, 0.0, 8)
    values = [schedule(step) for step in range(10)]
    assert values == pytest.approx([(1 + math.cos(math.pi * min(step, 8) / 8)) / 2 for step in range(10)])
    assert (values[0], values[8], values[9]) == (1, 0, 0)
    assert values[4] == pytest.approx(0.5)


def test_exponential_decay_is_a_division_a_step_down_to_a_floor():
    schedule, value = Exponential(0.1, 0.01, 1.5), 0.1
    for step in range(12):
        assert schedule(step) == pytest.approx(max(value, 0.01))
        value /= 1.5
    assert schedule(12) == 0.01


def test_exponential_decay_has_no_overflow():
    assert Exponential(0.1, 1e-6, 2.0)(10**9) == 1e-6


def test_the_learning_rate_of_2014_is_divided_by_e_in_a_quarter_of_a_million_steps():
    assert parse("0.1 -> 1e-06 dividing by 1.000004")(250_000) == pytest.approx(0.1 / math.e, rel=1e-5)


def test_stairs_change_at_their_boundaries():
    schedule = Piecewise((3.0, 2.0, 1.0), (2, 5))
    assert [schedule(step) for step in range(7)] == [3, 3, 2, 2, 2, 1, 1]


@pytest.mark.parametrize("schedule", [schedule for schedule, _ in SCHEDULES])
def test_bounds_are_the_extremes_of_all_values(schedule):
    values = [schedule(step) for step in [*range(30), 5000, 10_000, 10**9]]
    assert schedule.bounds == (min(values), max(values))


# Text


@pytest.mark.parametrize(("schedule", "text"), SCHEDULES)
def test_a_schedule_and_its_text_are_the_same_thing(schedule, text):
    assert str(schedule) == text
    assert parse(text) == schedule
    assert type(parse(text)) is type(schedule)


def test_a_number_is_a_constant():
    assert parse(0.1) == parse("0.1") == Constant(0.1)
    assert parse(1) == Constant(1.0)


@pytest.mark.parametrize("text", ["0.5->0.7 over 4", "  0.5  ->  0.7  over  4 ", "5e-1 -> +.7 over 4"])
def test_spaces_and_ways_to_write_a_number_do_not_matter(text):
    assert parse(text) == Linear(0.5, 0.7, 4)


def test_stairs_need_no_space_after_a_comma():
    assert parse("3 until 2,2 until 5,1") == Piecewise((3.0, 2.0, 1.0), (2, 5))


# What is refused


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("fast", "'fast' is not a number"),
        ("", "got ''"),
        ("nan", "'nan' is not a finite number"),
        ("inf -> 1 over 3", "'inf' is not a finite number"),
        (True, "'True' is not a number"),
        ("0.5 -> 0.7", "got '0.5 -> 0.7'"),
        ("0.5 -> 0.7 over ten", "'ten' is not a whole number of steps"),
        ("0.5 -> 0.7 over 1e4", "'1e4' is not a whole number of steps"),
        ("0.5 -> 0.7 over -3", "'-3' is not a whole number of steps"),
        ("0.5 -> 0.7 over 3 square", "got '0.5 -> 0.7 over 3 square'"),
        ("linear(0.5, 0.7)", "got 'linear"),
        ("0.1 -> 0 dividing by x", "'x' is not a number"),
        ("0.1 until 5", "got '0.1 until 5'"),
        ("0.1 until 5, 0.2 until 7", "got '0.1 until 5, 0.2 until 7'"),
        ("0.1 until 5 0.2", "got '0.1 until 5 0.2'"),
        ("0.1 until 5, 0.2 over 7, 0.3", "got '0.1 until 5, 0.2 over 7, 0.3'"),
        ("0.1 until soon, 0.2", "'soon' is not a whole number of steps"),
    ],
)
def test_another_text_is_refused_with_what_is_wrong(text, reason):
    with pytest.raises(ConfigError, match=r"expected a schedule such as 0\.1, ") as error:
        parse(text)
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5 -> 0.7 over 0", "expected a schedule over at least 1 step, got 0"),
        ("0.1 -> 0 dividing by 1", "expected a schedule that divides by more than 1, got 1"),
        ("0.1 -> 0.2 dividing by 2", "below its start of 0.1, got 0.2"),
        ("0.1 -> -1 dividing by 2", "end at 0 or more, .* got -1"),
        ("1 until 5, 2 until 5, 3", "stairs end at rising steps, got 5, 5"),
        ("1 until 0, 2", "stairs end at rising steps, got 0"),
    ],
)
def test_numbers_that_make_no_schedule_are_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        parse(text)


def test_stairs_need_one_value_more_than_boundaries():
    with pytest.raises(ConfigError, match="one value more than boundaries, got 2 and 2"):
        Piecewise((1.0, 2.0), (1, 2))
