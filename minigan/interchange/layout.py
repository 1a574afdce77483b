"""The name and the order of axes of a parameter in another library.

Keras keeps images as minigan does, (N, H, W, C), and so has the same kernels. PyTorch keeps them as (N, C, H, W): its
kernels have another order of axes, and so do the rows or columns of a matrix that reads or makes a flattened image.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from minigan.layers import Layer, Shape

__all__ = ["AxisPermutation", "Entry", "entry", "from_theirs", "to_theirs"]


class AxisPermutation(NamedTuple):
    """Axes split, put in another order, and joined again.

    A kernel (KH, KW, C, F) becomes PyTorch's (F, C, KH, KW) by ``axes = (3, 2, 0, 1)``. The rows of a matrix
    (H*W*C, U) that follows a flattened image are split into (H, W, C, U), become (U, C, H, W) by the same axes, and are
    joined to (U, C*H*W).

    Attributes
    ----------
    ours, theirs : tuple of int
        The shape of the array in minigan and in the other library.
    parts : tuple of int
        Our shape with its axes split.
    axes : tuple of int
        The part that comes first in the other library, the second, and so on.
    """

    ours: Shape
    theirs: Shape
    parts: Shape
    axes: tuple[int, ...]

    def to_other(self, array: np.ndarray) -> np.ndarray:
        """Convert our array to the other library's order: a copy."""
        return array.reshape(self.parts).transpose(self.axes).reshape(self.theirs).copy()

    def from_other(self, array: np.ndarray) -> np.ndarray:
        """Convert an array of the other library to our order: a copy."""
        permuted = [self.parts[axis] for axis in self.axes]
        return array.reshape(permuted).transpose(np.argsort(self.axes)).reshape(self.ours).copy()

    @classmethod
    def identity(cls, shape: Shape, theirs: Shape | None = None) -> "AxisPermutation":
        """The same order of numbers; only the shape may differ."""
        return cls(shape, shape if theirs is None else theirs, shape, tuple(range(len(shape))))


class Entry(NamedTuple):
    """A parameter: its name in minigan, its name in the other library, and the permutation of its axes."""

    ours: str
    theirs: str
    permutation: AxisPermutation


def entry(layer: Layer, parameter: str, theirs: str, permutation: AxisPermutation | None = None) -> Entry:
    """The entry of a layer's parameter; the order of its axes stays if no permutation is given."""
    shape = layer.parameters[parameter].data.shape
    return Entry(f"{layer.name}.{parameter}", theirs, permutation or AxisPermutation.identity(shape))


def to_theirs(state: Mapping[str, np.ndarray], entries: Sequence[Entry]) -> dict[str, np.ndarray]:
    """The arrays of a `minigan.Sequential.state_dict` with the other library's names and order of axes."""
    return {item.theirs: item.permutation.to_other(state[item.ours]) for item in entries}


def from_theirs(arrays: Mapping[str, np.ndarray], entries: Sequence[Entry]) -> dict[str, np.ndarray]:
    """Their arrays as a `minigan.Sequential.state_dict`."""
    return {item.ours: item.permutation.from_other(arrays[item.theirs]) for item in entries}
