"""``python -m benchmarks <name> [options]``: a command for each thing that is measured."""

import typer

from benchmarks.mutants import mutants

app = typer.Typer(
    name="benchmarks",
    help="Measure minigan.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(mutants)


@app.callback()
def options() -> None:
    """Measure minigan."""


if __name__ == "__main__":
    app(prog_name="python -m benchmarks")
