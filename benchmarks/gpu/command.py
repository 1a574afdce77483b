"""``python -m benchmarks gpu``."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import options
from benchmarks.competitors import Competitor, interpreters, versions
from benchmarks.gpu.competitors import BASELINE, CPU, PRECISIONS, choose
from benchmarks.gpu.kernels import Compared, compared
from benchmarks.gpu.measure import Clock, Measured, RunPlan, Setting, expected_losses, problems, run, settings
from benchmarks.gpu.report import draw_crossover, draw_kernels, draw_steps, kernel_table, notes, step_table
from benchmarks.options import JsonFile, PeerPython, Peers, PlotFolder, Python, Repeat
from benchmarks.report import console, save_json, waiting
from minigan import backend
from minigan.errors import BackendError
from minigan.io.progress import Progress

#: The most processors of a competitor: on a GPU they only launch work.
PROCESSORS = 8

#: Batches of the 64x64 DCGAN, whose steps are thirty times as long.
LARGE_BATCHES = (64,)

#: The fractions of the minutes after which steps and the crossover end; the rest is for kernels.
STEPS_PART, CROSSOVER_PART = 0.7, 0.85


def gpu(
    peers: Peers = "all",
    batch: Annotated[str, typer.Option(help="Images in a batch of dcgan28.", metavar="N,...")] = "64,256,1024",
    precisions: Annotated[
        str, typer.Option("--precision", help="Precision of products: float32, tf32, or both.", metavar="NAMES")
    ] = "float32,tf32",
    crossover: Annotated[
        str, typer.Option(help="Batches at which CPU and GPU are compared.", metavar="N,...")
    ] = "1,4,16,64,256",
    only: Annotated[str, typer.Option(help="Only kernels whose name matches this pattern.", metavar="PATTERN")] = "",
    minutes: Annotated[float, typer.Option(help="Time limit; measurements that do not fit are listed.", min=0.1)] = 9.5,
    repeat: Repeat = 5,
    seconds: Annotated[float, typer.Option(help="Duration of each block of steps.", min=0.001)] = 0.4,
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

    clock, plan = Clock(minutes), RunPlan(repeat, seconds, warmup=5)
    models = {"dcgan28": batches, "dcgan64": list(LARGE_BATCHES)}
    printer = console()
    printer.print(f"On {device['name']}, with CuPy {device['cupy']} and CUDA {device['cuda']}.", soft_wrap=True)
    with waiting() as status, problems(list(models)) as paths:
        measurement = Measurement(pythons, paths, plan, status)
        wanted_settings = settings(models, chosen)
        steps = measurement.run(competitors, wanted_settings, clock.until(STEPS_PART))
        own = [competitor for competitor in competitors if competitor.family == BASELINE.family]
        small = [Setting("dcgan28", size, "float32") for size in sizes]
        crossing = measurement.run([CPU, *own], small, clock.until(CROSSOVER_PART))
        kernels = on_kernels(sizes, wanted, clock, status)
    for setting in wanted_settings:
        printer.print(step_table([found for found in steps if found.setting == setting]))
    if kernels:
        printer.print(kernel_table(kernels))
    for note in notes(steps):
        printer.print(note, soft_wrap=True)
    record = {**plan._asdict(), "peers": peers, "batch": batches, "crossover": sizes, "minutes": minutes, "gpu": device}
    results = {"steps": steps, "crossover": crossing, "kernels": kernels}
    save_json(json_file, "gpu", record, {name: [found.record() for found in all_] for name, all_ in results.items()})
    if plot is not None:
        draw_steps(steps, plot, printer)
        draw_crossover(crossing, plot, printer)
        draw_kernels(kernels, plot, printer)
    raise typer.Exit(int(any(found.failed for found in (*steps, *crossing))))


def needed_device() -> dict[str, Any]:
    """The GPU's description; without a GPU, an error message and status 2."""
    try:
        return backend.device()._asdict()
    except BackendError as error:
        typer.echo(f"no GPU to measure: {error}", err=True)
        raise typer.Exit(2) from None


def pattern(text: str) -> Callable[[str], bool]:
    """Make a predicate of names from a regular expression."""
    try:
        expression = re.compile(text)
    except re.error as error:
        raise typer.BadParameter(f"--only: {text!r} is no regular expression: {error}") from None
    return lambda name: expression.search(name) is not None


class Measurement:
    """The measurement of steps: the settings that all have in common."""

    def __init__(self, pythons: Mapping[str, Path], paths: Mapping[str, Path], plan: RunPlan, status: Progress) -> None:
        self.pythons, self.paths, self.plan, self.status = pythons, paths, plan, status
        self.more = {"threads": min(PROCESSORS, len(options.processors())), "device": "cuda"}
        status.begin("The losses of minigan on the CPU")
        self.expected = expected_losses(paths, pythons[CPU.family], self.more)

    def run(
        self, competitors: Sequence[Competitor], wanted_settings: Sequence[Setting], clock: Clock
    ) -> list[Measured]:
        """Measure all competitors in all settings, until the time is over."""
        results = []
        for competitor in competitors:
            found = versions(self.pythons[competitor.family], competitor.packages)
            missing = [package for package, version in found.items() if version is None]
            error = f"not installed: {', '.join(missing)}" if missing else ""
            own = [Measured(competitor, setting, found, error=error) for setting in wanted_settings]
            results += own
            if not error:
                python = self.pythons[competitor.family]
                run(own, python, self.paths, self.expected, self.plan, clock, self.status, self.more)
        return results


def on_kernels(sizes: Sequence[int], wanted: Callable[[str], bool], clock: Clock, status: Progress) -> list[Compared]:
    """Measure all kernels at these batches, until the time is over."""
    results: list[Compared] = []
    for size in sizes:
        if clock.left <= 0:
            break
        for found in compared(size, wanted, 0.02):
            status.begin(f"{found.case.kernel}, {found.case.size}")
            results.append(found)
            if clock.left <= 0:
                break
    return results
