"""What the drawings of the lessons share: colours, numbers as text, an empty figure."""

from typing import Any

import numpy as np

__all__ = ["BACKWARD", "LINE", "NEGATIVE", "POSITIVE", "new_sketch", "number_text"]

#: Colour-blind safe, and none of them the colour of real or generated data or of a network.
NEGATIVE, POSITIVE = "#7A3E9D", "#E69F00"

#: What flows back.
BACKWARD = NEGATIVE

#: Lines of a graph and of cells.
LINE = "#808080"


def new_sketch(width: float, height: float) -> Any:
    """An empty figure, width and height in inches; matplotlib is imported here, and not before it is needed."""
    from minigan.learn.figure import Sketch

    return Sketch(width, height)


def number_text(value: Any, digits: int = 3) -> str:
    """A number with up to `digits` digits after the point, without zeros at the end: ``-0.25``, ``3``, ``1.2e-05``."""
    value = float(value)
    if not np.isfinite(value) or (value and not 0.5 * 10**-digits <= abs(value) < 1e5):
        return f"{value:.{digits}g}"
    text = f"{value + 0.0:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text
