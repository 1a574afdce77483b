"""The convolutions: which entries of image and kernel meet."""

from itertools import product as combinations
from typing import NamedTuple

from minigan.explaining.affine import A, AffineExplainer, Formulas, Pairs
from minigan.explaining.explanation import Index
from minigan.explaining.given import Given
from minigan.explaining.one_row import row, sequence
from minigan.explaining.registry import explains
from minigan.explaining.windows import Windows, on_padding
from minigan.layers import Conv1D, Conv2D, Conv2DTranspose
from minigan.layers.convolution import Convolution2D
from minigan.layers.validation import height_width

__all__: list[str] = []


class Meetings(NamedTuple):
    """The convolution from a large image (N, H, W, C) to a small one (N, OH, OW, F), a pixel for each window.

    Every method has one of three entries given, that of the large image, of the small one or of the kernel, and finds
    the places of the other two in all products that it is a part of.

    Attributes
    ----------
    windows : Windows
        Over the large image.
    channels, filters : int
        Of the large and of the small image, in one group.
    batch : int
    """

    windows: Windows
    channels: int
    filters: int
    batch: int

    def of_small(self, index: Index) -> Pairs:
        """The places in the large image and in the kernel, in the order of the kernel."""
        n, p, q, f = index
        first = f // self.filters * self.channels
        for (h, w), (i, j) in self.windows.pixels_of((p, q)):
            for c in range(self.channels):
                yield (n, h, w, first + c), (i, j, c, f)

    def of_large(self, index: Index) -> Pairs:
        """The places in the small image and in the kernel, in the order of the kernel."""
        n, h, w, channel = index
        group, c = divmod(channel, self.channels)
        for (p, q), (i, j) in self.windows.windows_of((h, w)):
            for f in range(group * self.filters, (group + 1) * self.filters):
                yield (n, p, q, f), (i, j, c, f)

    def of_kernel(self, index: Index) -> Pairs:
        """The places in the large and in the small image, image by image and window by window."""
        i, j, c, f = index
        channel = f // self.filters * self.channels + c
        for n, ((h, w), (p, q)) in combinations(range(self.batch), list(self.windows.meetings((i, j)))):
            yield (n, h, w, channel), (n, p, q, f)

    def outside_small(self, index: Index) -> int:
        """The products with the padding in an entry of the small image."""
        _, p, q, _ = index
        return self.channels * sum(self.windows.pixel((p, q), entry) is None for entry in self.windows.entries())

    def outside_kernel(self, index: Index) -> int:
        """The products of an entry of the kernel with the padding."""
        i, j, *_ = index
        return self.batch * sum(self.windows.pixel(window, (i, j)) is None for window in self.windows.places())


