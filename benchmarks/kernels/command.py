"""``python -m benchmarks kernels``."""

import re
from collections.abc import Iterator
from typing import Annotated

import typer

from benchmarks import machine, options
from benchmarks.kernels.cases import Case, cases
from benchmarks.kernels.measure import Versions, measure, versions
from benchmarks.kernels.report import Roof, draw, table
from benchmarks.options import JsonFile, PlotFolder, Repeat
from benchmarks.report import console, new_figure, save_figure, save_json, waiting, warn
from minigan import backend


def kernels(
    only: Annotated[str, typer.Option(help="Kernels whose name matches this.", metavar="PATTERN")] = "",
    batch: Annotated[str, typer.Option(help="Images in a batch.", metavar="N,...")] = "64,4",
    threads: Annotated[str, typer.Option(help="Threads.", metavar="N")] = "",
    repeat: Repeat = 5,
    json_file: JsonFile = None,
    plot: PlotFolder = None,
) -> None:
    """Time every reference kernel and its fast versions, compared with what the machine can do at most."""
    (count,) = options.thread_counts("--threads", threads or options.default_threads())[:1]
    batches = options.sizes("--batch", batch)
    wanted = matching(only)
    options.check_outputs(json_file, plot)
    backend.threads(count)
    printer = console()
    watch = machine.LoadMonitor(options.processors())
    with waiting() as status:
        status.begin("Measuring the machine")
        roof = Roof(machine.product_rate(), machine.copy_rate(threads=count))
        results = []
        for case in chosen(wanted, batches):
            status.begin(f"{case.kernel}, {case.size}")
            results.append(measure(case, wanted[case.kernel], repeat))
    printer.print(table(results, roof))
    measured = {found.case.kernel for found in results}
    for name in wanted.keys() - measured:
        printer.print(f"{name} was not measured: there is no case of it.")
    printer.print(
        f"The machine with {count} threads: {roof.operations / 1e9:.0f} GFLOP/s in a float32 matrix product, "
        f"{roof.bytes / 1e9:.1f} GB/s in a copy."
    )
    warn(printer, watch.others(), "meanwhile")
    settings = {"batch": batches, "threads": count, "repeat": repeat, "only": only}
    save_json(json_file, "kernels", {**settings, "roof": roof._asdict()}, [found.record() for found in results])
    if plot is not None:
        figure = new_figure(11, 7.5)
        draw(figure.subplots(), results, roof)
        save_figure(figure, plot, "kernels", printer)


def matching(pattern: str) -> dict[str, Versions]:
    """The kernels whose name matches."""
    try:
        found = {name: found for name, found in versions().items() if re.search(pattern, name)}
    except re.error as error:
        raise typer.BadParameter(f"--only: {pattern!r} is no regular expression: {error}") from None
    if not found:
        raise typer.BadParameter(f"--only: no kernel's name matches {pattern!r}: there are {', '.join(versions())}")
    return found


def chosen(wanted: dict[str, Versions], batches: list[int]) -> Iterator[Case]:
    """The cases of these kernels, batch by batch."""
    for batch in batches:
        yield from (case for case in cases(batch) if case.kernel in wanted)
