"""A figure that a notebook shows without pyplot, as PNG or as SVG."""

from io import BytesIO, StringIO

import matplotlib
from matplotlib.figure import Figure

from minigan.plots.formats import METADATA

__all__ = ["DPI", "Drawing", "svg_text"]

#: Pixels per inch of all drawings.
DPI = 110


class Drawing(Figure):
    """A figure that a notebook shows as the picture that would be saved; matplotlib's own needs pyplot for that."""

    def _repr_png_(self) -> bytes:
        """The picture as a PNG file."""
        stream = BytesIO()
        self.savefig(stream, format="png", dpi=DPI)
        return stream.getvalue()


def svg_text(figure: Figure) -> str:
    """The figure as SVG, without the lines before its element: the same text for the same figure."""
    stream = StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "minigan"}):
        figure.savefig(stream, format="svg", metadata=METADATA["svg"])
    text = stream.getvalue()
    return text[text.index("<svg") :]
