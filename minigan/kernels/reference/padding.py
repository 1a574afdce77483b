"""Padding around images."""

from minigan.backend import Array, array_module

__all__ = ["Pads", "Pair", "crop", "pad"]

#: Something for height and width.
Pair = tuple[int, int]

#: Rows before and after, columns before and after.
Pads = tuple[Pair, Pair]


def pad(x: Array, pads: Pads, value: float = 0.0) -> Array:
    """Frame images (N, H, W, C) with `value`."""
    if not any(map(any, pads)):
        return x
    return array_module(x).pad(x, ((0, 0), *pads, (0, 0)), constant_values=value)


def crop(x: Array, pads: Pads) -> Array:
    """Take off the frame that `pad` put on: a view."""
    (top, bottom), (left, right) = pads
    return x[:, top : x.shape[1] - bottom, left : x.shape[2] - right]
