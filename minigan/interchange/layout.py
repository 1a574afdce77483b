"""How a parameter is named and turned in another library.

Keras keeps images as minigan does, (N, H, W, C), and so has the same kernels. PyTorch keeps them as (N, C, H, W): its
kernels have other axes, and a matrix that reads or paints a flattened image has its rows in another order.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from minigan.layers import Layer, Shape

__all__ = ["Entry", "Turn", "entry", "from_theirs", "to_theirs"]


class Turn(NamedTuple):
    """Axes taken apart, put in another order, and put together again.

    A kernel (KH, KW, C, F) becomes PyTorch's (F, C, KH, KW) by ``axes = (3, 2, 0, 1)``. The rows of a matrix
    (H*W*C, U) that follows a flattened image are taken apart into (H, W, C, U), become (U, C, H, W) by the same axes,
    and are put together to (U, C*H*W).

    Attributes
    ----------
    ours, theirs : tuple of int
        The shape of the array here and there.
    parts : tuple of int
        Ours with its axes taken apart.
    axes : tuple of int
        Which of the parts comes first there, and so on.
    """

    ours: Shape
    theirs: Shape
    parts: Shape
    axes: tuple[int, ...]

    def there(self, array: np.ndarray) -> np.ndarray:
        """Ours as it lies there, in memory of its own."""
        return array.reshape(self.parts).transpose(self.axes).reshape(self.theirs).copy()

    def back(self, array: np.ndarray) -> np.ndarray:
        """Theirs as it lies here, in memory of its own."""
        turned = [self.parts[axis] for axis in self.axes]
        return array.reshape(turned).transpose(np.argsort(self.axes)).reshape(self.ours).copy()

    @classmethod
    def none(cls, shape: Shape, theirs: Shape | None = None) -> "Turn":
        """Nothing moves; the axes may be put together in another way."""
        return cls(shape, shape if theirs is None else theirs, shape, tuple(range(len(shape))))


class Entry(NamedTuple):
    """A parameter: its name here, its name there, and how it is turned."""

    ours: str
    theirs: str
    turn: Turn


def entry(layer: Layer, parameter: str, theirs: str, turn: Turn | None = None) -> Entry:
    """That of a layer's parameter; as it is if no turn is given."""
    shape = layer.parameters[parameter].data.shape
    return Entry(f"{layer.name}.{parameter}", theirs, turn or Turn.none(shape))


def to_theirs(state: Mapping[str, np.ndarray], entries: Sequence[Entry]) -> dict[str, np.ndarray]:
    """The arrays of a `minigan.Sequential.state_dict` as they are named and lie there."""
    return {item.theirs: item.turn.there(state[item.ours]) for item in entries}


def from_theirs(arrays: Mapping[str, np.ndarray], entries: Sequence[Entry]) -> dict[str, np.ndarray]:
    """Their arrays as a `minigan.Sequential.state_dict`."""
    return {item.ours: item.turn.back(arrays[item.theirs]) for item in entries}
