"""Small arrays drawn as grids of cells, with their numbers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.errors import ShapeError
from minigan.learn.floats import as_floats
from minigan.learn.sketch import LINE, NEGATIVE, POSITIVE, new_sketch, number_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_arrays"]

#: Inches of a cell, of the room between two arrays, and of the line with a name.
CELL, GAP, TITLE = 0.52, 0.35, 0.32

#: Cells in a row of arrays before the next array begins a new row.
WIDEST = 16


def draw_arrays(
    arrays: Mapping[str, Any] | None = None, *, columns: int | None = None, digits: int = 2, **named: Any
) -> "Figure":
    """Draw arrays as grids of cells: the number in each cell, its size and sign as a colour.

    Violet is negative, orange is positive, white is zero; the largest entry of each array has the full colour.

    Parameters
    ----------
    arrays : mapping, optional
        Arrays by name, for names that are not Python's, such as ``"x * w"``.
    columns : int, optional
        Arrays in a row. Default: as many as there is room for.
    digits : int
        Digits after the point.
    **named
        Arrays by name: numbers, vectors (drawn as a row) and matrices.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ShapeError
        If an array has more than two axes.

    Examples
    --------
    >>> import numpy as np
    >>> from minigan.learn import draw_arrays
    >>> figure = draw_arrays(x=np.eye(3), w=np.array([0.5, -1]))
    """
    grids = {name: grid_of(name, value) for name, value in {**(arrays or {}), **named}.items()}
    rows = rows_of(grids, columns)
    widths = [sum(grids[name].shape[1] * CELL + GAP for name in row) for row in rows]
    heights = [max(grids[name].shape[0] for name in row) * CELL + TITLE + GAP for row in rows]
    width, height = max(widths), sum(heights)
    figure = new_sketch(width, height)
    top = height
    for row, tall in zip(rows, heights):
        left = GAP / 2
        for name in row:
            grid = grids[name]
            wide, high = grid.shape[1] * CELL, grid.shape[0] * CELL
            bottom = top - TITLE - high
            axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
            draw_cells(axes, grid, digits)
            axes.set_title(name, fontsize=10, pad=4)
            left += wide + GAP
        top -= tall
    return figure


def grid_of(name: str, value: Any) -> np.ndarray:
    """The array with two axes."""
    array = as_floats(value)
    if array.ndim > 2 or not array.size:
        raise ShapeError(
            f"{name}: expected a number, a vector or a matrix with at least one entry to draw, got the shape "
            f"{array.shape}: take a part of it, such as {name}[0, :, :, 0]"
        )
    return np.atleast_2d(array)


def rows_of(grids: Mapping[str, np.ndarray], columns: int | None) -> list[list[str]]:
    """The names in rows of at most `columns`, or as many as there is room for."""
    rows: list[list[str]] = [[]]
    used = 0
    for name, grid in grids.items():
        full = len(rows[-1]) == columns if columns else used + grid.shape[1] > WIDEST
        if rows[-1] and full:
            rows.append([])
            used = 0
        rows[-1].append(name)
        used += grid.shape[1] + 1
    return rows


def draw_cells(axes: Any, grid: np.ndarray, digits: int) -> None:
    """Draw one grid into `axes`."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("signed", [NEGATIVE, "#FFFFFF", POSITIVE])
    largest = float(np.abs(grid[np.isfinite(grid)]).max(initial=0)) or 1.0
    axes.imshow(grid, cmap=colours, vmin=-largest * 1.25, vmax=largest * 1.25, aspect="auto")
    for (row, column), value in np.ndenumerate(grid):
        text = number_text(value, digits)
        axes.text(column, row, text, ha="center", va="center", fontsize=8 if len(text) < 6 else 6.5)
    axes.set_xticks(np.arange(-0.5, grid.shape[1]), labels=[])
    axes.set_yticks(np.arange(-0.5, grid.shape[0]), labels=[])
    axes.tick_params(length=0)
    axes.grid(color=LINE, linewidth=0.6)
    for side in axes.spines.values():
        side.set_color(LINE)
