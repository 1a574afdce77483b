"""The help pages: usage, what a command does, its options by group, examples. The same with every version of Typer."""

from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any, TypeVar

from typer.core import TyperCommand, TyperGroup

from minigan.cli.lines import columns, wrapped

__all__ = ["Command", "Group", "documentation", "examples", "examples_of"]

#: The group of an argument or option that names none.
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


class Command(TyperCommand):
    """A command with a help page of minigan's."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        formatter.write(rendered(page(self, ctx)))


class Group(TyperGroup):
    """The command that has all others, with a help page of minigan's."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        formatter.write(rendered(page(self, ctx)))


class Heading(str):
    """A line that begins a group."""


def rendered(lines: Callable[[int | None], Iterator[str]]) -> str:
    """The page for this terminal, or for a pipe in the width of a terminal; headings are bold."""
    from rich.console import Console

    console = Console(markup=False, emoji=False)
    with console.capture() as captured:
        for line in lines(console.width):
            console.print(line, style="bold" if isinstance(line, Heading) else None, highlight=False, soft_wrap=True)
    return captured.get()


def page(command: Any, ctx: Any) -> Callable[[int | None], Iterator[str]]:
    """The lines of the help page, as a function of the width."""

    def lines(width: int | None) -> Iterator[str]:
        params = [param for param in command.get_params(ctx) if not getattr(param, "hidden", False)]
        yield from wrapped(" ".join(["Usage:", ctx.command_path, *usage(command, params)]), width, "    ")
        for paragraph in (command.help or "").strip().split("\n\n"):
            yield ""
            yield from wrapped(" ".join(paragraph.split()), width)
        for title, rows in groups(command, ctx, params).items():
            yield ""
            yield Heading(f"{title}:")
            yield from columns(rows, width)
        if command.epilog:
            yield ""
            yield Heading("Examples:")
            for example in command.epilog.splitlines():
                yield from example_lines(example, width)
        if address := documentation():
            yield ""
            yield f"Documentation: {address}"

    return lines


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
    """The rows of each group: a name and what it means. The option --help ends the group of those without a name."""
    found: dict[str, list[tuple[str, str]]] = {}
    if isinstance(command, TyperGroup):
        names = [(name, command.get_command(ctx, name)) for name in command.list_commands(ctx)]
        found["Commands"] = [(name, first_line(item)) for name, item in names if item is not None]
    last: list[tuple[str, str]] = []
    for param in params:
        if param.param_type_name == "argument":
            group = getattr(param, "rich_help_panel", None) or ARGUMENTS
            found.setdefault(group, []).append((argument_name(param), param.help or ""))
        elif param.name == "help":
            last = [(", ".join(param.opts), "Show this page.")]
        else:
            group = getattr(param, "rich_help_panel", None) or OPTIONS
            found.setdefault(group, []).append(option_row(param))
    group = next(reversed(found), OPTIONS)
    found.setdefault(OPTIONS if OPTIONS in found or group == ARGUMENTS else group, []).extend(last)
    return found


def first_line(command: Any) -> str:
    """The first sentence of a command's help."""
    return " ".join((command.help or "").strip().split("\n\n")[0].split())


def argument_name(param: Any) -> str:
    """An argument in capital letters."""
    return (param.metavar or param.name).upper()


def option_row(param: Any) -> tuple[str, str]:
    """The flags of an option with the placeholder of its value, and its meaning with its default."""
    flags = ", ".join((*param.opts, *param.secondary_opts))
    if not param.is_flag and param.metavar != "":
        flags += f" {param.metavar or param.name.upper()}"
    default, text = param.default, param.help or ""
    shown = getattr(param, "show_default", False) and isinstance(default, int | float | str) and default is not False
    return flags, f"{text} (default: {default})" if shown else text


def example_lines(example: str, width: int | None) -> Iterator[str]:
    """A command and its comment on one line, or the comment above it where they are too long together."""
    command, mark, comment = example.partition("  # ")
    if not mark or width is None or len(example) + 2 <= width:
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
