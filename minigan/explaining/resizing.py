"""Upsampling and zero padding."""

from collections.abc import Iterator

from minigan.explaining.explainer import Explainer, constant, product
from minigan.explaining.explanation import Explanation, Factor, Index
from minigan.explaining.registry import explains
from minigan.layers import UpSampling2D, ZeroPadding2D

__all__: list[str] = []


@explains(UpSampling2D)
class UpSampling2DExplainer(Explainer[UpSampling2D]):
    """Each pixel of y is one of x ("nearest"), or a mean of its neighbours by distance ("bilinear")."""

    def y(self, index: Index) -> Explanation:
        n, p, q, c = index
        down, across = self.layer.size
        if self.layer.interpolation == "nearest":
            terms = (product(self.given.x((n, p // down, q // across, c))),)
            return Explanation("y", index, self.nearest("y[n, h*{0} + i, w*{1} + j, c] = x[n, h, w, c]"), terms)
        height, width, _ = self.layer.input_shape
        terms = tuple(
            product(self.given.x((n, h, w, c)), *self.weights(by_row, by_column))
            for h, by_row in neighbours(p, down, height)
            for w, by_column in neighbours(q, across, width)
        )
        formula = f"y[n, p, q, c] = sum_hw x[n, h, w, c] r[p, h] s[q, w], r[p, h] = 1 - |(p + 1/2) / {down} - 1/2 - h|"
        return Explanation("y", index, formula, terms)

    def dx(self, index: Index) -> Explanation:
        n, h, w, c = index
        down, across = self.layer.size
        if self.layer.interpolation == "nearest":
            terms = tuple(
                product(self.given.dy((n, h * down + i, w * across + j, c))) for i in range(down) for j in range(across)
            )
            return Explanation(
                "dx", index, self.nearest("dx[n, h, w, c] = sum_ij dy[n, h*{0} + i, w*{1} + j, c]"), terms
            )
        height, width, _ = self.layer.input_shape
        terms = tuple(
            product(self.given.dy((n, p, q, c)), *self.weights(by_row, by_column))
            for p, by_row in looking_at(h, down, height)
            for q, by_column in looking_at(w, across, width)
        )
        return Explanation("dx", index, "dx[n, h, w, c] = sum_pq dy[n, p, q, c] r[p, h] s[q, w]", terms)

    def nearest(self, formula: str) -> str:
        """The formula of a repetition, for images or for sequences."""
        down, across = self.layer.size
        if self.given.axes == 1:
            return (
                formula.replace("h*{0} + i, w*{1} + j", "t*{1} + i")
                .replace("h, w", "t")
                .replace("_ij", "_i")
                .format(0, across)
            )
        return formula.format(down, across)

    def weights(self, by_row: float, by_column: float) -> tuple[Factor, Factor]:
        """The parts that a pixel has by its row and by its column."""
        return constant("r", by_row), constant("s", by_column)


def neighbours(p: int, factor: int, extent: int) -> Iterator[tuple[int, float]]:
    """The one or two pixels that output pixel p is made of along one axis, each with its weight."""
    centre = min(max((p + 0.5) / factor - 0.5, 0.0), extent - 1.0)
    below = int(centre)
    for place in (below, below + 1):
        weight = 1 - abs(centre - place)
        if weight > 0 and place < extent:
            yield place, weight


def looking_at(place: int, factor: int, extent: int) -> Iterator[tuple[int, float]]:
    """The output pixels that a pixel is a part of along one axis, each with its weight."""
    for p in range(extent * factor):
        for neighbour, weight in neighbours(p, factor, extent):
            if neighbour == place:
                yield p, weight


@explains(ZeroPadding2D)
class ZeroPadding2DExplainer(Explainer[ZeroPadding2D]):
    """The zeros depend on nothing."""

    def y(self, index: Index) -> Explanation:
        n, p, q, c = index
        (top, _), (left, _) = self.layer.padding
        height, width, _ = self.layer.input_shape
        h, w = p - top, q - left
        inside = 0 <= h < height and 0 <= w < width
        terms = (product(self.given.x((n, h, w, c))),) if inside else ()
        formula = f"y[n, h + {top}, w + {left}, c] = x[n, h, w, c], 0 elsewhere"
        return Explanation("y", index, formula, terms, "" if inside else "on the padding, which depends on nothing")

    def dx(self, index: Index) -> Explanation:
        n, h, w, c = index
        (top, _), (left, _) = self.layer.padding
        formula = f"dx[n, h, w, c] = dy[n, h + {top}, w + {left}, c]"
        return Explanation("dx", index, formula, (product(self.given.dy((n, h + top, w + left, c))),))
