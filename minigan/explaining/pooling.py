"""Maximum and average over windows, and over whole channels."""

import math
from itertools import product as combinations
from typing import TypeVar

from minigan.explaining.explainer import Explainer, constant, product
from minigan.explaining.explanation import Explanation, Factor, Index, Term
from minigan.explaining.given import Given
from minigan.explaining.registry import explains
from minigan.explaining.windows import Windows, on_padding
from minigan.layers import AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D
from minigan.layers.validation import height_width

__all__ = ["largest_of"]

P = TypeVar("P", bound=MaxPooling2D | AveragePooling2D)


class PoolingExplainer(Explainer[P]):
    """Windows over every channel."""

    def __init__(self, layer: P, given: Given) -> None:
        super().__init__(layer, given)
        spec, image = layer.windows, height_width(layer.input_shape)
        number = height_width(layer.output_shape)
        self.windows = Windows(spec.size, spec.strides, spec.dilation_rate, spec.pads(image), image, number)
        self.letters = self.windows.letters(given.axes)

    def pixels(self, index: Index) -> list[Factor]:
        """The entries of x in a window."""
        n, p, q, c = index
        return [self.given.x((n, h, w, c)) for (h, w), _ in self.windows.pixels_of((p, q))]

    def note(self, pixels: int) -> str:
        """The note on the entries of a window that are no pixels."""
        down, across = self.windows.size
        return on_padding(down * across - pixels)


@explains(MaxPooling2D)
class MaxPooling2DExplainer(PoolingExplainer[MaxPooling2D]):
    """All pixels of a window are compared; the largest is y, and receives dy."""

    def y(self, index: Index) -> Explanation:
        at, pixels = self.letters, self.pixels(index)
        formula = f"y[n, {at.window}, c] = max_{at.entries} x[n, {at.at}, c]"
        return Explanation("y", index, formula, largest_of(pixels), self.note(len(pixels)))

    def dx(self, index: Index) -> Explanation:
        n, h, w, c = index
        terms = []
        for (p, q), (i, j) in self.windows.windows_of((h, w)):
            place = self.given.read("cache.places", (n, p, q, c))
            won = place == i * self.windows.size[1] + j
            terms.append(product(self.given.dy((n, p, q, c)), constant("largest", won)))
        at = self.letters
        formula = f"dx[n, {at.pixel}, c] = sum dy[n, {at.window}, c] over the windows whose largest pixel it is"
        return Explanation("dx", index, formula, tuple(terms))


@explains(AveragePooling2D)
class AveragePooling2DExplainer(PoolingExplainer[AveragePooling2D]):
    """The K pixels of a window have the same part in y."""

    def y(self, index: Index) -> Explanation:
        at, pixels = self.letters, self.pixels(index)
        terms = tuple(part(pixel, constant("K", len(pixels))) for pixel in pixels)
        formula = f"y[n, {at.window}, c] = 1/K sum_{at.entries} x[n, {at.at}, c], K the pixels inside of the image"
        return Explanation("y", index, formula, terms, self.note(len(pixels)))

    def dx(self, index: Index) -> Explanation:
        n, h, w, c = index
        terms = []
        for (p, q), _ in self.windows.windows_of((h, w)):
            count = sum(1 for _ in self.windows.pixels_of((p, q)))
            terms.append(part(self.given.dy((n, p, q, c)), constant("K", count)))
        at = self.letters
        formula = f"dx[n, {at.pixel}, c] = sum dy[n, {at.window}, c] / K over all windows that the pixel lies in"
        return Explanation("dx", index, formula, tuple(terms))


@explains(GlobalAveragePooling2D)
class GlobalAveragePooling2DExplainer(Explainer[GlobalAveragePooling2D]):
    """All pixels of a channel have the same part in y."""

    def y(self, index: Index) -> Explanation:
        n, c = index
        height, width = height_width(self.layer.input_shape)
        places = combinations(range(height), range(width))
        terms = tuple(part(self.given.x((n, h, w, c)), self.count) for h, w in places)
        return Explanation("y", index, "y[n, c] = 1/(H W) sum_hw x[n, h, w, c]", terms)

    def dx(self, index: Index) -> Explanation:
        n, *_, c = index
        terms = (part(self.given.dy((n, c)), self.count),)
        return Explanation("dx", index, "dx[n, h, w, c] = dy[n, c] / (H W)", terms)

    @property
    def count(self) -> Factor:
        """The pixels of a channel."""
        height, width = height_width(self.layer.input_shape)
        return constant("(H W)", height * width)


def part(of: Factor, count: Factor) -> Term:
    """A number divided by a count."""
    return Term(of.value / count.value, (of, count), "{0} / {1}")


def largest_of(candidates: list[Factor]) -> tuple[Term, ...]:
    """The maximum as a sum: the first that is largest counts once, the others not at all."""
    values = [math.inf if math.isnan(factor.value) else factor.value for factor in candidates]  # as NumPy's argmax
    won = values.index(max(values))
    return tuple(
        Term(factor.value if place == won else 0.0, (factor, constant("largest", place == won)))
        for place, factor in enumerate(candidates)
    )
