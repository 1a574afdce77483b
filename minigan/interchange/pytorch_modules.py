"""The modules of PyTorch that stand for each layer, and the order of their weights' axes.

The other network is a `torch.nn.Sequential` on images (N, C, H, W). One layer here may be several modules there: an
activation is a module of its own, and so is padding that is not the same on both sides.

`torch.nn.Flatten` and `torch.nn.Unflatten` order an image's numbers channel by channel, minigan's Flatten and Reshape
pixel by pixel. The weights that follow a flattened image are therefore put in the other order.
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any, NamedTuple

from minigan import layers
from minigan.errors import ConfigError
from minigan.interchange.layout import AxisPermutation
from minigan.kernels import Pads, Pair
from minigan.layers import Layer, Shape
from minigan.layers.affine import Affine
from minigan.layers.validation import height_width
from minigan.model.sequential import Sequential

__all__ = ["modules", "pytorch_source"]

#: A module that PyTorch does not have: it normalises last axes only.
CHANNEL_NORM = '''
class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of (N, C, H, W)."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)

'''


class Module(NamedTuple):
    """A module of PyTorch: its code, and our parameters that it holds, with PyTorch's names."""

    code: str
    weights: tuple[tuple[str, str, AxisPermutation], ...] = ()


class At(NamedTuple):
    """The images (H, W, C) whose flattened form a layer's input and output are; None where they are no flat image."""

    enters: Shape | None
    leaves: Shape | None


def pytorch_source(network: Sequential) -> str:
    """A Python program that makes the same network in PyTorch.

    Raises
    ------
    ConfigError
        A layer has no counterpart.
    """
    lines = [module.code for _, module in modules(network)]
    helper = f"\n{CHANNEL_NORM}\n" if any(line.startswith("ChannelNorm") for line in lines) else "\n"
    body = "".join(f"    {line},\n" for line in lines)
    load = '# model.load_state_dict(torch.load("weights.pt", weights_only=True))\n# model.eval()\n'
    return f"import torch\nfrom torch import nn\n{helper}model = nn.Sequential(\n{body})\n{load}"


# From layers to modules


def modules(network: Sequential) -> list[tuple[Layer, Module]]:
    """The modules of the network, each with the layer it comes from."""
    made: list[tuple[Layer, Module]] = []
    image: Shape | None = None
    for place, layer in enumerate(network):
        leaves = flat_image(network.layers, place, image)
        made += [(layer, module) for module in counterparts(layer, At(image, leaves))]
        image = leaves
    if image is not None and image[-1] > 1 and image[0] * image[1] > 1:
        raise ConfigError(
            f"{network.name}: its output is an image {image} as a vector, whose numbers PyTorch has in another order"
        )
    return made


def flat_image(network: Sequence[Layer], place: int, image: Shape | None) -> Shape | None:
    """The image (H, W, C) whose flattened form a layer's output is; None for an output that is not flat, or no image.

    The output of a Dense or Maxout is the image that a later Reshape makes of it.
    """
    layer = network[place]
    if len(layer.output_shape) != 1:
        return None
    if isinstance(layer, layers.Flatten | layers.Reshape) and len(layer.input_shape) == 3:
        return layer.input_shape
    if not isinstance(layer, layers.Dense | layers.Maxout):
        return image
    for later in network[place + 1 :]:
        if isinstance(later, layers.Reshape) and len(later.output_shape) == 3:
            return later.output_shape
        if isinstance(later, layers.Dense | layers.Maxout):
            return None
    return None


def counterparts(layer: Layer, at: At) -> list[Module]:
    """The modules of PyTorch that stand for a layer of ours."""
    make = MAKERS.get(type(layer))
    made = make(layer, at) if make else None
    if made is None:
        raise ConfigError(
            f"{layer.title}: torch.nn.Sequential has no such layer; the format safetensors takes all layers"
        )
    return made


def with_activation(layer: Affine, *made: Module) -> list[Module]:
    """The modules, followed by the activation."""
    return [*made, *counterparts(layer.activation, At(None, None))]


# Weights


def first_channels(image: Shape | None, size: int) -> tuple[Shape, tuple[int, ...]]:
    """A flat axis split into its parts, and their order in PyTorch: those of an image, or the axis itself."""
    return (image, (2, 0, 1)) if image else ((size,), (0,))


def vector(image: Shape | None, size: int) -> AxisPermutation:
    """The permutation of a vector with one number for each of a flat output."""
    parts, axes = first_channels(image, size)
    return AxisPermutation((size,), (size,), parts, axes)


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


