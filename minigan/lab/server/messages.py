"""Requests of a page: a JSON text is either one of three forms, or refused with a sentence.

::

    {"id": 7, "do": "round", "with": {"count": 1}}      a command
    {"id": 8, "view": "points", "with": {}}             a view
    {"id": 9, "steer": true}                            to take over the steering

``with`` may be left out.
"""

import json
import math
from typing import Any, NamedTuple

from minigan.errors import ConfigError

__all__ = ["MOST_BYTES", "NotJson", "Request", "id_of", "read", "request_of"]

#: A message has at most this many bytes: a set-up with 2,000 points drawn by hand fits.
MOST_BYTES = 2**18

#: Lists and objects inside of each other.
DEPTH = 12

#: The largest number of a request: page and server both represent it exactly.
LARGEST_ID = 2**53 - 1

FORMS = '{"id": n, "do": command, "with": {...}}, {"id": n, "view": name, "with": {...}} or {"id": n, "steer": true}'


class NotJson(ConfigError):
    """A message is no JSON text at all: whoever sent it does not speak this protocol."""


class Request(NamedTuple):
    """What a page asks for.

    Attributes
    ----------
    id : int
        The page's number for it.
    kind : str
        "do", "view" or "steer".
    name : str
        The command or the view.
    arguments : dict
    """

    id: int
    kind: str
    name: str
    arguments: dict[str, Any]


def read(text: str) -> Any:
    """The value of a JSON text.

    Raises
    ------
    NotJson
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NotJson("expected a message in JSON") from None


def id_of(message: Any) -> int | None:
    """The number of a message; None if it has none."""
    number = message.get("id") if isinstance(message, dict) else None
    return number if type(number) is int and 0 <= number <= LARGEST_ID else None


def request_of(message: Any) -> Request:
    """The request that a JSON value stands for.

    Raises
    ------
    ConfigError
        It is none.
    """
    number = id_of(message)
    if number is not None:
        check_values(message)
        arguments = message.get("with", {})
        kinds = message.keys() - {"id", "with"}
        if kinds == {"steer"} and message["steer"] is True and "with" not in message:
            return Request(number, "steer", "", {})
        if kinds in ({"do"}, {"view"}) and isinstance(arguments, dict):
            (kind,) = kinds
            if isinstance(message[kind], str):
                return Request(number, kind, message[kind], arguments)
    raise ConfigError(f"expected {FORMS}")


def check_values(value: Any, depth: int = 0) -> None:
    """Refuse values that are nested too deep, and numbers that are not finite, which Python reads but JSON has not."""
    if depth > DEPTH:
        raise ConfigError(f"expected at most {DEPTH} lists and objects inside of each other")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"expected finite numbers, got {value}")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            check_values(item, depth + 1)
