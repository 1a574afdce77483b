"""What can be looked at. A view is a function of the session and its options; it returns plain values and arrays.

A view changes nothing: it draws no number from a stream of the training, and moves no average.
"""

from collections.abc import Callable
from typing import Any

from minigan.lab.views.choices import choices
from minigan.lab.views.curves import curves
from minigan.lab.views.entry import entry
from minigan.lab.views.histogram import histogram
from minigan.lab.views.images import samples, walk
from minigan.lab.views.layer import layer, slice_of_layer
from minigan.lab.views.line import line
from minigan.lab.views.measures import measures
from minigan.lab.views.nearest import nearest
from minigan.lab.views.plane import arrows, bent_grid, field, points
from minigan.lab.views.quality import quality
from minigan.lab.views.state import state
from minigan.lab.views.stations import station, stations
from minigan.lab.views.tours import tour, tours
from minigan.lab.views.workbench import workbench

__all__ = ["VIEWS"]

#: All views by name, in the order of the parts that they belong to.
VIEWS: dict[str, Callable[..., Any]] = {
    # The session
    "state": state,
    "choices": choices,
    # Play
    "arrows": arrows,
    "bent_grid": bent_grid,
    "curves": curves,
    "field": field,
    "histogram": histogram,
    "line": line,
    "nearest": nearest,
    "points": points,
    "quality": quality,
    "samples": samples,
    "walk": walk,
    # One step, and inside a layer
    "entry": entry,
    "layer": layer,
    "slice": slice_of_layer,
    "station": station,
    "stations": stations,
    "workbench": workbench,
    # Tours
    "measures": measures,
    "tour": tour,
    "tours": tours,
}
