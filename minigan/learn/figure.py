"""A figure of lines and letters, which a notebook shows as SVG: sharp at every size of a screen."""

from matplotlib.figure import Figure

from minigan.plots.drawing import svg_text

__all__ = ["Sketch"]


class Sketch(Figure):
    """A white figure without axes of its own."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), facecolor="white")

    def _repr_svg_(self) -> str:
        """The figure as SVG."""
        return svg_text(self)
