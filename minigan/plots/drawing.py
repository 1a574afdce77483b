"""A figure that a notebook shows without pyplot."""

from io import BytesIO

from matplotlib.figure import Figure

__all__ = ["DPI", "Drawing"]

#: Pixels per inch of all drawings.
DPI = 110


class Drawing(Figure):
    """A figure that a notebook shows as the picture that would be saved; matplotlib's own needs pyplot for that."""

    def _repr_png_(self) -> bytes:
        """The picture as a PNG file."""
        stream = BytesIO()
        self.savefig(stream, format="png", dpi=DPI)
        return stream.getvalue()
