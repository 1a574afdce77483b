"""Where windows lie in an image: the geometry of convolution and pooling, place by place."""

from collections.abc import Iterator
from typing import NamedTuple

from minigan.kernels import Pads, Pair

__all__ = ["Letters", "Windows", "on_padding"]


class Letters(NamedTuple):
    """How formulas write places: of images with two letters, of sequences with one.

    Attributes
    ----------
    window : str
        ``p, q``.
    entry : str
        ``i, j``, a place inside a window.
    at : str
        ``p*2 + i - 1, q*2 + j``, the pixel at that entry of the window.
    pixel : str
        ``h, w``.
    """

    window: str
    entry: str
    at: str
    pixel: str

    @property
    def where(self) -> str:
        """The condition on windows that a pixel lies in: ``p*2 + i = h, q*2 + j = w``."""
        pairs = zip(self.at.split(", "), self.pixel.split(", "))
        return ", ".join(f"{at} = {pixel}" for at, pixel in pairs)

    @property
    def entries(self) -> str:
        """The letters below a sum over a window."""
        return self.entry.replace(", ", "")

    @property
    def windows(self) -> str:
        """The letters below a sum over all windows."""
        return self.window.replace(", ", "")


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
        p, rest_down = divmod(h + self.pads[0][0] - i * self.dilation[0], self.strides[0])
        q, rest_across = divmod(w + self.pads[1][0] - j * self.dilation[1], self.strides[1])
        inside = 0 <= p < self.number[0] and 0 <= q < self.number[1]
        return (p, q) if inside and not rest_down and not rest_across else None

    def pixels_of(self, window: Pair) -> Iterator[tuple[Pair, Pair]]:
        """The pixels in a window, each with its entry: padding is left out."""
        return ((pixel, entry) for entry in self.entries() if (pixel := self.pixel(window, entry)) is not None)

    def windows_of(self, pixel: Pair) -> Iterator[tuple[Pair, Pair]]:
        """The windows that a pixel lies in, each with the pixel's entry there, in the order of the entries."""
        return ((window, entry) for entry in self.entries() if (window := self.window(pixel, entry)) is not None)

    def meetings(self, entry: Pair) -> Iterator[tuple[Pair, Pair]]:
        """For one entry of the windows each pixel with its window: padding is left out."""
        return ((pixel, window) for window in self.places() if (pixel := self.pixel(window, entry)) is not None)

    def letters(self, axes: int) -> Letters:
        """How formulas write places: with 2 axes, or with 1 where the image is the one row of a sequence."""
        ats = [
            place
            + (f"*{stride}" if stride > 1 else "")
            + f" + {entry}"
            + (f"*{apart}" if apart > 1 else "")
            + (f" - {before}" if before else "")
            for place, entry, stride, apart, (before, _) in zip(
                ("p", "q") if axes == 2 else ("", "p"),
                ("i", "j") if axes == 2 else ("", "i"),
                self.strides,
                self.dilation,
                self.pads,
            )
        ]
        return Letters("p, q", "i, j", ", ".join(ats), "h, w") if axes == 2 else Letters("p", "i", ats[1], "t")


def on_padding(count: int) -> str:
    """The note on terms that are left out of a sum because the padding is 0."""
    return f"{count} more term{'s fall' if count > 1 else ' falls'} on the padding" if count else ""
