"""What the slides are made of: a deck, to which a decorator adds, and the frame of a slide."""

from collections.abc import Callable
from typing import Any, TypeAlias

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from matplotlib.text import Text

#: Inches of a slide, and the part of it that a figure may fill: left, bottom, width, height.
WIDTH, HEIGHT, ROOM = 13.333, 7.5, (0.04, 0.17, 0.92, 0.63)

#: The sentence, the question and the function that draws the figure.
Slide: TypeAlias = tuple[str, str, Callable[[], Figure]]


class Deck(list[Slide]):
    """Slides in their order."""

    def slide(self, sentence: str, question: str) -> Callable[[Callable[[], Figure]], Callable[[], Figure]]:
        """Make a function that draws a figure the next slide."""

        def add(draw: Callable[[], Figure]) -> Callable[[], Figure]:
            self.append((sentence, question, draw))
            return draw

        return add


def framed(number: int, sentence: str, question: str, figure: Figure) -> Figure:
    """The figure as a slide: enlarged into its room, with the sentence above and the question below."""
    left, bottom, width, height = ROOM
    old_width, old_height = figure.get_size_inches()
    figure.set_layout_engine("none")
    scale = min(width * WIDTH / old_width, height * HEIGHT / old_height)
    for text in figure.findobj(Text):
        text.set_fontsize(text.get_fontsize() * scale)
    for line in figure.findobj(Line2D):
        line.set_linewidth(line.get_linewidth() * scale)
        line.set_markersize(line.get_markersize() * scale)
    for arrow in figure.findobj(FancyArrowPatch):
        arrow.set_mutation_scale(arrow.get_mutation_scale() * scale)
        arrow.set_linewidth(arrow.get_linewidth() * scale)
    wide, high = scale * old_width / WIDTH, scale * old_height / HEIGHT
    x, y = left + (width - wide) / 2, bottom + (height - high) / 2
    for axes in figure.axes:
        box = axes.get_position()
        axes.set_title(axes.get_title(), fontsize=axes.title.get_fontsize(), pad=5 * scale)
        axes.set_position((x + box.x0 * wide, y + box.y0 * high, box.width * wide, box.height * high))
    figure.set_size_inches(WIDTH, HEIGHT)
    figure.text(0.04, 0.9, sentence, fontsize=min(27, 1500 / len(sentence)), weight="bold", va="center")
    figure.text(0.04, 0.08, question, fontsize=20, va="center", color="#7A3E9D")
    figure.text(0.97, 0.03, f"minigan  {number}", fontsize=11, ha="right", color="0.5")
    return figure


def panels(count: int, height: float = 3.4, **options: Any) -> tuple[Figure, list[Any]]:
    """A figure with panels in a row."""
    figure = Figure(figsize=(9, height), facecolor="white")
    axes = list(figure.subplots(1, count, squeeze=False, **options)[0])
    figure.subplots_adjust(left=0.08, right=0.97, bottom=0.17, top=0.88, wspace=0.3)
    return figure, axes


def built(layer: Any, x: Any, **values: Any) -> Any:
    """A layer in float64 for this input, with these parameters."""
    layer.build(x.shape[1:], dtype="float64")
    for name, value in values.items():
        layer.parameters[name].data[...] = value
    return layer
