"""The convolutions."""

from itertools import product as combinations

from minigan.explaining.affine import AffineExplainer, Formulas, Pairs
from minigan.explaining.explanation import Index
from minigan.explaining.given import Given
from minigan.explaining.registry import explains
from minigan.explaining.windows import Windows
from minigan.layers import Conv2D
from minigan.layers.validation import height_width

__all__ = ["Conv2DExplainer"]


@explains(Conv2D)
class Conv2DExplainer(AffineExplainer[Conv2D]):
    """Each entry of the kernel joins a pixel of every window of x to that window's pixel of z."""

    def __init__(self, layer: Conv2D, given: Given) -> None:
        super().__init__(layer, given)
        spec, image, count = layer.windows, height_width(layer.input_shape), height_width(layer.output_shape)
        self.windows = Windows(spec.size, spec.strides, spec.dilation_rate, layer.pads, image, count)
        #: Channels and filters of one group.
        self.channels, self.filters = (shape[-1] // layer.groups for shape in (layer.input_shape, layer.output_shape))

    @property
    def formulas(self) -> Formulas:
        step = self.windows.strides, self.windows.dilation
        h, w = (
            place + (f"*{stride}" if stride > 1 else "") + f" + {entry}" + (f"*{apart}" if apart > 1 else "")
            for place, entry, stride, apart in zip("pq", "ij", *step)
        )
        h, w = (text + (f" - {before}" if before else "") for text, (before, _) in zip((h, w), self.windows.pads))
        return Formulas(
            z=f"[n, p, q, f] = sum_ijc x[n, {h}, {w}, c] kernel[i, j, c, f]",
            bias="bias[f]",
            dx=f"dx[n, h, w, c] = sum {{dz}}[n, p, q, f] kernel[i, j, c, f] over all {h} = h, {w} = w and f",
            dkernel=f"dkernel[i, j, c, f] = sum_npq x[n, {h}, {w}, c] {{dz}}[n, p, q, f]",
            dbias="dbias[f] = sum_npq {dz}[n, p, q, f]",
        )

    def pairs_of_z(self, index: Index) -> Pairs:
        n, p, q, f = index
        first = f // self.filters * self.channels
        for (h, w), (i, j) in self.windows.pixels_of((p, q)):
            for c in range(self.channels):
                yield (n, h, w, first + c), (i, j, c, f)

    def pairs_of_x(self, index: Index) -> Pairs:
        n, h, w, channel = index
        group, c = divmod(channel, self.channels)
        for (p, q), (i, j) in self.windows.windows_of((h, w)):
            for f in range(group * self.filters, (group + 1) * self.filters):
                yield (n, p, q, f), (i, j, c, f)

    def pairs_of_kernel(self, index: Index) -> Pairs:
        i, j, c, f = index
        channel = f // self.filters * self.channels + c
        for n, ((h, w), (p, q)) in combinations(range(self.given.batch), self.windows.meetings((i, j))):
            yield (n, h, w, channel), (n, p, q, f)

    def note(self, quantity: str, index: Index) -> str:
        match quantity:
            case "z":
                _, p, q, _ = index
                count = sum(self.windows.pixel((p, q), entry) is None for entry in self.windows.entries())
                outside = count * self.channels
            case "dkernel":
                i, j, *_ = index
                count = sum(self.windows.pixel(window, (i, j)) is None for window in self.windows.places())
                outside = count * self.given.batch
            case _:
                outside = 0
        return on_padding(outside)


def on_padding(count: int) -> str:
    """The note on terms that are left out of a sum because the padding is 0."""
    return f"{count} more term{'s fall' if count > 1 else ' falls'} on the padding, which is 0" if count else ""
