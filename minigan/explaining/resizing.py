"""Upsampling and zero padding."""

from collections.abc import Callable, Iterable

from minigan.explaining.explainer import Explainer, constant, product
from minigan.explaining.explanation import Explanation, Factor, Index, Term
from minigan.explaining.registry import explains
from minigan.layers import UpSampling2D, ZeroPadding2D

__all__: list[str] = []

#: Places along one axis, each with the weight of its number.
Taps = Iterable[tuple[int, float]]

#: From a place and its axis to the places whose numbers are added.
FindTaps = Callable[[int, int], Taps]


@explains(UpSampling2D)
class UpSampling2DExplainer(Explainer[UpSampling2D]):
    """Each pixel of y is one of x ("nearest"), or a mean of its neighbours by distance ("bilinear")."""

    def y(self, index: Index) -> Explanation:
        down, across = self.layer.size
        if not self.nearest:
            formula = "y[n, p, q, c] = sum_hw x[n, h, w, c] r[p, h] s[q, w], with weights r and s by distance"
        elif self.given.axes == 1:
            formula = f"y[n, t*{across} + i, c] = x[n, t, c]"
        else:
            formula = f"y[n, h*{down} + i, w*{across} + j, c] = x[n, h, w, c]"
        return Explanation("y", index, formula, self.terms(self.given.x, index, self.pixels))

    def dx(self, index: Index) -> Explanation:
        down, across = self.layer.size
        if not self.nearest:
            formula = "dx[n, h, w, c] = sum_pq dy[n, p, q, c] r[p, h] s[q, w]"
        elif self.given.axes == 1:
            formula = f"dx[n, t, c] = sum_i dy[n, t*{across} + i, c]"
        else:
            formula = f"dx[n, h, w, c] = sum_ij dy[n, h*{down} + i, w*{across} + j, c]"
        return Explanation("dx", index, formula, self.terms(self.given.dy, index, self.copies))

    @property
    def nearest(self) -> bool:
        """Pixels are copied, so that all weights are 1."""
        return self.layer.interpolation == "nearest"

    def terms(self, read: Callable[[Index], Factor], index: Index, taps: FindTaps) -> tuple[Term, ...]:
        """What is added: the numbers at the taps of both axes, each times its two weights."""
        n, row, column, c = index
        return tuple(
            product(read((n, h, w, c)), *(() if self.nearest else (constant("r", down), constant("s", across))))
            for h, down in taps(row, 0)
            for w, across in taps(column, 1)
        )

    def pixels(self, place: int, axis: int) -> Taps:
        """The pixels of x that a pixel of y is made of along one axis."""
        factor, extent = self.layer.size[axis], self.layer.input_shape[axis]
        if self.nearest:
            return [(place // factor, 1.0)]
        centre = min(max((place + 0.5) / factor - 0.5, 0.0), extent - 1.0)
        weights = ((near, 1 - abs(centre - near)) for near in (int(centre), int(centre) + 1) if near < extent)
        return [(near, weight) for near, weight in weights if weight > 0]

    def copies(self, place: int, axis: int) -> Taps:
        """The pixels of y that a pixel of x is a part of along one axis."""
        outputs = range(self.layer.output_shape[axis])
        return [(p, weight) for p in outputs for near, weight in self.pixels(p, axis) if near == place]


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
