"""Points of a data set: coloured by class in the plane, as a histogram on the line."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minigan.plots.style import REAL, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_scatter"]

#: Points that are drawn in the plane: more would hide each other.
MOST = 5000


def save_scatter(
    path: str | Path | None, points: np.ndarray, labels: np.ndarray | None = None, title: str = ""
) -> "Figure":
    """Draw points of one or two coordinates.

    Parameters
    ----------
    path : path or None
        PNG, SVG, PDF, JPEG or WebP, by its suffix; None returns the figure without saving it.
    points : array (N, 1) or (N, 2)
    labels : array of int (N,), optional
        The class of each point, shown by its colour.
    title : str
    """
    figure = new_figure(5.5, 5.0)
    axes = figure.subplots()
    if points.shape[1] == 1:
        axes.hist(points[:, 0], bins=80, density=True, color=REAL, alpha=0.6)
        axes.set(xlabel="x", ylabel="density")
    else:
        shown = points[:MOST]
        colours = REAL if labels is None else labels[:MOST]
        scale = {} if labels is None else {"cmap": "tab10" if labels.max() < 10 else "turbo", "vmin": 0}
        axes.scatter(shown[:, 0], shown[:, 1], c=colours, s=4, linewidths=0, **scale)
        axes.set(aspect="equal")
        axes.grid(alpha=0.25)
    axes.set_title(title)
    return save_figure(path, figure)
