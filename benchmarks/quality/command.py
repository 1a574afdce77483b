"""``python -m benchmarks quality``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import options
from benchmarks.competitors import MINIGAN, Competitor, choose, interpreters, versions
from benchmarks.options import JsonFile, PeerPython, PlotFolder, Python
from benchmarks.quality.measure import Run, check, failed, measure_runs, problem_file
from benchmarks.quality.report import curves, draw, notes, table
from benchmarks.quality.run_plan import RunPlan
from benchmarks.report import console, save_figure, save_json, waiting, warn
from benchmarks.workers import environment
from minigan import data as data_sets
from minigan.data import Dataset
from minigan.errors import MiniganError
from minigan.io.progress import Progress
from minigan.metrics import FrechetDigits

__all__ = ["quality"]

#: The files in ``peers/`` that train, by the competitor's name.
TRAINERS = {"minigan": "minigan_train", "torch-eager": "pytorch_train", "torch-channels-last": "pytorch_train"}


def quality(
    peers: Annotated[
        str,
        typer.Option(
            help="Other libraries that train: none, torch-eager, torch-channels-last, or both.", metavar="NAMES"
        ),
    ] = "torch-channels-last",
    data: Annotated[str, typer.Option(help="Digits of 28x28 pixels.", metavar="digits|mnist:FOLDER")] = "digits",
    steps: Annotated[int, typer.Option(help="Steps of training.", min=1)] = 1000,
    every: Annotated[int, typer.Option(help="Steps between two measurements.", min=1)] = 100,
    batch: Annotated[int, typer.Option(help="Images in a step.", min=2)] = 64,
    seeds: Annotated[str, typer.Option(help="Seeds; all trainings are repeated for each.", metavar="N,...")] = "0,1,2",
    samples: Annotated[int, typer.Option(help="Samples that are measured, at most half of the data.", min=2)] = 2500,
    threads: Annotated[int, typer.Option(help="Threads.", min=1)] = int(options.default_threads()),
    python: Python = None,
    peer_python: PeerPython = None,
    json_file: JsonFile = None,
    plot: PlotFolder = None,
) -> None:
    """Train in minigan and in PyTorch, and measure the distance of samples from real digits, by steps and by seconds.

    Exit status 1 where a peer computes something else, or fails.
    """
    pythons = interpreters(python or [], peer_python)
    competitors = trainers(peers)
    numbers = seed_numbers(seeds)
    options.thread_counts("--threads", str(threads))
    options.check_outputs(json_file, plot)
    images, frechet = load(data, batch, samples)

    plan = RunPlan(steps, every, batch, frechet.count)
    printer = console()
    runs: list[Run] = []
    with waiting() as status:
        for seed in numbers:
            group = new_runs(competitors, pythons, seed, threads)
            train(group, pythons, images, plan, frechet, status, checked=bool(runs))
            runs += group
    records = [run.record() for run in runs]
    found = curves(records)
    title = f"dcgan28 on {images.name}, batches of {batch}, seeds: {len(numbers)}, threads: {threads}"
    printer.print(table(found, title))
    for note in notes(found, records, frechet.floor):
        printer.print(note, soft_wrap=True)
    warn(printer, max((mark.others for run in runs for mark in run.marks), default=0.0), "at times")
    settings = {**plan._asdict(), "data": data, "peers": peers, "seeds": numbers, "threads": threads}
    save_json(json_file, "quality", settings, {"floor": frechet.floor, "runs": records})
    if plot is not None and found:
        save_figure(draw(found, frechet.floor, title), plot, "quality", printer)
    raise typer.Exit(int(any(map(failed, runs))))


def trainers(text: str) -> list[Competitor]:
    """minigan and the peers of ``--peers``, each with the file that trains it."""
    chosen = [MINIGAN, *choose(text)]
    if not {competitor.name for competitor in chosen} <= TRAINERS.keys():
        known = ", ".join(name for name in TRAINERS if name != MINIGAN.name)
        raise typer.BadParameter(f"--peers: expected none or some of {known}, got {text!r}")
    return [trainer(competitor) for competitor in chosen]


def trainer(competitor: Competitor) -> Competitor:
    """The same competitor, with the file that trains it; minigan's process imports the same minigan as this one."""
    variables = dict(competitor.environment)
    if competitor is MINIGAN:
        variables["PYTHONPATH"] = environment(MINIGAN, threads=1)["PYTHONPATH"]
    return competitor._replace(module=TRAINERS[competitor.name], environment=tuple(variables.items()))


def seed_numbers(text: str) -> list[int]:
    """Parse the seeds, without duplicates."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise typer.BadParameter(f"--seeds: expected whole numbers such as 0,1,2, got {text!r}")
    return list(dict.fromkeys(map(int, parts)))


def load(name: str, batch: int, samples: int) -> tuple[Dataset, FrechetDigits]:
    """Load the images, and make the metric of the distance from them."""
    try:
        images = data_sets.load(name)
        if not isinstance(images, Dataset):
            raise typer.BadParameter(f"--data: expected images, got points in {name!r}")
        if batch > len(images):
            raise typer.BadParameter(f"--batch: expected at most {len(images)}, the images in {name!r}, got {batch}")
        return images, FrechetDigits(images, samples)
    except MiniganError as error:
        raise typer.BadParameter(f"--data: {error}") from None


def new_runs(competitors: Sequence[Competitor], pythons: dict[str, Path], seed: int, threads: int) -> list[Run]:
    """The runs of one seed, minigan's first; a competitor that is not installed has an error already."""
    runs = []
    for competitor in competitors:
        found = versions(pythons[competitor.family], competitor.packages)
        missing = [package for package, version in found.items() if version is None]
        runs.append(Run(competitor, seed, threads, found, f"not installed: {', '.join(missing)}" if missing else ""))
    return runs


def train(
    runs: Sequence[Run],
    pythons: dict[str, Path],
    images: Dataset,
    plan: RunPlan,
    frechet: FrechetDigits,
    status: Progress,
    checked: bool,
) -> None:
    """Run all trainings of one seed; the losses are compared first, unless they already were."""
    with problem_file(images, plan, runs[0].seed) as path:
        if not checked and len(runs) > 1:
            check(runs, pythons, path, plan, status)
        measure_runs(runs, pythons, path, plan, frechet, status)
