"""The help pages: usage, what a command does, its options by group, examples. The same with every version of Typer."""

from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, metadata
from typing import TYPE_CHECKING, Any, TypeVar

from typer.core import TyperCommand, TyperGroup

from minigan.cli.lines import columns, wrapped

__all__ = ["Command", "Group", "documentation", "examples", "examples_of"]

if TYPE_CHECKING:
    from rich.text import Text

#: The group of an argument, and of an option that names none.
ARGUMENTS, OPTIONS = "Arguments", "Options"

F = TypeVar("F", bound=Callable[..., Any])


def examples(*lines: str) -> Callable[[F], F]:
    """A decorator that gives a command examples for its help page, such as ``minigan train  # in three minutes``."""

    def decorate(command: F) -> F:
        command.examples = lines  # type: ignore[attr-defined]
        return command

    return decorate


def examples_of(command: Callable[..., Any]) -> str:
    """The examples of a command, one on each line."""
    return "\n".join(getattr(command, "examples", ()))


class Page:
    """A help page in place of Typer's, which cuts flags and breaks words on a narrow terminal."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page for this terminal, or for a pipe in the width of a terminal."""
        from rich.console import Console

        console = Console(markup=False, emoji=False, highlight=False)
        with console.capture() as captured:
            for line in page(self, ctx, console.width):
                console.print(line, soft_wrap=True)
        formatter.write(captured.get())


class Command(Page, TyperCommand):
    """A command with such a help page."""


class Group(Page, TyperGroup):
    """The command that has all others, with such a help page."""


def page(command: Any, ctx: Any, width: int) -> "Iterator[str | Text]":
    """The lines of the help page."""
    from rich.text import Text

    params = command.get_params(ctx)
    yield from wrapped(" ".join(["Usage:", ctx.command_path, *usage(command, params)]), width, "    ")
    for paragraph in command.help.split("\n\n"):
        yield ""
        yield from wrapped(" ".join(paragraph.split()), width)
    for title, rows in groups(command, ctx, params).items():
        yield ""
        yield Text(f"{title}:", style="bold")
        yield from columns(rows, width)
    yield ""
    yield Text("Examples:", style="bold")
    for example in command.epilog.splitlines():
        yield from example_lines(example, width)
    if address := documentation():
        yield ""
        yield f"Documentation: {address}"


def usage(command: Any, params: list[Any]) -> list[str]:
    """What follows the command's name in its usage."""
    pieces = []
    for param in params:
        if param.param_type_name == "argument":
            name = argument_name(param)
            many = f"{name} ..." if param.nargs != 1 else name
            pieces.append(many if param.required else f"[{many}]")
    return [*(["COMMAND"] if isinstance(command, TyperGroup) else pieces), "[OPTIONS]"]


def groups(command: Any, ctx: Any, params: list[Any]) -> dict[str, list[tuple[str, str]]]:
    """The rows of each group: a name and what it means. The option --help is the last."""
    found: dict[str, list[tuple[str, str]]] = {}
    if isinstance(command, TyperGroup):
        found["Commands"] = [(name, first_line(item)) for name, item in command.commands.items()]
    for param in params:
        if param.param_type_name == "argument":
            found.setdefault(ARGUMENTS, []).append((argument_name(param), param.help))
        elif param.name == "help":
            last = next(reversed(found), ARGUMENTS)
            found.setdefault(OPTIONS if last == ARGUMENTS else last, []).append(("--help", "Show this page."))
        else:
            found.setdefault(param.rich_help_panel or OPTIONS, []).append(option_row(param))
    return found


def first_line(command: Any) -> str:
    """The first sentence of a command's help."""
    return " ".join(command.help.split("\n\n")[0].split())


def argument_name(param: Any) -> str:
    """An argument in capital letters."""
    return (param.metavar or param.name).upper()


def option_row(param: Any) -> tuple[str, str]:
    """The flags of an option with the placeholder of its value, and its meaning with its default."""
    flags = ", ".join((*param.opts, *param.secondary_opts))
    if not param.is_flag and param.metavar != "":
        flags += f" {param.metavar or param.name.upper()}"
    default = param.default if param.show_default else None
    shown = isinstance(default, int | float | str) and default is not False
    return flags, f"{param.help} (default: {default})" if shown else param.help


def example_lines(example: str, width: int) -> Iterator[str]:
    """A command and its comment on one line, or the comment above it where they are too long together."""
    command, mark, comment = example.partition("  # ")
    if not mark or len(example) + 2 <= width:
        yield f"  {example}"
    else:
        yield from (f"  {line}" for line in wrapped(f"# {comment}", width - 2, "# "))
        yield f"  {command}"


def documentation() -> str:
    """The address of the documentation, as the installed package states it; empty if it is not installed."""
    try:
        found = metadata("minigan").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    addresses = dict(entry.split(", ", 1) for entry in found)
    return addresses.get("Documentation", "")
