"""Layers that keep every number and its place in memory."""

from math import prod

from minigan.explaining.explainer import Explainer, product
from minigan.explaining.explanation import Explanation, Index
from minigan.explaining.registry import explains
from minigan.layers import Flatten, Reshape

__all__: list[str] = []


@explains(Flatten, Reshape)
class ReshapingExplainer(Explainer[Flatten | Reshape]):
    """The same numbers in the same order, the last axis running fastest."""

    def y(self, index: Index) -> Explanation:
        place = moved(index, self.layer.output_shape, self.layer.input_shape)
        return Explanation("y", index, "y has the numbers of x, in the same order", (product(self.given.x(place)),))

    def dx(self, index: Index) -> Explanation:
        place = moved(index, self.layer.input_shape, self.layer.output_shape)
        return Explanation("dx", index, "dx has the numbers of dy, in the same order", (product(self.given.dy(place)),))


def moved(index: Index, shape: tuple[int, ...], other: tuple[int, ...]) -> Index:
    """The place in an array of another shape; both shapes are without the batch axis."""
    n, *at = index
    flat = 0
    for place, size in zip(at, shape):
        flat = flat * size + place
    found: list[int] = []
    for axis in range(len(other)):
        place, flat = divmod(flat, prod(other[axis + 1 :]))
        found.append(place)
    return (n, *found)
