"""What PyTorch calls a network's layers and weights, and how they lie there.

The network there is a `torch.nn.Sequential` on images (N, C, H, W). Its state dict names a weight by its module's
place and its role: ``4.weight``. A layer here may be several modules there: an activation is one of its own, and so is
a frame that is not the same on both sides.

`torch.nn.Flatten` and `torch.nn.Unflatten` count an image's numbers channel by channel, minigan's Flatten and Reshape
place by place. Weights that meet a flattened image are therefore put in the other order.
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any, NamedTuple

import numpy as np

from minigan import layers
from minigan.errors import CheckpointError, ConfigError
from minigan.interchange.arrays import Header, plain, shown
from minigan.interchange.layout import Entry, Turn, entry
from minigan.kernels import Pads, Pair
from minigan.layers import Layer, Shape
from minigan.layers.affine import Affine
from minigan.layers.validation import height_width
from minigan.model.sequential import Sequential

__all__ = ["COUNTER", "counters", "pytorch_entries", "pytorch_names", "pytorch_source"]

#: What BatchNorm counts besides: the batches it has seen. Nothing reads it unless it has no momentum.
COUNTER = "num_batches_tracked"

#: A module that PyTorch does not have: it normalises last axes only.
CHANNEL_NORM = '''
class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of (N, C, H, W)."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)

'''


class Module(NamedTuple):
    """A module of PyTorch: how it is written, and which of our parameters it has, under its own names."""

    code: str
    weights: tuple[tuple[str, str, Turn], ...] = ()


class At(NamedTuple):
    """Where a layer stands: which image its flat input and its flat output are, if they are one, as (H, W, C)."""

    enters: Shape | None
    leaves: Shape | None


def pytorch_entries(network: Sequential) -> list[Entry]:
    """Where every parameter of the network lies in the state dict of its counterpart.

    Raises
    ------
    ConfigError
        A layer has no counterpart.
    """
    return [
        entry(layer, ours, f"{place}.{theirs}", turn)
        for place, (layer, module) in enumerate(modules(network))
        for ours, theirs, turn in module.weights
    ]


def counters(names: Sequence[str]) -> dict[str, np.ndarray]:
    """What BatchNorm's modules count, beginning again; by the names of all weights."""
    stems = [name.removesuffix("running_mean") for name in names if name.endswith(".running_mean")]
    return {stem + COUNTER: np.zeros((), np.int64) for stem in stems}


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


def pytorch_names(headers: dict[str, Header], entries: Sequence[Entry], path: object) -> dict[str, str]:
    """By the name of each expected weight its name in a file.

    Where not all names are those of a Sequential, modules are taken in the order of the file, as a module of one's own
    lists them: ``conv1.weight, conv1.bias, norm1.weight ...``. Shapes are to be checked afterwards.

    Raises
    ------
    CheckpointError
        There are more or fewer modules with weights, or one has weights of other names.
    """
    found = [name for name in headers if not name.endswith(COUNTER)]
    expected = [item.theirs for item in entries]
    if set(found) == set(expected):
        return {name: name for name in expected}
    ours, theirs = by_module(expected), by_module(found)
    if len(ours) != len(theirs):
        raise CheckpointError(
            f"{path} does not fit: expected {len(ours)} modules with weights, got {len(theirs)}: {shown(theirs)}"
        )
    for (_, wanted), (module, got) in zip(ours.items(), theirs.items()):
        if set(wanted) != set(got):
            raise CheckpointError(
                f"{path} does not fit: expected {', '.join(wanted)} in {plain(module)}, which is to be minigan's "
                f"{entries[expected.index(next(iter(wanted.values())))].ours.rpartition('.')[0]}, got {shown(got)}"
            )
    pairs = zip(ours.values(), theirs.values())
    return {wanted[role]: got[role] for wanted, got in pairs for role in wanted}


