"""The modules of PyTorch for layers without weights."""

from collections.abc import Callable
from math import inf

from minigan import layers
from minigan.interchange.pytorch_module import LIBRARY, At, Module, in_our_order, module, padding_module
from minigan.interchange.settings import refusal
from minigan.kernels import Pads, Pair
from minigan.layers import Layer, Shape
from minigan.layers.validation import height_width

__all__ = ["WEIGHTLESS"]

# Activations, dropout and noise


def simple(name: str) -> Callable[[At, Layer], list[Module]]:
    """A module without settings."""
    return lambda at, layer: [module(name)]


def elu(at: At, layer: layers.ELU, *, alpha: float) -> list[Module]:
    return [module("nn.ELU", alpha)]


def leaky_relu(at: At, layer: layers.LeakyReLU, *, negative_slope: float) -> list[Module]:
    return [module("nn.LeakyReLU", negative_slope)]


def relu(
    at: At, layer: layers.ReLU, *, max_value: float | None, negative_slope: float, threshold: float
) -> list[Module]:
    if max_value is not None or threshold:
        return [module("BoundedReLU", max_value, negative_slope, threshold)]
    return [module("nn.LeakyReLU", negative_slope) if negative_slope else module("nn.ReLU")]


def softmax(at: At, layer: layers.Softmax, *, axis: int) -> list[Module]:
    """Over the same axis, which has another number in images."""
    rank = len(layer.input_shape) + 1
    place = axis % rank
    return [module("nn.Softmax", (0, 2, 3, 1)[place] if rank == 4 else place)]


def dropout(at: At, layer: layers.Dropout, *, rate: float) -> list[Module]:
    return [module("nn.Dropout", rate)]


def gaussian_noise(at: At, layer: layers.GaussianNoise, *, stddev: float) -> list[Module]:
    return [module("GaussianNoise", stddev)]


# Images


def channel_max(at: At, layer: layers.ChannelMax, *, pieces: int) -> list[Module]:
    """Maxima of neighbours along the last axis, which is that after the batch's in images."""
    if len(layer.input_shape) == 3:
        channels = layer.output_shape[-1]
        split = module("nn.Unflatten", 1, (channels, pieces))
        return [split, module("nn.MaxPool3d", (pieces, 1, 1)), module("nn.Flatten", 1, 2)]
    if len(layer.input_shape) == 4:
        return [module("nn.MaxPool3d", (1, 1, pieces))]
    if len(layer.input_shape) > 4:
        raise refusal(layer, LIBRARY, "pieces", pieces, f"on an input of shape {layer.input_shape}")
    return [*in_our_order(at.enters), module("nn.MaxPool1d", pieces)]


def max_pooling(
    at: At, layer: layers.MaxPooling2D, *, pool_size: Pair, strides: Pair, padding: str | Pads
) -> list[Module]:
    pads = layer.windows.pads(height_width(layer.input_shape))
    before = [padding_module(pads, -inf)] if any(map(any, pads)) else []
    return [*before, module("nn.MaxPool2d", pool_size, stride=strides)]


def average_pooling(
    at: At, layer: layers.AveragePooling2D, *, pool_size: Pair, strides: Pair, padding: str | Pads
) -> list[Module]:
    """PyTorch's module where it can pad as needed: as much on both sides, and at most half of a window."""
    (top, bottom), (left, right) = layer.windows.pads(height_width(layer.input_shape))
    if (top, left) != (bottom, right) or 2 * top > pool_size[0] or 2 * left > pool_size[1]:
        return [module("AveragePool", pool_size, strides, (left, right, top, bottom))]
    return [module("nn.AvgPool2d", pool_size, stride=strides, padding=(top, left), count_include_pad=False)]


def global_average(at: At, layer: layers.GlobalAveragePooling2D) -> list[Module]:
    return [module("nn.AdaptiveAvgPool2d", 1), module("nn.Flatten")]


def up_sampling(at: At, layer: layers.UpSampling2D, *, size: Pair, interpolation: str) -> list[Module]:
    return [module("nn.Upsample", scale_factor=size, mode=interpolation)]


def zero_padding(at: At, layer: layers.ZeroPadding2D, *, padding: Pads) -> list[Module]:
    return [padding_module(padding)]


# Shapes


def flatten(at: At, layer: layers.Flatten) -> list[Module]:
    return [module("nn.Flatten")]


def reshape(at: At, layer: layers.Reshape, *, target_shape: Shape) -> list[Module]:
    """PyTorch's module where an image becomes a vector or a vector becomes this very image."""
    shape = layer.output_shape
    if len(shape) == 1 and at.leaves is not None:
        return [module("nn.Flatten")]
    if len(shape) == 3 and at.enters == shape:
        height, width, channels = shape
        return [module("nn.Unflatten", 1, (channels, height, width))]
    return [*in_our_order(at.enters), module("Reshape", shape)]


def nothing(at: At, layer: Layer) -> list[Module]:
    return []


WEIGHTLESS: dict[type[Layer], Callable[..., list[Module]]] = {
    layers.AveragePooling2D: average_pooling,
    layers.ChannelMax: channel_max,
    layers.Dropout: dropout,
    layers.ELU: elu,
    layers.Flatten: flatten,
    layers.GaussianNoise: gaussian_noise,
    layers.GlobalAveragePooling2D: global_average,
    layers.Identity: nothing,
    layers.LeakyReLU: leaky_relu,
    layers.MaxPooling2D: max_pooling,
    layers.ReLU: relu,
    layers.Reshape: reshape,
    layers.Sigmoid: simple("nn.Sigmoid"),
    layers.Softmax: softmax,
    layers.Softplus: simple("nn.Softplus"),
    layers.Tanh: simple("nn.Tanh"),
    layers.UpSampling2D: up_sampling,
    layers.ZeroPadding2D: zero_padding,
}
