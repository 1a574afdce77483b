"""Calls with arguments from a message."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from minigan.errors import ConfigError
from minigan.lab.calls import call


def example(
    first: object,
    number: int,
    share: float = 1.0,
    name: str | None = None,
    places: Sequence[int] = (),
    settings: Mapping[str, Any] | None = None,
    on: bool = False,
) -> tuple[object, ...]:
    return first, number, share, name, places, settings, on


def test_arguments_of_the_right_types_arrive():
    found = call(example, {"number": 2, "share": 3, "places": [1, 2], "settings": {"a": [None]}, "on": True}, "one")
    assert found == ("one", 2, 3, None, [1, 2], {"a": [None]}, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "number is missing"),
        ({"number": 1, "other": 2}, "unknown argument other: expected number, share, name, places, settings, on"),
        ({"number": 1, "first": 2}, "unknown argument first"),
        ({"number": 1.5}, "number: expected a whole number, got 1.5"),
        ({"number": True}, "number: expected a whole number, got True"),
        ({"number": 1, "share": "half"}, "share: expected a number, got 'half'"),
        ({"number": 1, "share": False}, "share: expected a number, got False"),
        ({"number": 1, "name": 3}, "name: expected a text or null, got 3"),
        ({"number": 1, "places": "12"}, "places: expected a list, got '12'"),
        ({"number": 1, "places": [1, "2"]}, "places: expected a list, got"),
        ({"number": 1, "settings": [1]}, r"settings: expected an object or null, got a list"),
        ({"number": 1, "on": 1}, "on: expected true or false, got 1"),
        ({"number": "x" * 1000}, r"got 'x{56}\.\.\.$"),
    ],
)
def test_a_wrong_argument_is_named(arguments, message):
    with pytest.raises(ConfigError, match=message):
        call(example, arguments, None)


def test_a_function_without_arguments_says_so():
    with pytest.raises(ConfigError, match="unknown argument a: expected no argument"):
        call(lambda: None, {"a": 1})
