"""The shared style of all drawings: colours, and files that are the same for the same numbers."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.io.atomic_write import atomic_path
from minigan.plots.formats import DRAWINGS, METADATA, format_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DISCRIMINATOR", "GENERATED", "GENERATOR", "REAL", "new_figure", "save_figure", "smooth"]

#: Colour-blind safe colours (Okabe and Ito, "Color universal design", 2008).
REAL, GENERATED = "#0072B2", "#D55E00"
DISCRIMINATOR, GENERATOR = "#000000", "#009E73"


def new_figure(width: float, height: float) -> Any:
    """A white figure, width and height in inches, outside pyplot's global state."""
    from minigan.plots.drawing import Drawing

    return Drawing(figsize=(width, height), layout="constrained", facecolor="white")


def save_figure(path: str | Path | None, figure: "Figure") -> "Figure":
    """Save as PNG, SVG, PDF, JPEG or WebP, by the suffix: the same bytes for the same figure; and return the figure.

    Without a path nothing is saved.
    """
    if path is None:
        return figure
    import matplotlib

    from minigan.plots.drawing import DPI

    name = format_of(path, DRAWINGS)
    # A fixed salt: otherwise the ids of SVG elements are random.
    with atomic_path(path) as temporary, matplotlib.rc_context({"svg.hashsalt": "minigan"}):
        figure.savefig(temporary, format=name, dpi=DPI, metadata=METADATA.get(name))
    return figure


def smooth(values: np.ndarray, width: int) -> np.ndarray:
    """The moving mean over `width` values, over fewer at the ends; NaNs do not count."""
    known = np.isfinite(values)
    half = width // 2
    first = np.maximum(np.arange(len(values)) - half, 0)
    last = np.minimum(np.arange(len(values)) + half + 1, len(values))
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    number = counts[last] - counts[first]
    return np.where(number, sums[last] - sums[first], np.nan) / np.maximum(number, 1)
