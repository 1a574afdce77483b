"""The table and the picture of the steps."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.competitors import MINIGAN
from benchmarks.report import DISTURBED, new_figure, new_table, save_figure
from benchmarks.step.result import Result

__all__ = ["draw", "notes", "table"]

LEGEND = (
    "ms, middle half: median and quartiles of a step, in quiet turns. ratio: time divided by minigan's in the same "
    "quiet round. quiet: the turns in which other programs took next to no time. first: seconds of the first step, "
    "compilation included. MB: peak memory of the process. losses: of the first steps without dropout, compared with "
    "minigan's."
)


def table(results: Sequence[Result]) -> Table:
    """A row for each competitor, minigan's first."""
    first = results[0]
    title = f"One step of {first.model}, batches of {first.batch}, threads: {first.threads}"
    numbers = ("ms", "middle half", "ratio", "quiet", "images/s", "first, s", "MB")
    return new_table([""], numbers, (row(result, first) for result in results), title, last="losses")


def row(result: Result, baseline: Result) -> list[str]:
    """The results of a competitor, or the reason why there are none."""
    title = result.competitor.title
    if not result.turns:
        return [title, *[""] * 7, result.error.partition(":")[0]]
    seconds = result.seconds
    return [
        title,
        f"{1e3 * seconds.median:.1f}",
        f"{1e3 * seconds.low:.1f} - {1e3 * seconds.high:.1f}",
        f"{result.ratio(baseline).median:.2f}" if baseline.turns else "",
        f"{len(result.quiet)} of {len(result.turns)}",
        f"{result.batch / seconds.median:.0f}",
        f"{result.first:.1f}",
        "" if result.peak_bytes is None else f"{result.peak_bytes / 1e6:.0f}",
        agreement(result),
    ]


def agreement(result: Result) -> str:
    """Whether the losses are minigan's, and the difference."""
    if result.difference is None:
        return ""
    return f"DIFFER by {result.difference:.0e}" if result.differs else f"same to {result.difference:.0e}"


def notes(results: Sequence[Result], wanted: int) -> Iterator[str]:
    """The legend of the table, versions, errors, and which competitors lack some of the quiet turns that are wanted."""
    yield LEGEND
    found = {name: version for result in results for name, version in result.versions.items() if version}
    yield "Versions: " + ", ".join(f"{name} {version}" for name, version in found.items()) + "."
    for result in results:
        title = result.competitor.title
        if result.error:
            yield f"{title}: {result.error}"
        if result.differs:
            limit = f"a loss differs by more than {result.tolerance:g} of it"
            yield f"{title} computes something else than minigan: {limit}."
    yield from noise(results, wanted)


def noise(results: Sequence[Result], wanted: int) -> Iterator[str]:
    """What other programs did to the results."""
    disturbed = [result for result in results if result.turns and not result.quiet]
    if disturbed and not any(result.quiet for result in results):
        loads = sorted(turn.others or 0.0 for result in results for turn in result.turns)
        yield (
            f"This machine was never quiet: in every turn others kept more than {DISTURBED:g} processors busy, "
            f"{loads[len(loads) // 2]:.1f} in half of them. Do not use these numbers."
        )
        return
    if disturbed:
        yield f"Never quiet, so that all turns count: {', '.join(result.competitor.title for result in disturbed)}."
    few = [result for result in results if 0 < len(result.quiet) < wanted]
    if few:
        found = ", ".join(f"{result.competitor.title} ({len(result.quiet)})" for result in few)
        yield f"Fewer quiet turns than {wanted} within the time: {found}."


def draw(results: Sequence[Result], folder: Path, name: str, printer: Console) -> None:
    """Draw a panel for each table: a bar is a median, its line the middle half."""
    timed = [result for result in results if result.turns]
    groups = list(dict.fromkeys(map(setting, timed)))
    if not groups:
        return
    columns = min(3, len(groups))
    lines = -(-len(groups) // columns)
    names = len({result.competitor.name for result in timed})
    figure = new_figure(1 + 5.5 * columns, lines * (1 + 0.4 * names))
    panels = figure.subplots(lines, columns, squeeze=False).flat
    for axes, group in zip(panels, groups):
        draw_group(axes, [result for result in timed if setting(result) == group])
    for axes in list(figure.axes)[len(groups) :]:
        axes.remove()
    save_figure(figure, folder, name, printer)


def setting(result: Result) -> tuple[str, int, int]:
    """What all results of one table have in common."""
    return result.model, result.threads, result.batch


def draw_group(axes, results: Sequence[Result]) -> None:  # type: ignore[no-untyped-def]
    """Draw the bars of one panel, the fastest on top."""
    ordered = sorted(results, key=lambda result: result.seconds.median)
    medians = [1e3 * result.seconds.median for result in ordered]
    spread = np.abs([[1e3 * result.seconds.low, 1e3 * result.seconds.high] for result in ordered] - np.c_[medians]).T
    colours = ["C0" if result.competitor.family == MINIGAN.family else "0.7" for result in ordered]
    bars = axes.barh([result.competitor.title for result in ordered], medians, xerr=spread, color=colours)
    axes.bar_label(bars, [f" {median:,.{int(median < 100)}f} ms" for median in medians], padding=3, fontsize="small")
    axes.invert_yaxis()
    axes.margins(x=0.18)
    axes.set(
        xlabel="ms a step", title=f"{ordered[0].model}, batches of {ordered[0].batch}, {ordered[0].threads} threads"
    )
