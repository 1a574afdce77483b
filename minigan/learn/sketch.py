"""A figure of lines and letters, which a notebook shows as SVG: sharp at every size of a screen."""

from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.figure import Figure

__all__ = ["BACKWARD", "LINE", "NEGATIVE", "POSITIVE", "Sketch", "number_text"]

#: Colour-blind safe, and none of them the colour of real or generated data or of a network.
NEGATIVE, POSITIVE = "#7A3E9D", "#E69F00"

#: What flows back.
BACKWARD = NEGATIVE

#: Lines of a graph and of cells.
LINE = "#808080"


class Sketch(Figure):
    """A white figure without axes of its own."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), facecolor="white")

    def _repr_svg_(self) -> str:
        """The figure as SVG."""
        stream = BytesIO()
        self.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        text = stream.getvalue().decode()
        return text[text.index("<svg") :]


def number_text(value: Any, digits: int = 3) -> str:
    """A number with up to `digits` digits after the point, without zeros at the end: ``-0.25``, ``3``, ``1.2e-05``."""
    value = float(value)
    if not np.isfinite(value) or (value and not 0.5 * 10**-digits <= abs(value) < 1e5):
        return f"{value:.{digits}g}"
    text = f"{value + 0.0:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text
