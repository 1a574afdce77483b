"""Calls whose arguments come from a message: names and types are compared with the signature before anything runs."""

import inspect
import types
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from minigan.errors import ConfigError
from minigan.lab.values import shown

__all__ = ["call"]

#: Names in messages that Python keeps to itself: the parameter has a line behind its name.
RESERVED = ("pass",)

#: How a message calls these types.
WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    type(None): "null",
}


def call(function: Callable[..., Any], arguments: Mapping[str, Any] | None, *first: Any) -> Any:
    """Call a function with arguments by name, after those in `first`.

    Raises
    ------
    ConfigError
        An argument is unknown, missing, or of another type than the signature says; the function was not called.
    """
    given = arguments or {}
    known = parameters(function)
    accepted = dict(list(known.items())[len(first) :])
    unknown = sorted(given.keys() - accepted.keys())
    if unknown:
        expected = ", ".join(accepted) or "no argument"
        raise ConfigError(f"unknown argument {', '.join(unknown)}: expected {expected}")
    for name, (kind, needed) in accepted.items():
        if name not in given:
            if needed:
                raise ConfigError(f"{name} is missing")
        elif not fits(given[name], kind):
            raise ConfigError(f"{name}: expected {described(kind)}, got {shown(given[name])}")
    return function(*first, **{f"{name}_" if name in RESERVED else name: value for name, value in given.items()})


@lru_cache(maxsize=256)
def parameters(function: Callable[..., Any]) -> dict[str, tuple[Any, bool]]:
    """The type of each parameter, by its name in a message, and whether it needs a value."""
    hints = get_type_hints(function)
    found = inspect.signature(function).parameters
    return {name.rstrip("_"): (hints.get(name, Any), item.default is item.empty) for name, item in found.items()}


def fits(value: Any, kind: Any) -> bool:
    """Whether a plain value is of a type, with the items of lists and objects."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(fits(value, item) for item in inner)
    if kind in (int, float):
        return isinstance(value, (int, kind)) and not isinstance(value, bool)
    plain = origin or kind
    if issubclass(plain, Mapping):
        return isinstance(value, Mapping) and all(fits(item, inner[-1] if inner else Any) for item in value.values())
    if plain in WORDS:
        return isinstance(value, plain)
    # Every other type in a signature is a sequence, which a message has as a list.
    return isinstance(value, list | tuple) and all(fits(item, inner[0] if inner else Any) for item in value)


def described(kind: Any) -> str:
    """A type in words."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(described(item) for item in inner)
    if kind in WORDS:
        return WORDS[kind]
    return "an object" if issubclass(origin or kind, Mapping) else "a list"
