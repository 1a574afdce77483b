"""``python -m benchmarks gpu``."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.status import Status

from benchmarks import options
from benchmarks.competitors import Competitor, interpreters, versions
from benchmarks.gpu.competitors import BASELINE, CPU, PRECISIONS, choose
from benchmarks.gpu.kernels import Compared, compared
from benchmarks.gpu.measure import Clock, Course, Measured, Setting, expected_losses, problems, run, settings
from benchmarks.gpu.report import draw_crossover, draw_kernels, draw_steps, kernel_table, notes, step_table
from benchmarks.options import JsonFile, PeerPython, Peers, PlotFolder, Python, Repeat
from benchmarks.report import console, save_json, waiting
from minigan import backend
from minigan.errors import BackendError

#: Processors of a competitor, at most: on a GPU they only ask for work.
PROCESSORS = 8

#: Batches of the 64x64 DCGAN: its steps are thirty times as long.
LARGE_BATCHES = (64,)

#: The part of the minutes that steps may take; the rest is for kernels and the crossover.
STEPS_PART, CROSSOVER_PART = 0.7, 0.85


def gpu(
    peers: Peers = "all",
    batch: Annotated[str, typer.Option(help="Images in a batch of dcgan28.", metavar="N,...")] = "64,256,1024",
    precisions: Annotated[
        str, typer.Option("--precision", help="Of products: float32, tf32, or both.", metavar="NAMES")
    ] = "float32,tf32",
    crossover: Annotated[
        str, typer.Option(help="Batches at which CPU and GPU are compared.", metavar="N,...")
    ] = "1,4,16,64,256",
    only: Annotated[str, typer.Option(help="Kernels whose name matches this.", metavar="PATTERN")] = "",
    minutes: Annotated[float, typer.Option(help="What does not fit is left out, and listed.", min=0.1)] = 9.5,
    repeat: Repeat = 5,
    seconds: Annotated[float, typer.Option(help="Of each block of steps.", min=0.001)] = 0.4,
    python: Python = None,
    peer_python: PeerPython = None,
    json_file: JsonFile = None,
    plot: PlotFolder = None,
) -> None:
    """Time steps and kernels on a GPU, in minigan and in its peers. Without a GPU the exit status is 2."""
    batches, sizes = options.sizes("--batch", batch), options.sizes("--crossover", crossover)
    chosen = [name.strip() for name in precisions.split(",")]
    if set(chosen) - set(PRECISIONS):
        raise typer.BadParameter(f"--precision: expected some of {', '.join(PRECISIONS)}, got {precisions!r}")
    competitors, pythons = choose(peers), interpreters(python or [], peer_python)
    wanted = pattern(only)
    options.check_outputs(json_file, plot)
    device = needed_device()

    clock, course = Clock(minutes), Course(repeat, seconds, warmup=5)
    models = {"dcgan28": batches, "dcgan64": list(LARGE_BATCHES)}
    printer = console()
    printer.print(f"On {device['name']}, with CuPy {device['cupy']} and CUDA {device['cuda']}.", soft_wrap=True)
    with waiting(printer) as status, problems(list(models)) as paths:
        race = Race(pythons, paths, course, status)
        asked = settings(models, chosen)
        steps = race.run(competitors, asked, clock.until(STEPS_PART))
        own = [competitor for competitor in competitors if competitor.family == BASELINE.family]
        small = [Setting("dcgan28", size, "float32") for size in sizes]
        crossing = race.run([CPU, *own], small, clock.until(CROSSOVER_PART))
        kernels = on_kernels(sizes, wanted, clock, status)
    for setting in asked:
        printer.print(step_table([found for found in steps if found.setting == setting]))
    if kernels:
        printer.print(kernel_table(kernels))
    for note in notes(steps):
        printer.print(note, soft_wrap=True)
    told = {**course._asdict(), "peers": peers, "batch": batches, "crossover": sizes, "minutes": minutes, "gpu": device}
    figures = {"steps": steps, "crossover": crossing, "kernels": kernels}
    save_json(json_file, "gpu", told, {name: [found.record() for found in all_] for name, all_ in figures.items()})
    if plot is not None:
        draw_steps(steps, plot, printer)
        draw_crossover(crossing, plot, printer)
        draw_kernels(kernels, plot, printer)
    raise typer.Exit(int(any(found.failed for found in (*steps, *crossing))))


def needed_device() -> dict[str, Any]:
    """What the GPU is; without one, a line that says what is missing, and status 2."""
    try:
        return backend.device()._asdict()
    except BackendError as error:
        typer.echo(f"no GPU to measure: {error}", err=True)
        raise typer.Exit(2) from None


def pattern(text: str) -> Callable[[str], bool]:
    """Whether a name matches."""
    try:
        expression = re.compile(text)
    except re.error as error:
        raise typer.BadParameter(f"--only: {text!r} is no regular expression: {error}") from None
    return lambda name: expression.search(name) is not None


class Race:
    """What all measurements of steps have in common."""

    def __init__(self, pythons: Mapping[str, Path], paths: Mapping[str, Path], course: Course, status: Status) -> None:
        self.pythons, self.paths, self.course, self.status = pythons, paths, course, status
        self.more = {"threads": min(PROCESSORS, len(options.processors())), "device": "cuda"}
        status.update("The losses of minigan on the CPU")
        self.expected = expected_losses(paths, pythons[CPU.family], self.more)

    def run(self, competitors: Sequence[Competitor], asked: Sequence[Setting], clock: Clock) -> list[Measured]:
        """Measure everybody in everything, as long as there is time."""
        results = []
        for competitor in competitors:
            found = versions(self.pythons[competitor.family], competitor.packages)
            missing = [package for package, version in found.items() if version is None]
            error = f"not installed: {', '.join(missing)}" if missing else ""
            own = [Measured(competitor, setting, found, error=error) for setting in asked]
            results += own
            if not error:
                python = self.pythons[competitor.family]
                run(own, python, self.paths, self.expected, self.course, clock, self.status, self.more)
        return results


def on_kernels(sizes: Sequence[int], wanted: Callable[[str], bool], clock: Clock, status: Status) -> list[Compared]:
    """All kernels at these batches, as long as there is time."""
    results: list[Compared] = []
    with backend.using("cupy"):
        module = backend.xp()
        for size in sizes:
            if clock.left <= 0:
                break
            for found in compared(size, wanted, backend.asarray, lambda: module.cuda.Device().synchronize(), 0.02):
                status.update(f"{found.case.kernel}, {found.case.size}")
                results.append(found)
                if clock.left <= 0:
                    break
    return results
