"""The modules of PyTorch for layers with weights, and the order of the weights' axes."""

from collections.abc import Callable
from typing import Any

from minigan import layers
from minigan.interchange.layout import AxisPermutation
from minigan.interchange.program import call
from minigan.interchange.pytorch_module import (
    LIBRARY,
    At,
    Module,
    in_our_order,
    module,
    padding_module,
    vector,
)
from minigan.interchange.settings import refusal
from minigan.kernels import Pads, Pair
from minigan.layers import Layer, Shape
from minigan.layers.affine import Affine
from minigan.layers.validation import height_width

__all__ = ["WEIGHTED"]


# The order of weights


def first_channels(image: Shape | None, size: int) -> tuple[Shape, tuple[int, ...]]:
    """A flat axis split into its parts, and their order in PyTorch: those of an image, or the axis itself."""
    return (image, (2, 0, 1)) if image else ((size,), (0,))


def matrix(at: At, kernel: Shape) -> AxisPermutation:
    """The permutation of a matrix (D, U) to (U, D), or of the matrices (D, U, pieces) of a Maxout to (U*pieces, D)."""
    size, units, *pieces = kernel
    rows, order = first_channels(at.enters, size)
    columns, out = first_channels(at.leaves, units)
    columns_first = [len(rows) + axis for axis in out] + [len(rows) + len(columns)] * len(pieces)
    lines = units * (pieces[0] if pieces else 1)
    return AxisPermutation(kernel, (lines, size), (*rows, *columns, *pieces), (*columns_first, *order))


def window(kernel: Shape) -> AxisPermutation:
    """The permutation of a kernel (KH, KW, A, B) to (B, A, KH, KW)."""
    axes = (3, 2, 0, 1)
    return AxisPermutation(kernel, tuple(kernel[axis] for axis in axes), kernel, axes)


def affine(
    layer: Affine, name: str, *arguments: Any, kernel: AxisPermutation, bias: AxisPermutation, **named: Any
) -> Module:
    """A module with a kernel and, unless it has none, a bias."""
    both = (("kernel", "weight", kernel), ("bias", "bias", bias))
    if layer.use_bias:
        return Module(call(name, *arguments, **named), both)
    return Module(call(name, *arguments, **named, bias=False), both[:1])


# Products with a kernel


def dense(at: At, layer: layers.Dense, *, units: int, use_bias: bool) -> list[Module]:
    """A Linear; on images, whose last axis is not last in PyTorch, a convolution with windows of one pixel."""
    shape = layer.kernel.data.shape
    if len(layer.input_shape) == 3:
        kernel = AxisPermutation(shape, (*shape[::-1], 1, 1), shape, (1, 0))
        return [affine(layer, "nn.Conv2d", shape[0], units, 1, kernel=kernel, bias=vector(None, units))]
    return [affine(layer, "nn.Linear", *shape, kernel=matrix(at, shape), bias=vector(at.leaves, units))]


def maxout(at: At, layer: layers.Maxout, *, units: int, pieces: int) -> list[Module]:
    """All linear pieces of all units by one Linear, then the largest of each unit's."""
    size = layer.input_shape[0]
    parts, axes = first_channels(at.leaves, units)
    lines = AxisPermutation((units, pieces), (units * pieces,), (*parts, pieces), (*axes, len(parts)))
    weights = (("kernel", "weight", matrix(at, layer.kernel.data.shape)), ("bias", "bias", lines))
    return [Module(call("nn.Linear", size, units * pieces), weights), module("nn.MaxPool1d", pieces)]


def conv2d(
    at: At,
    layer: layers.Conv2D,
    *,
    filters: int,
    kernel_size: Pair,
    strides: Pair,
    padding: str | Pads,
    use_bias: bool,
    dilation_rate: Pair,
    groups: int,
) -> list[Module]:
    """A Conv2d, after a module that pads where the two sides of an axis get different numbers of zeros."""
    (top, bottom), (left, right) = pads = layer.pads
    even = (top, left) == (bottom, right)
    inside = (top, left) if even else (0, 0)
    made = convolution("nn.Conv2d", layer, kernel_size, strides, padding=inside, dilation=dilation_rate, groups=groups)
    return [made] if even else [padding_module(pads), made]


def conv2d_transpose(
    at: At,
    layer: layers.Conv2DTranspose,
    *,
    filters: int,
    kernel_size: Pair,
    strides: Pair,
    padding: str | Pads,
    use_bias: bool,
    dilation_rate: Pair,
    output_padding: Pair | None,
) -> list[Module]:
    """A ConvTranspose2d, before a module that crops where it cannot crop as much as is needed on each side.

    The module's `output_padding` is what is left when it has cropped as much below as above.
    """
    (top, bottom), (left, right) = layer.pads
    image, out = height_width(layer.input_shape), height_width(layer.output_shape)
    painted = [(size - 1) * stride + span for size, stride, span in zip(image, strides, layer.windows.spans)]
    cut, after = (top, left), []
    more = [large + 2 * edge - rows for large, edge, rows in zip(out, cut, painted)]
    if any(not 0 <= rows < stride for rows, stride in zip(more, strides)):
        # More is cropped below than above: by padding of negative width.
        cut, after = (0, 0), [padding_module(((-top, -bottom), (-left, -right)))]
        more = [large + sum(edges) - rows for large, edges, rows in zip(out, layer.pads, painted)]
    rest = {"padding": cut, "output_padding": tuple(more), "dilation": dilation_rate}
    return [convolution("nn.ConvTranspose2d", layer, kernel_size, strides, **rest), *after]


