"""``python -m benchmarks step``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import options
from benchmarks.competitors import Competitor, choose, interpreters, own, versions
from benchmarks.game import BATCHES
from benchmarks.options import JsonFile, PeerPython, Peers, PlotFolder, Python
from benchmarks.report import console, save_json, waiting
from benchmarks.step.check import check
from benchmarks.step.measure import RunPlan, measure_results
from benchmarks.step.report import draw, notes, table
from benchmarks.step.result import Result, failed
from minigan.io.progress import Progress


def step(
    model: Annotated[
        str, typer.Option(help="The networks and their training: some of the models.", metavar="NAMES")
    ] = "dcgan28",
    peers: Peers = "all",
    batch: Annotated[str, typer.Option(help="Images in a batch; default: each model's own.", metavar="N,...")] = "",
    threads: Annotated[str, typer.Option(help="Threads: one number or several.", metavar="N,...")] = "",
    repeat: Annotated[int, typer.Option(help="Quiet turns of each competitor.", min=1)] = 5,
    minutes: Annotated[float, typer.Option(help="Limit for the turns of a table.", min=0)] = 5,
    steps: Annotated[int, typer.Option(help="Steps that are timed in each turn, at least.", min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="Length of a turn, at least.", min=0)] = 0.5,
    warmup: Annotated[int, typer.Option(help="Steps before the first turn.", min=1)] = 3,
    pause: Annotated[float, typer.Option(help="Seconds of rest before each turn.", min=0)] = 0.5,
    compare: Annotated[
        bool, typer.Option("--check/--no-check", help="Compare the losses of all competitors first.")
    ] = True,
    python: Python = None,
    peer_python: PeerPython = None,
    json_file: JsonFile = None,
    plot: PlotFolder = None,
) -> None:
    """Time one step of GAN training in minigan and in its peers. Exit status 1 where a peer computes something else."""
    pythons = interpreters(python or [], peer_python)
    competitors = [*own(), *choose(peers)]
    models = options.names("--model", model, BATCHES)
    batches = {name: options.sizes("--batch", batch) if batch else [BATCHES[name]] for name in models}
    counts = options.thread_counts("--threads", threads or options.default_threads())
    options.check_outputs(json_file, plot)

    plan = RunPlan(repeat, minutes, steps, seconds, warmup, pause)
    groups = [
        new_results(competitors, pythons, name, size, count)
        for name in models
        for count in counts
        for size in batches[name]
    ]
    printer = console()
    with waiting() as status:
        if compare and len(competitors) > 1:
            check(groups, pythons, status)
        measure_groups(groups, pythons, plan, status, printer)
    settings = {**plan._asdict(), "peers": peers, "batch": batches, "threads": counts}
    save_json(json_file, "step", settings, [result.record(group[0]) for group in groups for result in group])
    results = [result for group in groups for result in group]
    if plot is not None:
        draw(results, plot, "step", printer)
    raise typer.Exit(int(any(map(failed, results))))


def measure_groups(
    groups: Sequence[list[Result]], pythons: dict[str, Path], plan: RunPlan, status: Progress, printer: Console
) -> None:
    """Measure one table after the other, and print each when it is complete."""
    for group in groups:
        measure_results(group, pythons, plan, status)
        with status.above(printer) as place:
            place.print(table(group))
            for note in notes(group, plan.rounds):
                place.print(note, soft_wrap=True)


def new_results(
    competitors: Sequence[Competitor], pythons: dict[str, Path], model: str, batch: int, threads: int
) -> list[Result]:
    """New results, minigan's first; a competitor that is not installed, or lacks the model, has an error already."""
    results = []
    for competitor in competitors:
        found = versions(pythons[competitor.family], competitor.packages)
        missing = [package for package, version in found.items() if version is None]
        error = f"not installed: {', '.join(missing)}" if missing else ""
        if model not in competitor.models:
            error = f"does not have {model}"
        results.append(Result(competitor, model, batch, threads, found, error))
    return results
