"""``python -m benchmarks <name> [options]``: a command for each thing that is measured."""

import typer

from benchmarks.gpu import gpu
from benchmarks.kernels import kernels
from benchmarks.lab import lab
from benchmarks.layers import layers
from benchmarks.mutants import mutants
from benchmarks.page import page
from benchmarks.quality import quality
from benchmarks.scaling import scaling
from benchmarks.startup import startup
from benchmarks.step import step
from minigan.io.streams import guard_output

app = typer.Typer(
    name="benchmarks",
    help="Measure minigan.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (step, quality, layers, kernels, scaling, startup, gpu, lab, page):
    app.command()(command)
app.command()(mutants)


@app.callback()
def options() -> None:
    """Measure minigan."""


if __name__ == "__main__":
    guard_output()
    app(prog_name="python -m benchmarks")