def by_module(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """By module the names of its weights, by their roles."""
    grouped: dict[str, dict[str, str]] = {}
    for name in names:
        module, _, role = name.rpartition(".")
        grouped.setdefault(module, {})[role] = name
    return grouped


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
    """Which image (H, W, C) the output of a layer is that is flat; None for one that is not flat, or no image.

    A product's output is the image that a Reshape will make of it.
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
    """The modules, and behind them the activation."""
    return [*made, *counterparts(layer.activation, At(None, None))]


# Weights


def first_channels(image: Shape | None, size: int) -> tuple[Shape, tuple[int, ...]]:
    """A flat axis taken apart, and the order of its parts: those of an image, or itself."""
    return (image, (2, 0, 1)) if image else ((size,), (0,))


def vector(image: Shape | None, size: int) -> Turn:
    """One number for each of a flat output's."""
    parts, axes = first_channels(image, size)
    return Turn((size,), (size,), parts, axes)


def matrix(at: At, kernel: Shape) -> Turn:
    """A matrix (D, U) to (U, D); or the matrices (D, U, pieces) of a Maxout to (U*pieces, D)."""
    size, units, *pieces = kernel
    rows, order = first_channels(at.enters, size)
    columns, out = first_channels(at.leaves, units)
    moved = [len(rows) + axis for axis in out] + [len(rows) + len(columns)] * len(pieces)
    lines = units * (pieces[0] if pieces else 1)
    return Turn(kernel, (lines, size), (*rows, *columns, *pieces), (*moved, *order))


def window(kernel: Shape) -> Turn:
    """A kernel (KH, KW, A, B) to (B, A, KH, KW)."""
    axes = (3, 2, 0, 1)
    return Turn(kernel, tuple(kernel[axis] for axis in axes), kernel, axes)


def kernel_and_bias(layer: Affine, turn: Turn, bias: Turn) -> tuple[tuple[str, str, Turn], ...]:
    """Both, or the one there is."""
    both = (("kernel", "weight", turn), ("bias", "bias", bias))
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
    lines = Turn((units, pieces), (units * pieces,), (*parts, pieces), (*axes, len(parts)))
    weights = (("kernel", "weight", matrix(at, layer.kernel.data.shape)), ("bias", "bias", lines))
    return [Module(f"nn.Linear({size}, {units * pieces})", weights), Module(f"nn.MaxPool1d({pieces})")]


def bias(layer: Affine) -> str:
    """The argument of a module that has none."""
    return "" if layer.use_bias else ", bias=False"


def conv2d(layer: layers.Conv2D, at: At) -> list[Module]:
    size, strides, _ = layer.windows
    (top, bottom), (left, right) = layer.pads
    even = (top, left) == (bottom, right)
    inside = f", padding={(top, left)}" if even and (top or left) else ""
    code = f"nn.Conv2d({layer.input_shape[-1]}, {layer.filters}, {size}, stride={strides}{inside}{bias(layer)})"
    before = [] if even else [framed(layer.pads)]
    weights = kernel_and_bias(layer, window(layer.kernel.data.shape), vector(None, layer.filters))
    return with_activation(layer, *before, Module(code, weights))


def conv2d_transpose(layer: layers.Conv2DTranspose, at: At) -> list[Module]:
    size, strides, _ = layer.windows
    pads = layer.pads
    image, out = height_width(layer.input_shape), height_width(layer.output_shape)
    cut = (pads[0][0], pads[1][0])
    extra = extra_rows(image, out, size, strides, cut)
    after = []
    if any(not 0 <= rows < stride for rows, stride in zip(extra, strides)):
        # More is to be cut off below than above: by a frame of less than nothing.
        cut = (0, 0)
        extra = (max(strides[0] - size[0], 0), max(strides[1] - size[1], 0))
        (top, bottom), (left, right) = pads
        after = [framed(((-top, -bottom), (-left, -right)))]
    code = (
        f"nn.ConvTranspose2d({layer.input_shape[-1]}, {layer.filters}, {size}, stride={strides}, padding={cut}, "
        f"output_padding={extra}{bias(layer)})"
    )
    weights = kernel_and_bias(layer, window(layer.kernel.data.shape), vector(None, layer.filters))
    return with_activation(layer, Module(code, weights), *after)


def extra_rows(image: Pair, out: Pair, size: Pair, strides: Pair, cut: Pair) -> Pair:
    """What PyTorch is to leave below where it cuts as much below as above."""
    rows, columns = (
        large - ((small - 1) * stride + window - 2 * edge)
        for small, large, window, stride, edge in zip(image, out, size, strides, cut)
    )
    return rows, columns


def framed(pads: Pads, value: float = 0.0) -> Module:
    """A frame around images."""
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
    size, strides, _ = layer.windows
    pads = layer.windows.pads(height_width(layer.input_shape))
    before = [framed(pads, -inf)] if any(map(any, pads)) else []
    return [*before, Module(f"nn.MaxPool2d({size}, stride={strides})")]


def average_pooling(layer: layers.AveragePooling2D, at: At) -> list[Module] | None:
    size, strides, _ = layer.windows
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
    layers.ZeroPadding2D: lambda layer, at: [framed(layer.padding)],
}
