"""Tables and pictures of the measurements on a GPU."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.gpu.competitors import BASELINE, CPU
from benchmarks.gpu.kernels import Compared
from benchmarks.gpu.measure import Measured, Setting
from benchmarks.report import new_figure, new_table, save_figure

__all__ = ["draw_crossover", "draw_kernels", "draw_steps", "kernel_table", "notes", "step_table"]

LEGEND = (
    "ms, middle half: median and quartiles of a step, by blocks of steps without a wait in between. ratio: time "
    "divided by that of minigan's CUDA graph. first: seconds of the first step, compilation included. losses: of "
    "the first steps without dropout, compared with minigan's on the CPU."
)


def step_table(results: Sequence[Measured]) -> Table:
    """A row for each competitor in one setting."""
    model, batch, precision = results[0].setting
    baseline = next((found for found in results if found.competitor.name == BASELINE.name and found.blocks), None)
    numbers = ("ms", "middle half", "ratio", "images/s", "first, s")
    rows = (row(found, baseline) for found in results)
    return new_table([""], numbers, rows, f"One step of {model}, batches of {batch}, {precision}", last="losses")


def row(found: Measured, baseline: Measured | None) -> list[str]:
    """The results of a competitor, or the reason why there are none."""
    title = found.competitor.title
    if not found.blocks:
        return [title, *[""] * 5, found.error.partition(":")[0]]
    seconds = found.seconds
    same = "" if found.difference is None else f"{'DIFFER by' if found.differs else 'same to'} {found.difference:.0e}"
    return [
        title,
        f"{1e3 * seconds.median:.3f}",
        f"{1e3 * seconds.low:.3f} - {1e3 * seconds.high:.3f}",
        f"{seconds.median / baseline.seconds.median:.2f}" if baseline else "",
        f"{found.setting.batch / seconds.median:.0f}",
        f"{found.first:.1f}",
        same,
    ]


def notes(results: Sequence[Measured]) -> Iterator[str]:
    """The legend of the tables, versions and errors."""
    yield LEGEND
    found = {name: version for result in results for name, version in result.versions.items() if version}
    yield "Versions: " + ", ".join(f"{name} {version}" for name, version in found.items()) + "."
    printed = set()
    for result in results:
        text = f"{result.competitor.title}: {result.error}"
        if result.error and ":" in result.error and text not in printed:
            printed.add(text)
            yield text
    left_out = sum(not result.error.startswith("not installed") and not result.blocks for result in results)
    if left_out:
        yield f"{left_out} of {len(results)} settings have no results."


def kernel_table(results: Sequence[Compared]) -> Table:
    """A row for each case: microseconds on CPU and GPU."""
    rows = []
    for found in results:
        best = found.definition if found.cuda is None else min(found.cuda, found.definition)
        rows.append([
            found.case.kernel,
            found.case.size,
            *(("" if took is None else f"{1e6 * took:.1f}") for took in (found.cpu, found.definition, found.cuda)),
            "" if found.cuda is None else f"{found.definition / found.cuda:.1f}",
            "" if found.cpu is None else f"{found.cpu / best:.1f}",
            f"{found.case.operations / best / 1e9:.0f}" if found.case.operations else "",
        ])  # fmt: skip
    numbers = ("CPU, us", "definition, us", "twin, us", "gain", "GPU gains", "GFLOP/s")
    return new_table(("kernel", "sizes"), numbers, rows, "Kernels on CPU and GPU")


def draw_steps(results: Sequence[Measured], folder: Path, printer: Console) -> None:
    """Draw a panel for each setting; a bar is a median, its line the middle half."""
    timed = [found for found in results if found.blocks]
    settings = list(dict.fromkeys(found.setting for found in timed))
    if not settings:
        return
    columns = min(2, len(settings))
    lines = -(-len(settings) // columns)
    names = len({found.competitor.name for found in timed})
    figure = new_figure(1 + 6 * columns, lines * (1 + 0.35 * names))
    panels = list(figure.subplots(lines, columns, squeeze=False).flat)
    for axes, setting in zip(panels, settings):
        draw_setting(axes, setting, [found for found in timed if found.setting == setting])
    for axes in panels[len(settings) :]:
        axes.remove()
    save_figure(figure, folder, "gpu-steps", printer)


def draw_setting(axes, setting: Setting, results: Sequence[Measured]) -> None:  # type: ignore[no-untyped-def]
    """Draw the bars of one panel, the fastest on top."""
    ordered = sorted(results, key=lambda found: found.seconds.median)
    medians = [1e3 * found.seconds.median for found in ordered]
    spread = np.abs([[1e3 * found.seconds.low, 1e3 * found.seconds.high] for found in ordered] - np.c_[medians]).T
    colours = ["C0" if found.competitor.family == BASELINE.family else "0.7" for found in ordered]
    bars = axes.barh([found.competitor.title for found in ordered], medians, xerr=spread, color=colours)
    axes.bar_label(bars, [f" {median:.2f} ms" for median in medians], padding=3, fontsize="small")
    axes.invert_yaxis()
    axes.margins(x=0.2)
    axes.set(xlabel="ms a step", title=f"{setting.model}, batches of {setting.batch}, {setting.precision}")


def draw_crossover(results: Sequence[Measured], folder: Path, printer: Console) -> None:
    """Draw images per second over the batch size, on the CPU and on the GPU."""
    figure = new_figure(7, 4.5)
    axes = figure.subplots()
    titles = list(dict.fromkeys(found.competitor.title for found in results if found.blocks))
    for title in titles:
        points = sorted(
            (found.setting.batch, found.setting.batch / found.seconds.median)
            for found in results
            if found.blocks and found.competitor.title == title
        )
        axes.plot(*zip(*points), "s--" if title == CPU.title else "o-", label=title)
    axes.set(xscale="log", yscale="log", xlabel="images in a batch", ylabel="images a second")
    axes.set_xscale("log", base=2)
    axes.grid(alpha=0.25, which="both")
    if titles:
        axes.legend()
    save_figure(figure, folder, "gpu-crossover", printer)


def draw_kernels(results: Sequence[Compared], folder: Path, printer: Console) -> None:
    """Draw the speed-up of the GPU over the CPU for each kernel, over the batch size."""
    figure = new_figure(9, 6)
    axes = figure.subplots()
    gains: dict[str, dict[int, list[float]]] = {}
    for found in results:
        if found.cpu is not None:
            best = found.definition if found.cuda is None else min(found.cuda, found.definition)
            gains.setdefault(found.case.kernel, {}).setdefault(found.batch, []).append(found.cpu / best)
    for number, (kernel, by_batch) in enumerate(sorted(gains.items())):
        batches = sorted(by_batch)
        means = [float(np.exp(np.mean(np.log(by_batch[batch])))) for batch in batches]
        axes.plot(batches, means, "osv^D"[number // 10 % 5] + "-", color=f"C{number % 10}", label=kernel, linewidth=0.8)
    axes.axhline(1, color="0.2", linewidth=1)
    axes.set(yscale="log", xlabel="images in a batch", ylabel="times as fast as the CPU")
    axes.set_xscale("log", base=2)
    axes.grid(alpha=0.25, which="both")
    if gains:
        axes.legend(fontsize=6, ncols=2, loc="center left", bbox_to_anchor=(1, 0.5))
    save_figure(figure, folder, "gpu-kernels", printer)
