"""The command ``minigan``: one file a command, thin over the library."""

import sys
from contextlib import suppress
from typing import Annotated, Any

import typer

from minigan.cli.data import data
from minigan.cli.evaluate import evaluate
from minigan.cli.export import export
from minigan.cli.gradcheck import gradcheck
from minigan.cli.import_ import import_
from minigan.cli.info import info
from minigan.cli.plot import plot
from minigan.cli.sample import sample
from minigan.cli.summary import summary
from minigan.cli.train import train
from minigan.errors import MiniganError, NonFiniteError
from minigan.io.streams import Guard, guard_output
from minigan.version import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    name="minigan",
    help="GANs from scratch: train, look at samples, look inside.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(no_args_is_help=False)(train)
app.command()(sample)
app.command()(evaluate)
app.command()(plot)
app.command()(summary)
app.command()(gradcheck)
app.command()(info)
app.command()(data)
app.command()(export)
app.command("import")(import_)

#: The error that typer raises for a command line it cannot read.
UsageError: Any = typer.BadParameter.__base__


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(f"minigan {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """GANs from scratch: train, look at samples, look inside."""


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
        if not error.format_message():  # no command: the help was printed
            return error.exit_code
        return fail(error.format_message(), 2)
    except NonFiniteError as error:
        return fail(error, 1)
    except MiniganError as error:
        from minigan.runs.names import in_flags

        return fail(in_flags(str(error)), 2)
    except MemoryError as error:
        return fail(f"not enough memory: {error}", 1)
    except OSError as error:  # such as a full disk
        return fail(error, 1)
    except (KeyboardInterrupt, typer.Abort):
        return fail("interrupted", 130)


def fail(message: object, status: int) -> int:
    """Print the error in one line, without any character that controls a terminal."""
    line = "".join(character if character.isprintable() else "?" for character in " ".join(str(message).split()))
    print(f"minigan: {line}", file=sys.stderr)
    return status