def convolution(
    name: str, layer: layers.Conv2D | layers.Conv2DTranspose, size: Pair, strides: Pair, **named: Any
) -> Module:
    """A convolution with the layer's weights; arguments that are PyTorch's defaults are left out."""
    usual = {"padding": (0, 0), "output_padding": (0, 0), "dilation": (1, 1), "groups": 1}
    given = {argument: value for argument, value in named.items() if value != usual[argument]}
    kernel, bias = window(layer.kernel.data.shape), vector(None, layer.filters)
    channels = layer.input_shape[-1], layer.filters
    return affine(layer, name, *channels, size, kernel=kernel, bias=bias, stride=strides, **given)


# Normalizations


def scale_shift(at: At, layer: Layer, **roles: str) -> tuple[tuple[str, str, AxisPermutation], ...]:
    """The weights of a normalization: those of the parameters that the layer has."""
    size = layer.input_shape[-1]
    return tuple((name, role, vector(at.enters, size)) for name, role in roles.items() if name in layer.parameters)


def batch_norm(
    at: At, layer: layers.BatchNorm, *, momentum: float, epsilon: float, center: bool, scale: bool
) -> list[Module]:
    """A BatchNorm1d or BatchNorm2d, which has both gamma and beta or none; its momentum is the weight of the new."""
    if center != scale:
        raise refusal(layer, LIBRARY, "center", center, f"where scale={scale}")
    weights = scale_shift(
        at, layer, gamma="weight", beta="bias", moving_mean="running_mean", moving_variance="running_var"
    )
    kind = {1: "nn.BatchNorm1d", 3: "nn.BatchNorm2d"}.get(len(layer.input_shape), "LastNorm")
    affine = {} if scale else {"affine": False}
    new = round(1 - momentum, 12)  # 0.2, not 0.19999999999999996
    return [Module(call(kind, layer.input_shape[-1], eps=epsilon, momentum=new, **affine), weights)]


def layer_norm(at: At, layer: layers.LayerNorm, *, epsilon: float, center: bool, scale: bool) -> list[Module]:
    """A LayerNorm, which has no beta without gamma."""
    if center and not scale:
        raise refusal(layer, LIBRARY, "scale", scale, f"where center={center}")
    kind = "ChannelNorm" if len(layer.input_shape) == 3 else "nn.LayerNorm"
    affine = {} if center else {"bias": False} if scale else {"elementwise_affine": False}
    weights = scale_shift(at, layer, gamma="weight", beta="bias")
    return [Module(call(kind, layer.input_shape[-1], eps=epsilon, **affine), weights)]


def group_normalization(
    at: At,
    layer: layers.GroupNormalization,
    *,
    groups: int,
    axis: int,
    epsilon: float,
    center: bool,
    scale: bool,
) -> list[Module]:
    """A GroupNorm, which has both gamma and beta or none; a flattened image is normalised in minigan's order.

    `axis` is always that of the channels.
    """
    if center != scale:
        raise refusal(layer, LIBRARY, "center", center, f"where scale={scale}")
    channels = layer.input_shape[-1]
    kind = "nn.GroupNorm" if len(layer.input_shape) in (1, 3) else "LastGroupNorm"
    affine = {} if scale else {"affine": False}
    weights = scale_shift(At(), layer, gamma="weight", beta="bias")
    made = Module(call(kind, layer.count, channels, eps=epsilon, **affine), weights)
    before = in_our_order(at.enters)
    return [*before, made, module("Reshape", at.enters), module("nn.Flatten")] if before else [made]


# An activation with weights


def prelu(at: At, layer: layers.PReLU, *, shared_axes: Shape) -> list[Module]:
    """A PReLU where it has one slope for all, or one for each channel; the shape of alpha has 1 for `shared_axes`."""
    shape, size = layer.alpha.data.shape, layer.alpha.data.size
    if len(shape) == 3:
        order = AxisPermutation(shape, (shape[2], *shape[:2]), shape, (2, 0, 1))
    else:
        order = vector(at.enters, size) if len(shape) == 1 else AxisPermutation.identity(shape)
    channel = 2 if len(shape) == 3 else 0
    if size == shape[channel]:
        flat = vector(at.enters, size) if len(shape) == 1 and size > 1 else AxisPermutation.identity(shape, (size,))
        return [Module(call("nn.PReLU", size), (("alpha", "weight", flat),))]
    return [Module(call("PlacePReLU", order.theirs), (("alpha", "weight", order),))]


# Attention


def self_attention(
    at: At, layer: layers.SelfAttention2D, *, key_channels: int | None, value_channels: int | None
) -> list[Module]:
    """A module of one's own; the numbers of channels are those of the kernels."""
    weights = [("gamma", "weight", AxisPermutation.identity((1,)))]
    for part in ("query", "key", "value", "output"):
        shape = layer.parameters[f"{part}_kernel"].data.shape
        weights.append((f"{part}_kernel", f"{part}.weight", matrix(At(), shape)))
    values, channels = layer.output_kernel.data.shape
    keys = layer.key_kernel.data.shape[1]
    return [Module(call("SelfAttention", channels, keys, values), tuple(weights))]


WEIGHTED: dict[type[Layer], Callable[..., list[Module]]] = {
    layers.BatchNorm: batch_norm,
    layers.Conv2D: conv2d,
    layers.Conv2DTranspose: conv2d_transpose,
    layers.Dense: dense,
    layers.GroupNormalization: group_normalization,
    layers.LayerNorm: layer_norm,
    layers.Maxout: maxout,
    layers.PReLU: prelu,
    layers.SelfAttention2D: self_attention,
}
