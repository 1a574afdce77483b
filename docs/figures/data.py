"""Draw the pictures of the data sets that minigan makes: ``python docs/figures/data.py``.

The points are the first ones of each set, the digits the first of their set; nothing is drawn for the picture.
"""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from minigan import data
from minigan.data import Points, toy
from minigan.io.atomic_write import atomic_path
from minigan.plots.style import REAL

IMAGES = Path(__file__).resolve().parents[1] / "images"
SHOWN = 5_000
COLOURS = ("red", "green", "blue")


def draw_points() -> Figure:
    """Every set of points, a panel each."""
    figure = Figure(figsize=(9.6, 6.6), layout="constrained", facecolor="white")
    for axes, name in zip(figure.subplots(2, 3).flat, toy.SETS):
        points = data.load(name)
        axes.set_title(name)
        if points.shape == (1,):
            draw_line(axes, points)
        else:
            draw_plane(axes, points)
        if name == "ring":
            enlarge(axes, points)
    return figure


def draw_line(axes: Axes, points: Points) -> None:
    """A histogram of all points, and the density they were drawn from."""
    axes.hist(points.points[:, 0], bins=80, density=True, color=REAL, alpha=0.35, label="50,000 points")
    x = np.linspace(-1.5, 9.5, 200)
    axes.plot(x, points.density(x), color="black", linewidth=1.5, label="density")
    axes.set(xlabel="x", ylim=(0, 0.45))
    axes.legend(loc="upper right", frameon=False)


def draw_plane(axes: Axes, points: Points) -> None:
    """Some of the points, coloured by their label."""
    x, y = points.points[:SHOWN].T
    labels = np.zeros(SHOWN) if points.labels is None else points.labels[:SHOWN]
    axes.scatter(x, y, c=labels, cmap="tab10" if labels.max() < 10 else "turbo", vmin=0, s=1.5, linewidths=0)
    axes.set(aspect="equal")


def enlarge(axes: Axes, points: Points) -> None:
    """The ring's first mode in a small window, with the circle of three standard deviations that good points lie in."""
    axes.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35))
    mode, width = points.modes[0], 0.045
    window = axes.inset_axes((0.3, 0.3, 0.4, 0.4), xlim=(1 - width, 1 + width), ylim=(-width, width))
    near = np.abs(points.points - mode).max(axis=1) < width
    window.scatter(*points.points[near][:1000].T, s=2, linewidths=0, color=REAL)
    window.add_patch(Circle(mode, 3 * points.mode_stddev, fill=False, color="black", linewidth=1.2))
    window.set(xticks=[], yticks=[], aspect="equal")
    axes.indicate_inset_zoom(window, edgecolor="0.3")


def draw_stacked() -> Figure:
    """The channels of some images, and the images, under their labels."""
    stacked = data.load("stacked-digits")
    figure = Figure(figsize=(9.6, 5.2), layout="constrained", facecolor="white")
    rows = figure.subplots(4, 8)
    for row, name in zip(rows, (*COLOURS, "image")):
        row[0].set_ylabel(name)
        for axes, image in zip(row, stacked.images):
            axes.imshow(image if name == "image" else only(image, COLOURS.index(name)))
            axes.set(xticks=[], yticks=[])
    for axes, label in zip(rows[3], stacked.labels):
        axes.set_xlabel(f"{label:03}")
    return figure


def only(image: np.ndarray, channel: int) -> np.ndarray:
    """`image` with but one of its channels."""
    return image * (np.arange(3) == channel).astype(np.uint8)


if __name__ == "__main__":
    for figure, file in ((draw_points(), "data-points.png"), (draw_stacked(), "data-stacked.png")):
        with atomic_path(IMAGES / file) as temporary:
            figure.savefig(temporary, dpi=110, metadata={"Software": None})
        print(f"Wrote {IMAGES / file}")