def kernel_and_bias(
    layer: Affine, permutation: AxisPermutation, bias: AxisPermutation
) -> tuple[tuple[str, str, AxisPermutation], ...]:
    """Kernel and bias, or the kernel alone."""
    both = (("kernel", "weight", permutation), ("bias", "bias", bias))
    return both if layer.use_bias else both[:1]


# Each kind of layer


def dense(layer: layers.Dense, at: At) -> list[Module] | None:
    if len(layer.input_shape) != 1:
        return None
    kernel = layer.kernel.data.shape
    weights = kernel_and_bias(layer, matrix(at, kernel), vector(at.leaves, layer.units))
    return with_activation(layer, Module(f"nn.Linear({kernel[0]}, {kernel[1]}{bias(layer)})", weights))


def maxout(layer: layers.Maxout, at: At) -> list[Module]:
    size, units, pieces = layer.kernel.data.shape
    parts, axes = first_channels(at.leaves, units)
    lines = AxisPermutation((units, pieces), (units * pieces,), (*parts, pieces), (*axes, len(parts)))
    weights = (("kernel", "weight", matrix(at, layer.kernel.data.shape)), ("bias", "bias", lines))
    return [Module(f"nn.Linear({size}, {units * pieces})", weights), Module(f"nn.MaxPool1d({pieces})")]


def bias(layer: Affine) -> str:
    """The argument of a module without bias."""
    return "" if layer.use_bias else ", bias=False"


def conv2d(layer: layers.Conv2D, at: At) -> list[Module]:
    size, strides, *_ = layer.windows
    (top, bottom), (left, right) = layer.pads
    even = (top, left) == (bottom, right)
    inside = f", padding={(top, left)}" if even and (top or left) else ""
    code = f"nn.Conv2d({layer.input_shape[-1]}, {layer.filters}, {size}, stride={strides}{inside}{bias(layer)})"
    before = [] if even else [padding_module(layer.pads)]
    weights = kernel_and_bias(layer, window(layer.kernel.data.shape), vector(None, layer.filters))
    return with_activation(layer, *before, Module(code, weights))


def conv2d_transpose(layer: layers.Conv2DTranspose, at: At) -> list[Module]:
    size, strides, *_ = layer.windows
    pads = layer.pads
    image, out = height_width(layer.input_shape), height_width(layer.output_shape)
    cut = (pads[0][0], pads[1][0])
    extra = extra_rows(image, out, size, strides, cut)
    after = []
    if any(not 0 <= rows < stride for rows, stride in zip(extra, strides)):
        # More is cropped below than above: by padding of negative width.
        cut = (0, 0)
        extra = (max(strides[0] - size[0], 0), max(strides[1] - size[1], 0))
        (top, bottom), (left, right) = pads
        after = [padding_module(((-top, -bottom), (-left, -right)))]
    code = (
        f"nn.ConvTranspose2d({layer.input_shape[-1]}, {layer.filters}, {size}, stride={strides}, padding={cut}, "
        f"output_padding={extra}{bias(layer)})"
    )
    weights = kernel_and_bias(layer, window(layer.kernel.data.shape), vector(None, layer.filters))
    return with_activation(layer, Module(code, weights), *after)


def extra_rows(image: Pair, out: Pair, size: Pair, strides: Pair, cut: Pair) -> Pair:
    """The `output_padding` for PyTorch, which crops as much below as above."""
    rows, columns = (
        large - ((small - 1) * stride + window - 2 * edge)
        for small, large, window, stride, edge in zip(image, out, size, strides, cut)
    )
    return rows, columns


def padding_module(pads: Pads, value: float = 0.0) -> Module:
    """Padding of images."""
    (top, bottom), (left, right) = pads
    sides = (left, right, top, bottom)
    return Module(f"nn.ZeroPad2d({sides})" if not value else f'nn.ConstantPad2d({sides}, float("{value}"))')


def batch_norm(layer: layers.BatchNorm, at: At) -> list[Module] | None:
    if layer.center != layer.scale:
        return None
    size = layer.input_shape[-1]
    roles = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
    weights = tuple((name, role, vector(at.enters, size)) for name, role in roles.items() if name in layer.parameters)
    kind = {1: "nn.BatchNorm1d", 3: "nn.BatchNorm2d"}.get(len(layer.input_shape))
    affine = "" if layer.scale else ", affine=False"
    momentum = round(1 - layer.momentum, 12)  # 0.2, not 0.19999999999999996
    return [Module(f"{kind}({size}, eps={layer.epsilon}, momentum={momentum}{affine})", weights)] if kind else None


