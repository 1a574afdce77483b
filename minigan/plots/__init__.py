"""Every picture minigan makes: of samples, of a run's metrics, of D, of gradients, and animations.

Each is a function of arrays that writes one file, without a window, and the same file for the same arrays. With None in
place of the path nothing is written: the picture is returned, a figure of matplotlib or an image of Pillow, which a
notebook shows. An animation, `save_film`, is always a file. The colours are colour-blind safe. ``minigan plot RUN``
draws all that fit a run: see `minigan.runs.plot.draw_run`.
"""

from minigan.plots.benchmark import save_benchmark
from minigan.plots.densities import kernel_density, save_figure1
from minigan.plots.gif import save_film
from minigan.plots.gradcheck import save_gradcheck
from minigan.plots.gradients import save_gradients
from minigan.plots.histogram import save_histogram
from minigan.plots.images import interpolate, nearest, save_classes, save_grid, save_neighbours, save_walk
from minigan.plots.losses import save_losses
from minigan.plots.pixels import tile, to_pixels
from minigan.plots.plane import Extent, extent_of, plane_grid, save_plane
from minigan.plots.points import PointsView

__all__ = [
    "Extent",
    "PointsView",
    "extent_of",
    "interpolate",
    "kernel_density",
    "nearest",
    "plane_grid",
    "save_benchmark",
    "save_classes",
    "save_figure1",
    "save_film",
    "save_gradcheck",
    "save_gradients",
    "save_grid",
    "save_histogram",
    "save_losses",
    "save_neighbours",
    "save_plane",
    "save_walk",
    "tile",
    "to_pixels",
]
