"""A picture of the result of a gradient check."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.plots.style import new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_gradcheck"]


def save_gradcheck(path: str | Path | None, rows: Sequence[Any]) -> "Figure":
    """Draw the result of a gradient check: errors over step sizes, and maps of the errors of wrong gradients.

    An error of exactly 0 cannot be drawn on a logarithmic scale, and is left out.

    Parameters
    ----------
    path : path or None
        PNG, SVG, PDF, JPEG or WebP, by its suffix; None returns the figure without saving it.
    rows : sequence of minigan.gradcheck.Row
        Rows of one or several targets.

    Returns
    -------
    Figure
    """
    names = list(dict.fromkeys(row.target for row in rows))
    wrong = [row for row in rows if row.error_map is not None and row.verdict == "WRONG"]
    maps = sorted(wrong, key=lambda row: -row.error)[:6]
    count = max(1, len(names) + len(maps))
    columns = min(3, count)
    lines = -(-count // columns)
    figure = new_figure(5.2 * columns, 4.2 * lines)
    panels = list(figure.subplots(lines, columns, squeeze=False).flat)
    for axes, name in zip(panels, names):
        draw_sweeps(axes, [row for row in rows if row.target == name], name)
    for axes, row in zip(panels[len(names) :], maps):
        draw_errors(axes, row)
    for axes in panels[len(names) + len(maps) :]:
        axes.remove()
    return save_figure(path, figure)


def draw_sweeps(axes, rows: Sequence[Any], title: str) -> None:  # type: ignore[no-untyped-def]
    """Draw errors over step sizes: one colour for each quantity, solid lines for gradients, dashed for other checks."""
    from matplotlib.lines import Line2D

    colours: dict[str, str] = {}
    styles: dict[str, Any] = {"differences": "-"}
    for row in rows:
        errors = row.sweep.errors if row.sweep is not None else np.zeros(1)
        drawn = (errors > 0) & np.isfinite(errors)
        if drawn.any():
            kind = row.mode.split(",")[0]
            style = styles.setdefault(kind, ("--", "-.", ":")[(len(styles) - 1) % 3])
            colour = colours.setdefault(row.quantity, f"C{len(colours)}")
            label = f"{row.quantity}, {kind}"
            axes.plot(row.sweep.steps, np.where(drawn, errors, np.nan), style, color=colour, marker=".", label=label)
    keys = [Line2D([], [], color=colour, marker=".", label=name) for name, colour in colours.items()]
    if len(styles) > 1:
        keys += [Line2D([], [], color="0.3", linestyle=style, label=kind) for kind, style in styles.items()]
    exact = [row.error for row in rows if row.mode.startswith("complex") and row.error]
    if exact:
        keys.append(axes.axhline(max(exact), color="0.6", linewidth=3, zorder=0, label="complex step, the worst"))
    allowed: dict[float, str] = {}
    for kind in styles:
        limits = [row.tolerance for row in rows if row.mode.split(",")[0] == kind and row.tolerance]
        if limits:
            allowed.setdefault(min(limits), kind)
    for tolerance, kind in allowed.items():
        text, place = "allowed" if kind == "differences" else f"allowed, {kind}", (1, tolerance)
        axes.axhline(tolerance, color="0.6", linewidth=0.8, zorder=0)
        written = axes.annotate(text, place, (-3, 2), xycoords=("axes fraction", "data"), textcoords="offset points")
        written.set(ha="right", fontsize="small", color="0.4")
    axes.set(xscale="log", yscale="log", xlabel="step h", ylabel="largest error, relative", title=title)
    axes.grid(alpha=0.25)
    if keys:
        axes.legend(handles=keys, fontsize="small", loc="best", framealpha=0.6)
    else:
        axes.text(0.5, 0.5, "no differences to draw", transform=axes.transAxes, ha="center", color="0.4")


def draw_errors(axes, row: Any) -> None:  # type: ignore[no-untyped-def]
    """Draw the error of every entry: the first half of the axes vertical, the second half horizontal, in blocks."""
    from matplotlib.ticker import MaxNLocator

    errors = row.error_map
    half = errors.ndim // 2
    down, across = errors.shape[:half], errors.shape[half:]
    sheet = errors.reshape(int(np.prod(down)), int(np.prod(across)))
    picture = axes.imshow(sheet, aspect="auto", cmap="magma_r", vmin=0, interpolation="nearest")
    for sizes, line in ((down, axes.axhline), (across, axes.axvline)):
        block = sizes[-1] if len(sizes) > 1 else 0
        for place in range(1, int(np.prod(sizes[:-1]))):
            line(place * block - 0.5, color="0.5", linewidth=0.8)
    y, x = np.unravel_index(int(sheet.argmax()), sheet.shape)
    axes.plot(x, y, "o", markersize=9, markerfacecolor="none", markeredgecolor="C0", markeredgewidth=1.5)
    worst = ", ".join(str(int(place)) for place in np.unravel_index(int(errors.argmax()), errors.shape))
    axes.set(title=f"{row.target}: error of {row.quantity}, worst at ({worst})")
    axes.set(ylabel=axis_names(range(half)), xlabel=axis_names(range(half, errors.ndim)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if not half:
        axes.set_yticks([])
    axes.figure.colorbar(picture, ax=axes)


def axis_names(numbers: Sequence[int]) -> str:
    """The label of the rows or columns of a sheet: ``axes 0, 1``."""
    return f"{'axis' if len(numbers) == 1 else 'axes'} {', '.join(map(str, numbers))}" if numbers else ""
