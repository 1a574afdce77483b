"""Where windows lie in an image: the geometry of convolution and pooling, place by place."""

from collections.abc import Iterator
from typing import NamedTuple

from minigan.kernels import Pads, Pair

__all__ = ["Windows"]


class Windows(NamedTuple):
    """Windows over an image: window (p, q) has its entry (i, j) at ``(p*s + i*d, q*s + j*d)`` of the padded image.

    Attributes
    ----------
    size, strides, dilation : (int, int)
        Of a window: its rows and columns, the distance to the next one, the distance of its own rows and columns.
    pads : ((int, int), (int, int))
        The padding around the image.
    image : (int, int)
        The image's height and width.
    number : (int, int)
        Of windows, down and across.
    """

    size: Pair
    strides: Pair
    dilation: Pair
    pads: Pads
    image: Pair
    number: Pair

    def entries(self) -> Iterator[Pair]:
        """All (i, j), row by row."""
        return ((i, j) for i in range(self.size[0]) for j in range(self.size[1]))

    def places(self) -> Iterator[Pair]:
        """All (p, q), row by row."""
        return ((p, q) for p in range(self.number[0]) for q in range(self.number[1]))

    def pixel(self, window: Pair, entry: Pair) -> Pair | None:
        """The pixel (h, w) at an entry of a window; None on the padding."""
        (p, q), (i, j) = window, entry
        h = p * self.strides[0] + i * self.dilation[0] - self.pads[0][0]
        w = q * self.strides[1] + j * self.dilation[1] - self.pads[1][0]
        return (h, w) if 0 <= h < self.image[0] and 0 <= w < self.image[1] else None

    def window(self, pixel: Pair, entry: Pair) -> Pair | None:
        """The window (p, q) that has a pixel at this entry; None if there is none."""
        (h, w), (i, j) = pixel, entry
        p, rest = divmod(h + self.pads[0][0] - i * self.dilation[0], self.strides[0])
        q, rest_across = divmod(w + self.pads[1][0] - j * self.dilation[1], self.strides[1])
        inside = not rest and not rest_across and 0 <= p < self.number[0] and 0 <= q < self.number[1]
        return (p, q) if inside else None

    def pixels_of(self, window: Pair) -> Iterator[tuple[Pair, Pair]]:
        """The pixels in a window, each with its entry: padding is left out."""
        return ((pixel, entry) for entry in self.entries() if (pixel := self.pixel(window, entry)) is not None)

    def windows_of(self, pixel: Pair) -> Iterator[tuple[Pair, Pair]]:
        """The windows that a pixel lies in, each with the pixel's entry there, in the order of the entries."""
        return ((window, entry) for entry in self.entries() if (window := self.window(pixel, entry)) is not None)

    def meetings(self, entry: Pair) -> Iterator[tuple[Pair, Pair]]:
        """For one entry of the windows each pixel with its window: padding is left out."""
        return ((pixel, window) for window in self.places() if (pixel := self.pixel(window, entry)) is not None)
