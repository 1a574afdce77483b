"""What can be looked at. A view is a function of the session and its options; it returns plain values and arrays.

A view changes nothing: it draws no number from a stream of the training, and moves no average.
"""

from collections.abc import Callable
from typing import Any

from minigan.lab.views.layer import layer, slice_of_layer
from minigan.lab.views.plane import arrows, field, points
from minigan.lab.views.state import curves, state
from minigan.lab.views.stations import station, stations

__all__ = ["VIEWS"]

#: All views by name.
VIEWS: dict[str, Callable[..., Any]] = {
    "state": state,
    "curves": curves,
    "points": points,
    "field": field,
    "arrows": arrows,
    "stations": stations,
    "station": station,
    "layer": layer,
    "slice": slice_of_layer,
}
