"""``python -m benchmarks scaling``."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks import options
from benchmarks.game import BATCHES
from benchmarks.options import JsonFile, PlotFolder, Repeat
from benchmarks.report import console, new_figure, save_figure, save_json, waiting, warn
from benchmarks.scaling import cores as cores_part
from benchmarks.scaling import sizes as sizes_part
from benchmarks.scaling.cores import Cores, measure_cores
from benchmarks.scaling.sizes import Measured, Point, doubling, measure_sizes, points
from benchmarks.step.measure import RunPlan

#: What is measured.
PARTS = ("sizes", "cores")

#: The shortest turn and the pause before it, in seconds, with too many threads for the processors.
TURN, PAUSE = 0.5, 0.2


def scaling(
    part: Annotated[str, typer.Option(help=f"What is measured: some of {', '.join(PARTS)}.", metavar="NAMES")] = (
        "sizes,cores"
    ),
    batch: Annotated[str, typer.Option(help="Images in a batch.", metavar="N,...")] = "8,16,32,64,128",
    image_size: Annotated[str, typer.Option(help="Height and width, multiples of 4.", metavar="N,...")] = "16,28,48,64",
    channels: Annotated[str, typer.Option(help="Channels of an image.", metavar="N,...")] = "1,3,8",
    threads: Annotated[str, typer.Option(help="Threads; default: 1 and doubled while there are more.")] = "",
    base: Annotated[str, typer.Option(help="Batch, image size and channels while another size varies.")] = "32,28,1",
    model: Annotated[str, typer.Option(help="Models that are traced for more cores.", metavar="NAMES")] = "dcgan28",
    cores: Annotated[str, typer.Option(help="Threads for which they are traced.", metavar="N,...")] = "1,2,4,8,16",
    repeat: Repeat = 5,
    warmup: Annotated[int, typer.Option(help="Steps before the timed ones.", min=1)] = 2,
    minutes: Annotated[float, typer.Option(help="Limit for the turns with too many threads.", min=0)] = 2,
    json_file: JsonFile = None,
    plot: PlotFolder = None,
) -> None:
    """Measure a step by batch, image size, channels and threads, and trace what more processors would bring."""
    parts = options.names("--part", part, PARTS)
    counts = options.thread_counts("--threads", threads or doubling(len(options.processors())))
    fixed = options.sizes("--base", base, repeats=True)
    if len(fixed) != 3:
        raise typer.BadParameter(f"--base: expected batch, image size and channels, such as 32,28,1, got {base!r}")
    varied = [
        options.sizes(f"--{name}", text)
        for name, text in (("batch", batch), ("image-size", image_size), ("channels", channels))
    ]
    models = options.names("--model", model, BATCHES)
    traced = sorted({1, *options.sizes("--cores", cores)})
    options.check_outputs(json_file, plot)

    wanted = list(points([*varied, counts], [*fixed, max(counts)])) if "sizes" in parts else []
    plan = RunPlan(repeat, minutes, steps=5, seconds=TURN, warmup=warmup, pause=PAUSE)
    printer = console()
    with waiting() as status:
        measured = measure_sizes(wanted, repeat, warmup, status)
        found = measure_cores(models, traced, plan, status) if "cores" in parts else []
    show(printer, measured, found)
    results: dict[str, Any] = {
        "sizes": [sizes_part.record(point, values) for point, values in measured],
        "cores": [cores_part.record(one) for one in found],
    }
    save_json(json_file, "scaling", {"repeat": repeat, "warmup": warmup, "base": fixed}, results)
    if plot is not None and measured:
        figure = new_figure(10, 7)
        sizes_part.draw(figure.subplots(2, 2).flat, measured)
        save_figure(figure, plot, "scaling", printer)
    if plot is not None and found:
        figure = new_figure(7, 5)
        cores_part.draw(figure.subplots(), found)
        save_figure(figure, plot, "cores", printer)
    raise typer.Exit(int(any(one.error for one in found)))


def show(printer: Console, measured: Sequence[tuple[Point, Measured]], found: Sequence[Cores]) -> None:
    """Print all tables."""
    if measured:
        printer.print(sizes_part.table(measured))
        warn(printer, max(values.others or 0.0 for _, values in measured), "in a process")
    for one in found:
        if one.traces:
            printer.print(cores_part.core_table(one))
        if one.traces and one.traces[-1].sections:
            printer.print(cores_part.section_table(one))
        for note in cores_part.notes(one):
            printer.print(note, soft_wrap=True)