def meetings(layer: Convolution2D, large: tuple[int, ...], small: tuple[int, ...], batch: int) -> Meetings:
    """Those of a layer for images, between arrays of these shapes without the batch axis."""
    spec = layer.windows
    steps = spec.size, spec.strides, spec.dilation_rate
    windows = Windows(*steps, layer.pads, height_width(large), height_width(small))
    return Meetings(windows, large[-1] // layer.groups, small[-1] // layer.groups, batch)


class ConvolutionExplainer(AffineExplainer[A]):
    """From x, the large image, to z, the small one. A subclass says which entries meet."""

    #: Of an image; 1 for a sequence.
    axes = 2

    def __init__(self, layer: A, given: Given) -> None:
        super().__init__(layer, given)
        self.meetings = self.find_meetings()

    def find_meetings(self) -> Meetings:
        """Which entries meet."""
        raise NotImplementedError

    @property
    def formulas(self) -> Formulas:
        at = self.meetings.windows.letters(self.axes)
        return Formulas(
            z=f"[n, {at.window}, f] = sum_{at.entries}c x[n, {at.at}, c] kernel[{at.entry}, c, f]{{bias}}",
            dx=f"dx[n, {at.pixel}, c] = sum {{dz}}[n, {at.window}, f] kernel[{at.entry}, c, f], over {at.where} and f",
            dkernel=f"dkernel[{at.entry}, c, f] = sum_n{at.windows} x[n, {at.at}, c] {{dz}}[n, {at.window}, f]",
            dbias=f"dbias[f] = sum_n{at.windows} {{dz}}[n, {at.window}, f]",
        )

    def pairs_of_z(self, index: Index) -> Pairs:
        return self.meetings.of_small(index)

    def pairs_of_x(self, index: Index) -> Pairs:
        return self.meetings.of_large(index)

    def pairs_of_kernel(self, index: Index) -> Pairs:
        return self.meetings.of_kernel(index)

    def note(self, quantity: str, index: Index) -> str:
        match quantity:
            case "z":
                return on_padding(self.meetings.outside_small(index))
            case "dkernel":
                return on_padding(self.meetings.outside_kernel(index))
        return ""


@explains(Conv2D)
class Conv2DExplainer(ConvolutionExplainer[Conv2D]):
    """In groups, filters meet the channels of their group alone."""

    def find_meetings(self) -> Meetings:
        return meetings(self.layer, self.layer.input_shape, self.layer.output_shape, self.given.batch)


@explains(Conv1D)
class Conv1DExplainer(ConvolutionExplainer[Conv1D]):
    """A convolution of images of one row, the axis of which is left out of every index."""

    axes = 1

    def find_meetings(self) -> Meetings:
        layer = self.layer
        return meetings(layer.image, (1, *layer.input_shape), (1, *layer.output_shape), self.given.batch)

    def pairs_of_z(self, index: Index) -> Pairs:
        return ((sequence(x), kernel[1:]) for x, kernel in super().pairs_of_z(row(index)))

    def pairs_of_x(self, index: Index) -> Pairs:
        return ((sequence(z), kernel[1:]) for z, kernel in super().pairs_of_x(row(index)))

    def pairs_of_kernel(self, index: Index) -> Pairs:
        return ((sequence(x), sequence(z)) for x, z in super().pairs_of_kernel((0, *index)))

    def note(self, quantity: str, index: Index) -> str:
        return super().note(quantity, (0, *index) if quantity == "dkernel" else row(index))


@explains(Conv2DTranspose)
class Conv2DTransposeExplainer(ConvolutionExplainer[Conv2DTranspose]):
    """From x, the small image, to z, the large one: every pixel of x paints a kernel into it."""

    def find_meetings(self) -> Meetings:
        return meetings(self.layer, self.layer.output_shape, self.layer.input_shape, self.given.batch)

    @property
    def formulas(self) -> Formulas:
        at = self.meetings.windows.letters(self.axes)
        return Formulas(
            z=f"[n, h, w, f] = sum x[n, p, q, c] kernel[i, j, f, c]{{bias}}, over {at.where} and c",
            dx=f"dx[n, p, q, c] = sum_ijf {{dz}}[n, {at.at}, f] kernel[i, j, f, c]",
            dkernel=f"dkernel[i, j, f, c] = sum_npq x[n, p, q, c] {{dz}}[n, {at.at}, f]",
            dbias="dbias[f] = sum_nhw {dz}[n, h, w, f]",
        )

    def pairs_of_z(self, index: Index) -> Pairs:
        return self.meetings.of_large(index)

    def pairs_of_x(self, index: Index) -> Pairs:
        return self.meetings.of_small(index)

    def pairs_of_kernel(self, index: Index) -> Pairs:
        return ((x, z) for z, x in self.meetings.of_kernel(index))

    def note(self, quantity: str, index: Index) -> str:
        match quantity:
            case "dx":
                return cut_off(self.meetings.outside_small(index))
            case "dkernel":
                return cut_off(self.meetings.outside_kernel(index))
        return ""


def cut_off(count: int) -> str:
    """The note on what is painted beyond the edges of the output."""
    return f"{count} more term{'s fall' if count > 1 else ' falls'} on what the padding cuts off" if count else ""
