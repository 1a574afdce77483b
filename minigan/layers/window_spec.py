"""The windows that convolution and pooling slide over an image."""

from typing import NamedTuple

from minigan import kernels
from minigan.errors import ConfigError, ShapeError
from minigan.kernels import Pads, Pair
from minigan.layers.base import Layer
from minigan.layers.validation import explicit_padding, pair

__all__ = ["WindowSpec"]


class WindowSpec(NamedTuple):
    """Windows of `size` pixels, `strides` apart, over an image with zeros around it.

    `padding` is "valid" (no zeros), "same" (the zeros that give ``ceil(size / stride)`` windows, with the odd
    pixel at the bottom and the right, as in Keras) or an explicit ((top, bottom), (left, right)). The pixels of a
    window are `dilation_rate` apart.
    """

    size: Pair
    strides: Pair
    padding: str | Pads
    dilation_rate: Pair = (1, 1)

    @classmethod
    def of(
        cls, layer: Layer, size: tuple, strides: tuple, padding: str | int | Pair | Pads, dilation: int | Pair = 1
    ) -> "WindowSpec":
        """Check the arguments; `size` and `strides` come as (name of the argument, value)."""
        if not isinstance(padding, str):
            padding = explicit_padding(layer, padding)
        elif padding.lower() not in ("same", "valid"):
            raise ConfigError(f"{layer.title}: expected padding 'same', 'valid' or numbers, got {padding!r}")
        else:
            padding = padding.lower()
        apart = pair(layer, "dilation_rate", dilation)
        return cls(pair(layer, *size), pair(layer, *strides), padding, apart)

    @property
    def spans(self) -> Pair:
        """The height and width of a window, the pixels between its own included."""
        height, width = map(kernels.span, self.size, self.dilation_rate)
        return height, width

    def pads(self, image: Pair) -> Pads:
        """The zeros around an image of this size, ((top, bottom), (left, right))."""
        if self.padding == "same":
            height, width = map(same_pads, image, self.spans, self.strides)
            return height, width
        return ((0, 0), (0, 0)) if isinstance(self.padding, str) else self.padding

    def fit(self, layer: Layer, image: Pair) -> Pair:
        """The number of windows down and across: at least one of each."""
        down, across = map(kernels.output_size, image, self.size, self.strides, self.pads(image), self.dilation_rate)
        if down < 1 or across < 1:
            raise ShapeError(f"{layer.title}: windows of {self.spans} do not fit into images of {image}")
        return down, across

    def fit_pixels(self, layer: Layer, image: Pair) -> Pair:
        """As `fit`, where each window needs a pixel of the image: of none there is no maximum and no mean."""
        counts, pads = self.fit(layer, image), self.pads(image)
        for count, extent, window, stride, (before, _) in zip(counts, image, self.spans, self.strides, pads):
            if window <= before or (count - 1) * stride - before >= extent:
                raise ShapeError(
                    f"{layer.title}: expected every window to hold a pixel of the image {image}, "
                    f"got padding {pads}: use less than the windows' {self.spans} on each side"
                )
        return counts


def same_pads(size: int, window: int, stride: int) -> Pair:
    """The padding of one axis that gives ``ceil(size / stride)`` windows."""
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2
