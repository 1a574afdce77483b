"""A picture of measured times."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.plots.style import GENERATOR, REAL, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_benchmark"]

#: The colours of the backends.
COLOURS = {"numpy": REAL, "cupy": GENERATOR}

#: The ratio of the slowest to the fastest above which the axis is logarithmic.
WIDE = 20

#: Text at the right of a point.
OFFSET: dict[str, Any] = {"textcoords": "offset points", "fontsize": "small"}


def save_benchmark(
    path: str | Path | None, timings: Sequence[Any], ratios: Mapping[str, float], title: str = ""
) -> "Figure":
    """Draw a bar for each function: the median of its times, and a line for the middle half of them.

    If the slowest takes more than `WIDE` times as long as the fastest, the axis is logarithmic, and dots replace
    the bars, whose lengths would mean nothing there.

    Parameters
    ----------
    path : path or None
        PNG, SVG, PDF, JPEG or WebP, by its suffix; None returns the figure without saving it.
    timings : sequence of minigan.benchmarking.Timing
    ratios : mapping of str to float
        How many times as fast as the first each is, by the names to draw.
    title : str

    Returns
    -------
    Figure
    """
    from matplotlib.ticker import FuncFormatter, NullFormatter

    figure = new_figure(8, 1.3 + 0.45 * len(timings))
    axes = figure.subplots()
    medians = np.array([timing.seconds for timing in timings])
    spread = np.abs(np.array([timing.quartiles for timing in timings]).T - medians)
    colours = [COLOURS.get(timing.backend, "0.5") for timing in timings]
    places = np.arange(len(timings))
    logarithmic = medians.max() > WIDE * medians.min()
    axes.errorbar(medians, places, xerr=spread, fmt="none", elinewidth=1.2, ecolor="0.2", zorder=4)
    if logarithmic:
        axes.scatter(medians, places, c=colours, s=60, zorder=3)
        axes.set(xscale="log", xlim=(0.5 * medians.min(), 12 * medians.max()))
    else:
        axes.barh(places, medians, color=colours, zorder=3)
        axes.set(xlim=(0, 1.4 * medians.max()))
    for place, (median, ratio) in enumerate(zip(medians, ratios.values(), strict=True)):
        text = time_text(median) + (f"  ({ratio:,.{0 if ratio >= 100 else 1}f}x)" if place else "")
        axes.annotate(text, (median + spread[1, place], place), (8, 0), va="center", **OFFSET)
    axes.set_yticks(places, list(ratios))
    axes.invert_yaxis()
    axes.set(xlabel="time of one call", title=title)
    axes.margins(y=0.1)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: time_text(value) if value else "0"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x", alpha=0.25)
    axes.set_axisbelow(True)
    return save_figure(path, figure)


def time_text(seconds: float) -> str:
    """A time in the unit that fits, with at most three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size * 0.9995:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
