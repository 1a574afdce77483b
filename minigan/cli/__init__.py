"""The command ``minigan``: one file a command, thin over the library."""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

import typer

from minigan.cli.data import data
from minigan.cli.evaluate import evaluate
from minigan.cli.export import export
from minigan.cli.gradcheck import gradcheck
from minigan.cli.help import Command, Group, examples_of
from minigan.cli.import_ import import_
from minigan.cli.info import info
from minigan.cli.lab import lab
from minigan.cli.learn import learn
from minigan.cli.lines import wrapped
from minigan.cli.plot import plot
from minigan.cli.sample import sample
from minigan.cli.summary import summary
from minigan.cli.train import train
from minigan.errors import MiniganError, NonFiniteError
from minigan.io.display import is_terminal
from minigan.io.progress import end_all
from minigan.io.streams import Guard, guard_output
from minigan.version import __version__

__all__ = ["COMMANDS", "app", "main"]

#: All commands by name, in the order of the help.
COMMANDS: dict[str, Callable[..., Any]] = {
    "train": train,
    "sample": sample,
    "evaluate": evaluate,
    "plot": plot,
    "summary": summary,
    "gradcheck": gradcheck,
    "lab": lab,
    "learn": learn,
    "info": info,
    "data": data,
    "export": export,
    "import": import_,
}

app = typer.Typer(name="minigan", cls=Group, add_completion=False, pretty_exceptions_enable=False)
for name, command in COMMANDS.items():
    app.command(name, cls=Command, epilog=examples_of(command))(command)

#: The error that typer raises for a command line it cannot read.
UsageError: Any = typer.BadParameter.__base__


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(f"minigan {__version__}")
        raise typer.Exit


@app.callback(
    invoke_without_command=True,
    epilog="minigan train  # on the digits in the package: three minutes\nminigan train --help  # all its settings",
)
def options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """GANs from scratch: train, look at samples, look inside."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def main() -> None:
    """Run the command line: exit status 2 for bad usage and bad input, 1 for a run that failed, 130 for Ctrl-C."""
    guards = guard_output()
    sys.exit(run(sys.argv[1:]) or unprinted(guards))


def unprinted(guards: list[Guard]) -> int:
    """The exit status of a command that did its work: 1 if not all of its output could be written."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # there is none, or it is closed
            stream.flush()
    errors = [guard.error for guard in guards if guard.error is not None]
    return fail(f"the work is done, but not all output could be printed: {errors[0].strerror}", 1) if errors else 0


def run(arguments: list[str]) -> int:
    """Run one command line; every error of minigan's is one line on stderr."""
    try:
        return app(arguments, prog_name="minigan", standalone_mode=False) or 0
    except UsageError as error:
        return fail(error.format_message(), 2)
    except NonFiniteError as error:
        return fail(error, 1)
    except MiniganError as error:
        from minigan.runs.names import in_flags

        return fail(in_flags(str(error)), 2)
    except MemoryError as error:
        return fail(f"not enough memory: {error}", 1)
    except OSError as error:  # such as a full disk
        place = f"{error.filename}: " if error.filename else ""
        return fail(f"{place}{error.strerror or error}", 1)
    except (KeyboardInterrupt, typer.Abort):
        return fail("interrupted", 130)


def fail(message: object, status: int) -> int:
    """Print the error in one line, which a terminal gets broken at words, without any character that controls it."""
    end_all()
    line = "".join(character if character.isprintable() else "?" for character in " ".join(str(message).split()))
    print(*wrapped(f"minigan: {line}", error_width(), "  "), sep="\n", file=sys.stderr)
    return status


def error_width() -> int | None:
    """The columns of standard error; None if it is no terminal, and has no limit."""
    if not is_terminal(sys.stderr):
        return None
    from rich.console import Console

    return Console(stderr=True).width