def layer_norm(layer: layers.LayerNorm, at: At) -> list[Module] | None:
    if not (layer.center and layer.scale):
        return None
    size = layer.input_shape[-1]
    kind = {1: "nn.LayerNorm", 3: "ChannelNorm"}.get(len(layer.input_shape))
    weights = tuple((name, role, vector(at.enters, size)) for name, role in (("gamma", "weight"), ("beta", "bias")))
    return [Module(f"{kind}({size}, eps={layer.epsilon})", weights)] if kind else None


def channel_max(layer: layers.ChannelMax, at: At) -> list[Module] | None:
    if len(layer.input_shape) != 3:
        return None
    channels, pieces = layer.output_shape[-1], layer.pieces
    lines = f"nn.Unflatten(1, ({channels}, {pieces}))", f"nn.MaxPool3d(({pieces}, 1, 1))", "nn.Flatten(1, 2)"
    return [Module(line) for line in lines]


def max_pooling(layer: layers.MaxPooling2D, at: At) -> list[Module]:
    size, strides, *_ = layer.windows
    pads = layer.windows.pads(height_width(layer.input_shape))
    before = [padding_module(pads, -inf)] if any(map(any, pads)) else []
    return [*before, Module(f"nn.MaxPool2d({size}, stride={strides})")]


def average_pooling(layer: layers.AveragePooling2D, at: At) -> list[Module] | None:
    size, strides, *_ = layer.windows
    (top, bottom), (left, right) = layer.windows.pads(height_width(layer.input_shape))
    if (top, left) != (bottom, right) or 2 * top > size[0] or 2 * left > size[1]:
        return None
    return [Module(f"nn.AvgPool2d({size}, stride={strides}, padding={(top, left)}, count_include_pad=False)")]


def flatten(layer: layers.Flatten, at: At) -> list[Module] | None:
    return [Module("nn.Flatten()")] if len(layer.input_shape) in (1, 3) else None


def reshape(layer: layers.Reshape, at: At) -> list[Module] | None:
    shape = layer.output_shape
    if (len(layer.input_shape), len(shape)) == (3, 1):
        return [Module("nn.Flatten()")]
    if len(layer.input_shape) != 1 or len(shape) != 3 or at.enters != shape:
        return None
    height, width, channels = shape
    return [Module(f"nn.Unflatten(1, ({channels}, {height}, {width}))")]


def up_sampling(layer: layers.UpSampling2D, at: At) -> list[Module]:
    return [Module(f"nn.Upsample(scale_factor={layer.size}, mode={layer.interpolation!r})")]


def softmax(layer: layers.Softmax, at: At) -> list[Module] | None:
    """Over the channels, which are the last axis here and axis 1 there."""
    return [Module("nn.Softmax(1)")] if layer.axis in (-1, len(layer.input_shape)) else None


def global_average(layer: layers.GlobalAveragePooling2D, at: At) -> list[Module]:
    return [Module("nn.AdaptiveAvgPool2d(1)"), Module("nn.Flatten()")]


def simple(code: str) -> Callable[[Any, At], list[Module]]:
    """A module whose arguments are attributes of the layer."""
    return lambda layer, at: [Module(code.format(**vars(layer)))]


MAKERS: dict[type[Layer], Callable[[Any, At], list[Module] | None]] = {
    layers.AveragePooling2D: average_pooling,
    layers.BatchNorm: batch_norm,
    layers.ChannelMax: channel_max,
    layers.Conv2D: conv2d,
    layers.Conv2DTranspose: conv2d_transpose,
    layers.Dense: dense,
    layers.Dropout: simple("nn.Dropout({rate})"),
    layers.ELU: simple("nn.ELU({alpha})"),
    layers.Flatten: flatten,
    layers.GlobalAveragePooling2D: global_average,
    layers.Identity: lambda layer, at: [],
    layers.LayerNorm: layer_norm,
    layers.LeakyReLU: simple("nn.LeakyReLU({negative_slope})"),
    layers.MaxPooling2D: max_pooling,
    layers.Maxout: maxout,
    layers.ReLU: simple("nn.ReLU()"),
    layers.Reshape: reshape,
    layers.Sigmoid: simple("nn.Sigmoid()"),
    layers.Softmax: softmax,
    layers.Softplus: simple("nn.Softplus()"),
    layers.Tanh: simple("nn.Tanh()"),
    layers.UpSampling2D: up_sampling,
    layers.ZeroPadding2D: lambda layer, at: [padding_module(layer.padding)],
}
