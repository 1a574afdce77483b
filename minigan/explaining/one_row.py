"""Layers for sequences that are layers for images of one row."""

from dataclasses import replace

from minigan.explaining.explainer import Explainer
from minigan.explaining.explanation import Explanation, Factor, Index
from minigan.explaining.given import Given
from minigan.explaining.registry import explainer_of, explains
from minigan.layers import AveragePooling1D, MaxPooling1D, UpSampling1D
from minigan.layers.one_row import OneRow

__all__ = ["row", "sequence"]


def row(index: Index) -> Index:
    """A place in sequences as one in images of one row."""
    return (index[0], 0, *index[1:])


def sequence(index: Index) -> Index:
    """A place in images of one row as one in sequences."""
    return (index[0], *index[2:])


class Row(Given):
    """The arrays of a layer for sequences, read by a layer for images: with one place more."""

    axes = 1

    def __init__(self, outer: Given, layer: OneRow) -> None:
        super().__init__(layer.image, outer.cache.image)
        self.outer = outer

    def x(self, index: Index) -> Factor:
        return self.outer.x(sequence(index))

    def dy(self, index: Index) -> Factor:
        return self.outer.dy(sequence(index))


@explains(AveragePooling1D, MaxPooling1D, UpSampling1D)
class OneRowExplainer(Explainer[OneRow]):
    """The explanation of the layer for images, with the places of sequences."""

    def __init__(self, layer: OneRow, given: Given) -> None:
        super().__init__(layer, given)
        self.image = explainer_of(layer.image)(layer.image, Row(given, layer))

    def y(self, index: Index) -> Explanation:
        return replace(self.image.y(row(index)), index=index)

    def dx(self, index: Index) -> Explanation:
        return replace(self.image.dx(row(index)), index=index)
