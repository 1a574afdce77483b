"""A module of PyTorch as a writer makes it: its code and its weights; and the modules that PyTorch lacks."""

from typing import NamedTuple

from minigan.interchange.layout import AxisPermutation
from minigan.interchange.program import call
from minigan.kernels import Pads
from minigan.layers import Shape

__all__ = ["CLASSES", "LIBRARY", "At", "Module", "in_our_order", "module", "padding_module", "vector"]

#: The library's name in errors.
LIBRARY = "PyTorch"


class Module(NamedTuple):
    """A module of PyTorch: its code, and our parameters that it holds, with PyTorch's names."""

    code: str
    weights: tuple[tuple[str, str, AxisPermutation], ...] = ()


class At(NamedTuple):
    """The images (H, W, C) whose flattened form a layer's input and output are; None where they are no flat image."""

    enters: Shape | None = None
    leaves: Shape | None = None


def module(name: str, *arguments: object, **named: object) -> Module:
    """A module without weights."""
    return Module(call(name, *arguments, **named))


def vector(image: Shape | None, size: int) -> AxisPermutation:
    """The permutation of a vector with one number for each of a flat output."""
    if image is None:
        return AxisPermutation.identity((size,))
    return AxisPermutation((size,), (size,), image, (2, 0, 1))


def padding_module(pads: Pads, value: float = 0.0) -> Module:
    """Padding of images."""
    (top, bottom), (left, right) = pads
    sides = (left, right, top, bottom)
    return module("nn.ConstantPad2d", sides, value) if value else module("nn.ZeroPad2d", sides)


def in_our_order(image: Shape | None) -> list[Module]:
    """The modules that bring a flat image to minigan's order of numbers, pixel by pixel."""
    if image is None or image[2] == 1 or image[0] * image[1] == 1:
        return []
    height, width, channels = image
    return [module("nn.Unflatten", 1, (channels, height, width)), module("Reshape", (height * width * channels,))]


#: Modules that PyTorch does not have, by name. A program begins with those that it needs.
CLASSES = {
    "AveragePool": '''
class AveragePool(nn.AvgPool2d):
    """The mean of the pixels of each window that are inside of the image."""

    def __init__(self, size, stride, sides):
        super().__init__(size, stride)
        self.sides = sides

    def forward(self, x):
        pooled = super().forward
        total, inside = (pooled(nn.functional.pad(a, self.sides)) for a in (x, torch.ones_like(x)))
        return total / inside
''',
    "BoundedReLU": '''
class BoundedReLU(nn.Module):
    """x above the threshold, negative_slope * (x - threshold) below, at most max_value."""

    def __init__(self, max_value, negative_slope, threshold):
        super().__init__()
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold

    def forward(self, x):
        y = torch.where(x > self.threshold, x, self.negative_slope * (x - self.threshold))
        return y if self.max_value is None else y.clamp(max=self.max_value)
''',
    "ChannelNorm": '''
class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of (N, C, H, W)."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "GaussianNoise": '''
class GaussianNoise(nn.Module):
    """In training, noise is added."""

    def __init__(self, stddev):
        super().__init__()
        self.stddev = stddev

    def forward(self, x):
        return x + self.stddev * torch.randn_like(x) if self.training else x
''',
    "LastGroupNorm": '''
class LastGroupNorm(nn.GroupNorm):
    """GroupNorm of the last axis."""

    def forward(self, x):
        return super().forward(x.movedim(-1, 1)).movedim(1, -1)
''',
    "LastNorm": '''
class LastNorm(nn.BatchNorm1d):
    """BatchNorm of the last axis."""

    def forward(self, x):
        return super().forward(x.flatten(0, -2)).view_as(x)
''',
    "PlacePReLU": '''
class PlacePReLU(nn.Module):
    """PReLU with slopes of any shape that fits."""

    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self, x):
        return torch.where(x > 0, x, self.weight * x)
''',
    "Residual": '''
class Residual(nn.Sequential):
    """Modules in a row, whose output is added to their input."""

    def forward(self, x):
        return x + super().forward(x)
''',
    "Reshape": '''
class Reshape(nn.Module):
    """Reshape of (N, H, W, C), with images as (N, C, H, W) before and after."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        x = x.movedim(1, -1) if x.ndim == 4 else x
        y = x.reshape(len(x), *self.shape)
        return y.movedim(-1, 1) if y.ndim == 4 else y
''',
    "SelfAttention": '''
class SelfAttention(nn.Module):
    """Attention among the places of (N, C, H, W); the weight says how much of it is added."""

    def __init__(self, channels, keys, values):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.query = nn.Linear(channels, keys, bias=False)
        self.key = nn.Linear(channels, keys, bias=False)
        self.value = nn.Linear(channels, values, bias=False)
        self.output = nn.Linear(values, channels, bias=False)

    def forward(self, x):
        places = x.flatten(2).mT
        attention = (self.query(places) @ self.key(places).mT).softmax(-1)
        output = self.output(attention @ self.value(places))
        return x + self.weight * output.mT.reshape(x.shape)
''',
}
