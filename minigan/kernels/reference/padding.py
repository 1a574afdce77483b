"""Padding around images."""

from minigan.backend import Array, array_module

__all__ = ["Pads", "Pair", "crop", "pad"]

#: A number for the height and one for the width.
Pair = tuple[int, int]

#: Rows above and below, columns left and right.
Pads = tuple[Pair, Pair]


def pad(x: Array, pads: Pads, value: float = 0.0) -> Array:
    """Images (N, H, W, C) with `value` around them."""
    if not any(map(any, pads)):
        return x
    return array_module(x).pad(x, ((0, 0), *pads, (0, 0)), constant_values=value)


def crop(x: Array, pads: Pads) -> Array:
    """The images without the padding that `pad` added: a view."""
    (top, bottom), (left, right) = pads
    return x[:, top : x.shape[1] - bottom, left : x.shape[2] - right]
