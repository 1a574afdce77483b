"""``minigan gradcheck``."""

from pathlib import Path
from typing import Annotated

import typer

from minigan.gradcheck.report import FAIL, PASS, SKIP, Report


def gradcheck(
    names: Annotated[
        list[str] | None, typer.Argument(help="Layers such as Conv2D, 'losses', 'steps', or cases; default: all.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="Check the layers defined in this Python file instead.")] = None,
    shape: Annotated[
        str | None, typer.Option(help="Input shape with the batch axis for --file, such as 2,5,4,3.", metavar="N,...")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the points, the directions and the upstream gradients.")] = 0,
    table: Annotated[
        bool, typer.Option("--table", help="Print every row, also where several cases are right.")
    ] = False,
    plot: Annotated[Path | None, typer.Option(help="A folder for a picture of each case.", metavar="DIR")] = None,
    json: Annotated[Path | None, typer.Option(help="A file for all figures.", metavar="FILE")] = None,
    backend: Annotated[str, typer.Option(help="numpy, cupy or auto.", metavar="numpy|cupy|auto")] = "numpy",
) -> int:
    """Check the backward passes of every layer, loss and training step there is, or of your own layer.

    Central differences over a sweep of steps, complex steps, the adjoint identity, second order, and behaviour. The
    exit status is 1 when anything is wrong.
    """
    from rich.console import Console

    from minigan import backend as backends
    from minigan.files import atomic_path
    from minigan.gradcheck.select import cases_in_file, select

    backends.use(backend)
    cases = cases_in_file(file, shape) if file else select(names or [])
    console = Console(markup=False)
    whole_table = table or file is not None or len(cases) == 1
    reports = []
    for case in cases:
        report = case.check(seed=seed)
        reports.append(report)
        if not whole_table:
            console.print(line(case.name, report), highlight=False, style=None if report.ok else "bold red")
        if plot:
            plot.mkdir(parents=True, exist_ok=True)
            report.plot(plot / f"{case.name}.png")
    everything = Report.merged(reports)
    shown = everything if whole_table else Report([row for row in everything if row.verdict == FAIL], seed)
    if shown.rows:
        console.print(shown.table())
    if json:
        with atomic_path(json) as temporary:
            temporary.write_text(everything.to_json(), encoding="utf-8")
    verdict = "nothing is wrong" if everything.ok else f"{len(everything.failures)} are wrong"
    console.print(f"{len(everything.rows)} checks of {len(cases)} cases, seed {seed}: {verdict}", highlight=False)
    return 0 if everything.ok else 1


def line(name: str, report: Report) -> str:
    """One case in one line."""
    applied = [row for row in report.rows if row.verdict != SKIP]
    kinks = sum(row.kinks for row in applied)
    verdict = PASS if report.ok else FAIL
    return f"{name:32s} {verdict:6s} {len(applied):3d} checks" + (f", {kinks} at kinks" if kinks else "")
