"""Command-line flags made from a settings class, so that each setting is defined once."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import Field, fields
from typing import Annotated, Any, get_type_hints

import typer

from minigan.runs.config import Kind
from minigan.runs.names import flag_of

__all__ = ["OWN_PANEL", "given", "in_order", "whole_number", "with_settings"]

#: The placeholder of a value in the help, by its type.
METAVARS = {str: "TEXT", int: "N", float: "X", bool: ""}

#: The group of a command's own options, where the settings have this group.
OWN_PANEL = "Run"

#: A longer list of choices is shown in the help text instead of the placeholder.
WIDEST = 20


def with_settings(settings: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that gives a command a flag for every field of `settings`.

    The command gets them as keyword arguments, as they were typed. A flag that was not given is None: then the value of
    a file or the default is used.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(command, include_extras=True)
        own = [
            parameter.replace(annotation=hints[parameter.name], kind=parameter.KEYWORD_ONLY)
            for parameter in inspect.signature(command).parameters.values()
            if parameter.kind is not parameter.VAR_KEYWORD
        ]
        # The order of the help: arguments, the options of the settings by group, and the command's own before those of
        # the same group.
        arguments = [parameter for parameter in own if parameter.default is parameter.empty]
        options = [parameter for parameter in own if parameter not in arguments]
        made = [flag(field) for field in in_order(settings)]
        panels = [field.metadata["panel"] for field in in_order(settings)]
        place = panels.index(OWN_PANEL) if OWN_PANEL in panels else 0
        made = [*arguments, *made[:place], *options, *made[place:]]
        command.__signature__ = inspect.Signature(made)  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in made}
        return command

    return decorate


def in_order(settings: type) -> list[Field]:
    """The fields of a settings class in the order of the help: its own before those of the class it derives from."""
    own = inspect.get_annotations(settings)
    return sorted(fields(settings), key=lambda field: field.name not in own)


def flag(field: Field) -> inspect.Parameter:
    """The flag of one field, with its help, its choices and its default."""
    name = flag_of(field.name)
    kind, choices = field.metadata["kind"], field.metadata["choices"]
    default: Any = field.default
    # Every value is text here; `given` converts it to the setting's type.
    type_: Any = str
    metavar: str | None = kind.metavar or METAVARS[kind.types[-1]]
    if bool in kind.types:
        type_, metavar, default = bool, "", None
    elif kind.length == 2:
        type_, metavar = tuple[str, str], "LOW HIGH"
    elif kind.length is not None:
        metavar, default = kind.metavar or "N,N,...", default and ",".join(map(str, default))
    listed, help_text = "|".join(choices), field.metadata["help"]
    if len(listed) > WIDEST:
        metavar, help_text = "NAME", f"{help_text} One of {', '.join(choices)}."
    elif listed:
        metavar = listed
    details: dict[str, Any] = {
        "metavar": metavar,
        "rich_help_panel": field.metadata["panel"],
        # Typer would show None, its own default: the setting's default is part of the help.
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
    """The settings that were given on the command line, converted to the types of `settings`."""
    kinds = {field.name: field.metadata["kind"] for field in fields(settings)}
    chosen = {name: value for name, value in values.items() if value is not None}
    for name in chosen:
        # A text that cannot be converted stays as it is: the settings class refuses it with its own message.
        with suppress(ValueError):
            chosen[name] = read(kinds[name], chosen[name])
    return chosen


def read(kind: Kind, typed: Any) -> Any:
    """A value of that kind from the typed text, or from two texts."""
    number = kind.types[-1]
    if kind.length is None:
        return number(typed)  # a switch has its truth value already
    items = typed.split(",") if isinstance(typed, str) else typed
    return tuple(number(item.strip()) for item in items)


def whole_number(typed: str) -> int:
    """The number that was typed, for a flag that is no setting; unlike Typer's, the error shows what was typed."""
    try:
        return int(typed)
    except ValueError:
        raise typer.BadParameter(f"expected a whole number, got {typed!r}") from None


def number(typed: str) -> float:
    """As `whole_number`, for any number."""
    try:
        return float(typed)
    except ValueError:
        raise typer.BadParameter(f"expected a number, got {typed!r}") from None


#: The option ``--truncation`` of the commands that draw noise for a trained generator.
TRUNCATION = typer.Option(
    help="Redraw noise beyond X standard deviations: less variety, better samples.",
    parser=number,
    metavar="X",
    show_default=False,
)
