"""Command-line flags made from a settings class, so that a setting is written down once."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import Field, fields
from typing import Annotated, Any, get_type_hints

import typer

from minigan.runs.config import Kind

__all__ = ["given", "whole_number", "with_settings"]

#: What stands for a value in the help.
METAVARS = {str: "TEXT", int: "N", float: "X", bool: ""}

#: Choices that are longer than this stand in the help instead.
WIDEST = 20


def with_settings(settings: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that gives a command a flag for every field of `settings`.

    The command takes them as keyword arguments, as they were typed; one that was not given is None, so that a
    file's value or the default can stand in for it.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(command, include_extras=True)
        own = [
            parameter.replace(annotation=hints[parameter.name])
            for parameter in inspect.signature(command).parameters.values()
            if parameter.kind is not parameter.VAR_KEYWORD
        ]
        made = [flag(field) for field in fields(settings)]
        command.__signature__ = inspect.Signature(own + made)  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in own + made}
        return command

    return decorate


def flag(field: Field) -> inspect.Parameter:
    """The flag of one field, with its help, its choices and its default."""
    name = field.metadata["flag"] or f"--{field.name.replace('_', '-')}"
    kind, choices = field.metadata["kind"], field.metadata["choices"]
    default: Any = field.default
    # Every value is text here, of which `given` makes what the setting needs.
    type_: Any = str
    metavar: str | None = METAVARS[kind.types[-1]]
    if bool in kind.types:
        type_, metavar, default = bool, "", None
    elif kind.length == 2:
        type_, metavar = tuple[str, str], "LOW HIGH"
    elif kind.length is not None:
        metavar, default = "N,N,...", default and ",".join(map(str, default))
    listed, help_text = "|".join(choices), field.metadata["help"]
    if len(listed) > WIDEST:
        metavar, help_text = "NAME", f"{help_text} One of {', '.join(choices)}."
    elif listed:
        metavar = listed
    details: dict[str, Any] = {
        "metavar": metavar,
        "rich_help_panel": field.metadata["panel"],
        # Typer would show None, the default it sees: the setting's own is part of the help.
        "show_default": False,
        "help": help_text + ("" if default is None else f" (default: {default})"),
    }
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[type_ | None, typer.Option(name, **details)],
    )


def given(settings: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were given on the command line, as `settings` wants them."""
    kinds = {field.name: field.metadata["kind"] for field in fields(settings)}
    chosen = {name: value for name, value in values.items() if value is not None}
    for name in chosen:
        # What cannot be read is left as it came: the settings say what they expect.
        with suppress(ValueError):
            chosen[name] = read(kinds[name], chosen[name])
    return chosen


def read(kind: Kind, typed: Any) -> Any:
    """A value of that kind from the text that was typed, or the two texts."""
    number = kind.types[-1]
    if kind.length is None:
        return number(typed)  # of a switch a truth value, as it was typed
    return tuple(map(number, typed.split(",") if isinstance(typed, str) else typed))


def whole_number(typed: str) -> int:
    """The number that was typed, for a flag that is no setting: Typer itself does not say what came."""
    try:
        return int(typed)
    except ValueError:
        raise typer.BadParameter(f"expected a whole number, got {typed!r}") from None


def number(typed: str) -> float:
    """As `whole_number`, of any number."""
    try:
        return float(typed)
    except ValueError:
        raise typer.BadParameter(f"expected a number, got {typed!r}") from None


#: The option of all commands that draw noise for a trained generator.
TRUNCATION = typer.Option(
    help="Draw noise that is farther from 0 than so many standard deviations anew: less variety, better samples.",
    parser=number,
    metavar="X",
    show_default=False,
)
