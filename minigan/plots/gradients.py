"""The norms of the gradients of each layer over a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.plots.style import new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_gradients"]


def save_gradients(path: str | Path | None, steps: np.ndarray, norms: Mapping[str, np.ndarray]) -> "Figure":
    """Draw the norms of the layers' gradients over the steps, as heat maps with a logarithmic scale.

    The layers are in the order of the forward pass, from top to bottom, so the backward pass runs from bottom to top:
    where a map darkens upwards, the gradients vanish. White: exactly 0, or not finite.

    Parameters
    ----------
    path : path or None
        PNG, SVG, PDF, JPEG or WebP, by its suffix; None returns the figure without saving it.
    steps : array (N,)
    norms : mapping of name to array (N,)
        L2 norms; a name is ``network/layer``, such as ``generator/dense``, in the order of the layers.
    """
    from matplotlib.colors import LogNorm

    networks: dict[str, list[str]] = {}
    for name in norms:
        networks.setdefault(name.rpartition("/")[0], []).append(name)
    rows = {network: np.array([norms[name] for name in names], float) for network, names in networks.items()}
    known = np.concatenate([row[np.isfinite(row) & (row > 0)] for row in rows.values()] or [np.ones(1)])
    low, high = (float(known.min()), float(known.max())) if known.size else (1.0, 1.0)
    scale = LogNorm(low, high if high > low else low * 10)
    figure = new_figure(9, 1.7 + 0.34 * len(norms))
    panels = figure.subplots(
        len(rows), squeeze=False, sharex=True, height_ratios=[len(names) for names in networks.values()]
    )[:, 0]
    picture = None
    for axes, (network, table) in zip(panels, rows.items()):
        layers = [name.rpartition("/")[2] for name in networks[network]]
        picture = draw_map(axes, steps, table, layers, scale)
        axes.set_title(network, loc="left", fontsize="medium")
    panels[-1].set_xlabel("step")
    if picture is not None:
        figure.colorbar(picture, ax=list(panels), label="L2 norm of the layer's gradients", pad=0.02)
    return save_figure(path, figure)


def draw_map(axes: Any, steps: np.ndarray, table: np.ndarray, layers: list[str], scale: Any) -> Any:
    """Draw the layers (rows) over the steps (columns)."""
    from matplotlib.ticker import MaxNLocator

    starts, table = condensed(steps, table)
    edges = np.append(starts, 2 * starts[-1] - starts[-2] if len(starts) > 1 else starts[-1] + 1) - 0.5
    shown = np.ma.masked_where(~np.isfinite(table) | (table <= 0), table)
    picture = axes.pcolormesh(edges, np.arange(len(layers) + 1), shown, norm=scale, cmap="viridis")
    axes.set_yticks(np.arange(len(layers)) + 0.5, layers)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return picture


def condensed(steps: np.ndarray, table: np.ndarray, columns: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Reduce a table to at most `columns` columns, each the geometric mean of its steps.

    A gradient that was 0 in every step of a column stays 0.
    """
    if len(steps) <= columns:
        return np.asarray(steps, float), table
    starts = np.unique(np.linspace(0, len(steps), columns, endpoint=False).astype(int))
    known = np.isfinite(table) & (table > 0)
    sums = np.add.reduceat(np.log(np.where(known, table, 1.0)), starts, axis=1)
    counts = np.add.reduceat(known, starts, axis=1, dtype=int)
    return np.asarray(steps, float)[starts], np.where(counts, np.exp(sums / np.maximum(counts, 1)), 0.0)
