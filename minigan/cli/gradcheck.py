"""``minigan gradcheck``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minigan.cli.help import examples
from minigan.cli.lines import say
from minigan.cli.settings import whole_number
from minigan.errors import ConfigError
from minigan.gradcheck.report import FAIL, PASS, SKIP, Report

#: The width of a table that is not shown on a terminal; the smallest width of a terminal for it.
NO_LIMIT, NARROWEST = 1000, 80

if TYPE_CHECKING:
    from rich.console import Console


@examples(
    "minigan gradcheck  # everything, in less than a minute",
    "minigan gradcheck Dense Conv2D",
    "minigan gradcheck --file my_layer.py --shape 2,5,4,3",
)
def gradcheck(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Layers such as Conv2D, 'losses', 'penalties', 'steps', or cases; default: all.", metavar="NAME"
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="Check the layers, networks, functions and losses in this Python file instead.", metavar="FILE"
        ),
    ] = None,
    shape: Annotated[
        str | None,
        typer.Option(
            help="Input shape with the batch axis for --file, such as 2,5,4,3; '4,3 3,2 2' for three arguments.",
            metavar="N,...",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            help="Seed of the points, the directions and the upstream gradients.", parser=whole_number, metavar="N"
        ),
    ] = 0,
    table: Annotated[
        bool, typer.Option("--table", help="Print every check instead of one line for each case.")
    ] = False,
    plot: Annotated[Path | None, typer.Option(help="A folder for a picture of each case.", metavar="DIR")] = None,
    json: Annotated[Path | None, typer.Option(help="A file for all results.", metavar="FILE")] = None,
    backend: Annotated[
        str | None,
        typer.Option(help="Where to compute; default: MINIGAN_BACKEND, else numpy.", metavar="numpy|cupy|auto"),
    ] = None,
) -> int:
    """Check the backward passes of every layer, loss and training step there is, or of your own layers.

    By central differences over a sweep of steps, complex steps and the adjoint identity, to the second order.

    The exit status is 1 when anything is wrong.
    """
    from rich.console import Console

    from minigan import backend as backends
    from minigan.gradcheck.builtin.discovery import cases_in_file, run_case, select
    from minigan.io.atomic_write import write_text
    from minigan.io.progress import Progress
    from minigan.io.targets import explained
    from minigan.runs.outputs import check_output, check_picture_folder

    if names and file:
        raise ConfigError("expected names of cases or --file, got both")
    if shape and not file:
        raise ConfigError("--shape is for the layers of a --file: the package's own cases have their shapes")
    if plot:
        check_picture_folder("--plot", plot)
    if json:
        check_output("--json", json, ".json")
    if backend is not None:
        backends.use(backend)
    backends.xp()  # without the flag MINIGAN_BACKEND decides; a wrong name is refused before any check
    cases = cases_in_file(file, shape) if file else select(names or [])
    if plot:
        plot.mkdir(parents=True, exist_ok=True)

    console = Console(markup=False, highlight=False)
    whole_table = table or file is not None or len(cases) == 1
    width = max(len(case.name) for case in cases)
    reports = []
    with Progress(total=len(cases)) as progress:
        for case in cases:
            progress.description = f"checking {case.name}"
            report = run_case(case, seed)
            reports.append(report)
            if not whole_table:
                with progress.above(console) as place:
                    say(place, line(case.name, width, report), style=None if report.ok else "bold red")
            if plot:
                report.plot(plot / f"{case.name}.png")
            progress.done += 1
    everything = Report.merged(reports)
    if json:
        with explained(json):
            write_text(json, everything.to_json())
    shown = everything if whole_table else Report(everything.failures, seed)
    if shown.rows:
        show(console, shown)
        say(console, shown.notes())
    verdict = "nothing is wrong" if everything.ok else f"{len(everything.failures)} wrong"
    count = f"{len(cases)} case{'s' if len(cases) > 1 else ''}"
    say(console, f"{len(applied(everything))} checks of {count}, seed {seed}: {verdict}")
    return 0 if everything.ok else 1


def show(console: "Console", report: Report) -> None:
    """Print the rows: a table, in a pipe as wide as it has to be, or sentences where a terminal is too narrow."""
    if not console.is_terminal:
        console.width = NO_LIMIT
    if console.width < NARROWEST:
        say(console, [row.sentence() for row in report])
    else:
        console.print(report.table())


def applied(report: Report) -> list:
    """The rows of checks that were not skipped."""
    return [row for row in report if row.verdict != SKIP]


def line(name: str, width: int, report: Report) -> str:
    """One case in one line."""
    rows = applied(report)
    kinks = sum(row.kinks for row in rows)
    verdict = PASS if report.ok else FAIL
    return f"{name:{width}s}  {verdict:5s}  {len(rows):3d} checks" + (f", {kinks} at kinks" if kinks else "")
