"""A GAN of points in the plane: the data, the samples, D on the plane, and the gradients of G's loss."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from minigan.errors import ShapeError
from minigan.plots.style import GENERATED, REAL, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Extent", "extent_of", "plane_grid", "save_plane"]

#: The left, right, lower and upper end of a part of the plane.
Extent: TypeAlias = tuple[float, float, float, float]

#: The most arrows and points that are drawn, so that both and the map stay visible.
ARROWS, POINTS = 80, 600

ARROW = "#222222"

#: The arrows in the legend.
ARROW_LABEL = "direction that lowers G's loss"


def extent_of(points: np.ndarray, margin: float = 0.25) -> Extent:
    """A square around points (N, 2), with a margin in units of its half side."""
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, float((high - low).max()) / 2 * (1 + margin) or 1.0
    return (float(middle[0] - half), float(middle[0] + half), float(middle[1] - half), float(middle[1] + half))


def plane_grid(extent: Extent, size: int = 100) -> np.ndarray:
    """The centres of `size` times `size` squares of the plane, row by row from below: (size * size, 2) float32."""
    left, right, lower, upper = extent
    place = (np.arange(size) + 0.5) / size
    x, y = np.meshgrid(left + place * (right - left), lower + place * (upper - lower))
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)


def save_plane(
    path: str | Path | None,
    real: np.ndarray,
    fake: np.ndarray,
    probability: np.ndarray,
    gradient: np.ndarray,
    extent: Extent,
    title: str = "",
    limits: tuple[float, float] | None = None,
) -> "Figure":
    """Draw a GAN of points at one step: real and generated points, D, and the directions that lower G's loss.

    The background is coloured by D, and white where D is undecided. The arrows are ``-dL_G/dx``, with lengths in
    proportion: the 90th percentile is a 14th of the picture, and arrows longer than twice that are shortened.

    Parameters
    ----------
    path : path or None
        PNG, SVG, PDF, JPEG or WebP, by its suffix; None returns the figure without saving it.
    real, fake : array (N, 2), (M, 2)
    probability : array (H, W)
        D on `plane_grid`, the first row below.
    gradient : array (M, 2)
        ``dL_G/dx`` at the generated points.
    extent : (float, float, float, float)
        Left, right, lower and upper end: the same for all frames of an animation.
    title : str
        Such as "step 300".
    limits : (float, float), optional
        The ends of D's scale, for the background's colours, where D is a score and not a probability. Default: 0 and 1.

    Raises
    ------
    ShapeError
        An array has another shape.
    """
    for name, points in (("real", real), ("fake", fake)):
        if points.ndim != 2 or points.shape[1] != 2:
            raise ShapeError(f"expected {name} points of shape (N, 2), got {points.shape}")
    if gradient.shape != fake.shape:
        raise ShapeError(f"expected a gradient for every generated point, {fake.shape}, got {gradient.shape}")
    if probability.ndim != 2:
        raise ShapeError(f"expected probabilities of shape (H, W), got {probability.shape}")
    figure = new_figure(7, 6.4)
    axes = figure.subplots()
    draw_ground(axes, probability, extent, limits)
    # Real points large and pale, generated ones small and bright on top, so that both are visible where they overlap.
    axes.scatter(*real[:POINTS].T, s=60, color=REAL, alpha=0.35, linewidths=0, zorder=2)
    axes.scatter(*fake[:POINTS].T, s=12, color=GENERATED, linewidths=0.4, edgecolors="white", zorder=3)
    draw_arrows(axes, fake[:ARROWS], -gradient[:ARROWS], extent)
    axes.set(xlim=extent[:2], ylim=extent[2:], aspect="equal", title=title)
    figure.legend(handles=keys(), loc="outside lower center", ncols=3, frameon=False)
    return save_figure(path, figure)


def keys() -> list[Any]:
    """The legend of the marks."""
    from matplotlib.lines import Line2D

    marks = {
        "real": {"marker": "o", "markersize": 8, "color": REAL, "alpha": 0.5, "markeredgewidth": 0},
        "generated": {"marker": "o", "markersize": 5, "color": GENERATED, "markeredgecolor": "white"},
        ARROW_LABEL: {"marker": r"$\rightarrow$", "markersize": 16, "color": ARROW},
    }
    return [Line2D([], [], linestyle="", label=label, **mark) for label, mark in marks.items()]  # type: ignore[arg-type]


def draw_ground(axes: Any, values: np.ndarray, extent: Extent, limits: tuple[float, float] | None) -> None:
    """Draw D as a map in pale tones, with a line where D is undecided."""
    from matplotlib.colors import LinearSegmentedColormap

    tones = LinearSegmentedColormap.from_list("discriminator", ["#F0A778", "#FFFFFF", "#7FB7DE"])
    low, high = limits or (0, 1)
    look = {"vmin": low, "vmax": high, "cmap": tones, "interpolation": "bilinear"}
    picture = axes.imshow(values, origin="lower", extent=extent, **look)
    middle = (low + high) / 2
    if values.min() < middle < values.max():
        axes.contour(values, levels=[middle], origin="lower", extent=extent, colors="0.45", linewidths=0.8)
    scale = axes.figure.colorbar(picture, ax=axes, shrink=0.85)
    if limits is None:
        scale.set_ticks([0, 0.25, 0.5, 0.75, 1])
    scale.set_label("D, the probability of being real" if limits is None else "D's score: the higher, the more real")


def draw_arrows(axes: Any, points: np.ndarray, directions: np.ndarray, extent: Extent) -> None:
    """Draw an arrow at each point, or none at all where all are 0 or not finite."""
    lengths = np.linalg.norm(directions, axis=1)
    usual = float(np.quantile(lengths, 0.9)) if len(lengths) else 0.0
    if not np.isfinite(usual) or usual <= 0:
        return
    shrunk = np.minimum(1, 2 * usual / np.maximum(lengths, usual))[:, np.newaxis]
    reach = directions * shrunk * ((extent[1] - extent[0]) / 14 / usual)
    options = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.0024, "color": ARROW, "zorder": 4}
    axes.quiver(*points.T, *reach.T, **options)
