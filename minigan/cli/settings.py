"""Command-line flags made from a settings class, so that a setting is written down once."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from typing import Annotated, Any, get_type_hints

import typer

__all__ = ["given", "with_settings"]

#: Settings that are lists of numbers: on the command line, one word such as 128,64.
NUMBERS = tuple[int, ...]


def with_settings(settings: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that gives a command a flag for every field of `settings`.

    The command takes them as keyword arguments; one that was not given is None, so that a file's value or the
    default can stand in for it.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(command, include_extras=True)
        own = [
            parameter.replace(annotation=hints[parameter.name])
            for parameter in inspect.signature(command).parameters.values()
            if parameter.kind is not parameter.VAR_KEYWORD
        ]
        types = get_type_hints(settings)
        made = [flag(field, types[field.name]) for field in fields(settings)]
        command.__signature__ = inspect.Signature(own + made)  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in own + made}
        return command

    return decorate


def flag(field: Field, type_: Any) -> inspect.Parameter:
    """The flag of one field, with its help, its choices and its default."""
    name = field.metadata["flag"] or f"--{field.name.replace('_', '-')}"
    default: Any = field.default
    details: dict[str, Any] = {"rich_help_panel": field.metadata["panel"], "show_default": False}
    if type_ == NUMBERS:
        type_, default, details["metavar"] = str, ",".join(map(str, default)), "N,N,..."
    if field.metadata["choices"]:
        details["metavar"] = "|".join(field.metadata["choices"])
    # Typer would show None, the default it sees: the setting's own is part of the help.
    details["help"] = field.metadata["help"] + ("" if default is None else f" [default: {default}]")
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[type_ | None, typer.Option(name, **details)],
    )


def given(settings: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were given on the command line, as `settings` wants them."""
    types = get_type_hints(settings)
    chosen = {name: value for name, value in values.items() if value is not None}
    for name in chosen:
        if types[name] == NUMBERS:
            words = chosen[name].split(",")
            # What is not a list of numbers is left as it came: the settings say what they expect.
            if all(word.strip().lstrip("-").isdigit() for word in words):
                chosen[name] = tuple(map(int, words))
    return chosen
