"""The layers of Keras for each layer here; their axes are in the same order."""

from collections.abc import Callable, Mapping
from math import inf, prod
from types import MappingProxyType
from typing import Any, NamedTuple

from minigan import layers
from minigan.interchange.keras_classes import CLASSES
from minigan.interchange.layout import AxisPermutation
from minigan.interchange.program import call
from minigan.interchange.settings import refusal
from minigan.kernels import Pads, Pair
from minigan.layers import Layer, Shape
from minigan.layers.validation import height_width

__all__ = ["LIBRARY", "WRITERS", "KerasLayer"]

#: The library's name in errors.
LIBRARY = "Keras"


class KerasLayer(NamedTuple):
    """A layer of Keras: its class, its arguments, and our parameters that are its variables, in Keras's order."""

    kind: str
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] = MappingProxyType({})
    variables: tuple[tuple[str, AxisPermutation | None], ...] = ()

    @property
    def code(self) -> str:
        """The call that makes it."""
        return call(self.kind if self.kind in CLASSES else f"layers.{self.kind}", *self.arguments, **self.named)


def keras(kind: str, *arguments: Any, **named: Any) -> KerasLayer:
    """A layer without variables."""
    return KerasLayer(kind, arguments, named)


# Layers with weights


def weights(layer: Layer, *names: str) -> tuple[tuple[str, AxisPermutation | None], ...]:
    """The parameters of these names that the layer has."""
    return tuple((name, None) for name in names if name in layer.parameters)


def dense(layer: layers.Dense, *, units: int, use_bias: bool) -> list[KerasLayer]:
    return [KerasLayer("Dense", (units,), {"use_bias": use_bias}, weights(layer, "kernel", "bias"))]


def maxout(layer: layers.Maxout, *, units: int, pieces: int) -> list[KerasLayer]:
    """All linear pieces of all units by one Dense, then the largest of each unit's."""
    shape = layer.kernel.data.shape
    lines = units * pieces
    variables = (
        ("kernel", AxisPermutation.identity(shape, (shape[0], lines))),
        ("bias", AxisPermutation.identity(shape[1:], (lines,))),
    )
    return [KerasLayer("Dense", (lines,), {}, variables), *largest(pieces, (units,))]


def largest(pieces: int, shape: Shape) -> list[KerasLayer]:
    """The largest of every `pieces` adjacent numbers; pooling in Keras goes along the first axis."""
    return [keras("Reshape", (prod(shape) * pieces, 1)), keras("MaxPooling1D", pieces), keras("Reshape", shape)]


def conv2d(
    layer: layers.Conv2D,
    *,
    filters: int,
    kernel_size: Pair,
    strides: Pair,
    padding: str | Pads,
    use_bias: bool,
    dilation_rate: Pair,
    groups: int,
) -> list[KerasLayer]:
    """A Conv2D, after a layer of zeros where their numbers are given."""
    before = [] if isinstance(padding, str) else [keras("ZeroPadding2D", padding)]
    return [*before, convolution("Conv2D", layer, strides, padding, dilation_rate, groups=groups)]


def conv1d(
    layer: layers.Conv1D,
    *,
    filters: int,
    kernel_size: int,
    strides: int,
    padding: str | Pair,
    use_bias: bool,
    dilation_rate: int,
    groups: int,
) -> list[KerasLayer]:
    """A Conv1D, after a layer of zeros where their numbers are given."""
    if strides > 1 and dilation_rate > 1:
        raise refusal(layer, LIBRARY, "dilation_rate", dilation_rate, f"where strides={strides}")
    before = [] if isinstance(padding, str) else [keras("ZeroPadding1D", padding)]
    named = {"strides": strides, "padding": padding if isinstance(padding, str) else "valid", "use_bias": use_bias}
    apart = {"dilation_rate": dilation_rate, "groups": groups}
    return [*before, KerasLayer("Conv1D", (filters, kernel_size), named | apart, weights(layer, "kernel", "bias"))]


def conv2d_transpose(
    layer: layers.Conv2DTranspose,
    *,
    filters: int,
    kernel_size: Pair,
    strides: Pair,
    padding: str | Pads,
    use_bias: bool,
    dilation_rate: Pair,
    output_padding: Pair | None,
) -> list[KerasLayer]:
    """A Conv2DTranspose, before a layer that crops where it is given how much."""
    after = [] if isinstance(padding, str) else [keras("Cropping2D", padding)]
    made = convolution("Conv2DTranspose", layer, strides, padding, dilation_rate, output_padding=output_padding)
    return [made, *after]


def convolution(
    kind: str,
    layer: layers.Conv2D | layers.Conv2DTranspose,
    strides: Pair,
    padding: str | Pads,
    dilation: Pair,
    **named: Any,
) -> KerasLayer:
    """A convolution of Keras, which knows paddings by name only; arguments that are its defaults are left out."""
    if max(strides) > 1 and max(dilation) > 1:
        raise refusal(layer, LIBRARY, "dilation_rate", dilation, f"where strides={strides}")
    usual = {"dilation_rate": (1, 1), "groups": 1, "output_padding": None}
    given = {name: value for name, value in {"dilation_rate": dilation, **named}.items() if value != usual[name]}
    padding = padding if isinstance(padding, str) else "valid"
    named = {"strides": strides, "padding": padding, "use_bias": layer.use_bias, **given}
    return KerasLayer(kind, (layer.filters, layer.windows.size), named, weights(layer, "kernel", "bias"))


def batch_norm(
    layer: layers.BatchNorm, *, momentum: float, epsilon: float, center: bool, scale: bool
) -> list[KerasLayer]:
    named = {"momentum": momentum, "epsilon": epsilon, "center": center, "scale": scale}
    return [KerasLayer("BatchNormalization", (), named, scale_shift(layer))]


def layer_norm(layer: layers.LayerNorm, *, epsilon: float, center: bool, scale: bool) -> list[KerasLayer]:
    named = {"epsilon": epsilon, "center": center, "scale": scale}
    return [KerasLayer("LayerNormalization", (), named, scale_shift(layer))]


def group_normalization(
    layer: layers.GroupNormalization, *, groups: int, axis: int, epsilon: float, center: bool, scale: bool
) -> list[KerasLayer]:
    named = {"groups": groups, "axis": axis, "epsilon": epsilon, "center": center, "scale": scale}
    return [KerasLayer("GroupNormalization", (), named, scale_shift(layer))]


def scale_shift(layer: Layer) -> tuple[tuple[str, AxisPermutation | None], ...]:
    return weights(layer, "gamma", "beta", "moving_mean", "moving_variance")


def self_attention(
    layer: layers.SelfAttention2D, *, key_channels: int | None, value_channels: int | None
) -> list[KerasLayer]:
    """A layer of one's own; the numbers of channels are those of the kernels."""
    kernels = ("query_kernel", "key_kernel", "value_kernel", "output_kernel")
    sizes = layer.key_kernel.data.shape[1], layer.value_kernel.data.shape[1]
    return [KerasLayer("SelfAttention", sizes, {}, weights(layer, *kernels, "gamma"))]


# Activations, dropout and noise


def activation(name: str) -> Callable[[Layer], list[KerasLayer]]:
    """An activation that is a function in Keras."""
    return lambda layer: [keras("Activation", name)]


def relu(layer: layers.ReLU, *, max_value: float | None, negative_slope: float, threshold: float) -> list[KerasLayer]:
    if max_value is None and not negative_slope and not threshold:
        return [keras("Activation", "relu")]
    named = {"max_value": max_value, "negative_slope": negative_slope, "threshold": threshold}
    for name, value in named.items():
        if value is not None and value < 0:
            raise refusal(layer, LIBRARY, name, value, "which takes none below 0")
    return [keras("ReLU", **named)]


def leaky_relu(layer: layers.LeakyReLU, *, negative_slope: float) -> list[KerasLayer]:
    if negative_slope < 0:
        raise refusal(layer, LIBRARY, "negative_slope", negative_slope, "which takes none below 0")
    return [keras("LeakyReLU", negative_slope=negative_slope)]


def elu(layer: layers.ELU, *, alpha: float) -> list[KerasLayer]:
    return [keras("ELU", alpha=alpha)]


def gelu(layer: layers.GELU, *, approximate: bool) -> list[KerasLayer]:
    return [keras("TanhGELU") if approximate else keras("Activation", "gelu")]


def prelu(layer: layers.PReLU, *, shared_axes: Shape) -> list[KerasLayer]:
    return [KerasLayer("PReLU", (), {"shared_axes": shared_axes or None}, weights(layer, "alpha"))]


def softmax(layer: layers.Softmax, *, axis: int) -> list[KerasLayer]:
    return [keras("Softmax", axis=axis)]


def dropout(layer: layers.Dropout, *, rate: float) -> list[KerasLayer]:
    return [keras("Dropout", rate=rate)]


def gaussian_noise(layer: layers.GaussianNoise, *, stddev: float) -> list[KerasLayer]:
    if stddev > 1:
        raise refusal(layer, LIBRARY, "stddev", stddev, "which takes none above 1")
    return [keras("GaussianNoise", stddev=stddev)]


# Images and shapes


def channel_max(layer: layers.ChannelMax, *, pieces: int) -> list[KerasLayer]:
    return largest(pieces, layer.output_shape)


def max_pooling(layer: layers.MaxPooling2D, *, pool_size: Pair, strides: Pair, padding: str | Pads) -> list[KerasLayer]:
    """A MaxPooling2D, after a frame that is never the largest where its size is given."""
    if isinstance(padding, str):
        return [keras("MaxPooling2D", pool_size, strides=strides, padding=padding)]
    return [keras("Frame", padding, -inf), keras("MaxPooling2D", pool_size, strides=strides)]


def average_pooling(
    layer: layers.AveragePooling2D, *, pool_size: Pair, strides: Pair, padding: str | Pads
) -> list[KerasLayer]:
    """Keras's own layer without padding. With "same", whether it counts zeros depends on its backend."""
    if padding == "valid":
        return [keras("AveragePooling2D", pool_size, strides=strides)]
    return [keras("AveragePooling", pool_size, strides, layer.windows.pads(height_width(layer.input_shape)))]


def pooling_of_sequences(
    layer: layers.MaxPooling1D | layers.AveragePooling1D, *, pool_size: int, strides: int, padding: str | Pair
) -> list[KerasLayer]:
    """Keras's own layers, as far as they pad, and do not count what they pad."""
    kind = type(layer).__name__
    if not isinstance(padding, str) or (padding == "same" and kind == "AveragePooling1D"):
        raise refusal(layer, LIBRARY, "padding", padding)
    return [keras(kind, pool_size, strides=strides, padding=padding)]


def up_sampling_of_sequences(layer: layers.UpSampling1D, *, size: int) -> list[KerasLayer]:
    return [keras("UpSampling1D", size)]


def global_average(layer: layers.GlobalAveragePooling2D) -> list[KerasLayer]:
    return [keras("GlobalAveragePooling2D")]


def up_sampling(layer: layers.UpSampling2D, *, size: Pair, interpolation: str) -> list[KerasLayer]:
    return [keras("UpSampling2D", size=size, interpolation=interpolation)]


def zero_padding(layer: layers.ZeroPadding2D, *, padding: Pads) -> list[KerasLayer]:
    return [keras("ZeroPadding2D", padding=padding)]


def flatten(layer: layers.Flatten) -> list[KerasLayer]:
    return [keras("Flatten")]


def reshape(layer: layers.Reshape, *, target_shape: Shape) -> list[KerasLayer]:
    return [keras("Reshape", target_shape=target_shape)]


def nothing(layer: Layer) -> list[KerasLayer]:
    return []


#: What makes the layers of Keras for each class of layers.
WRITERS: dict[type[Layer], Callable[..., list[KerasLayer]]] = {
    layers.AveragePooling1D: pooling_of_sequences,
    layers.AveragePooling2D: average_pooling,
    layers.BatchNorm: batch_norm,
    layers.ChannelMax: channel_max,
    layers.Conv1D: conv1d,
    layers.Conv2D: conv2d,
    layers.Conv2DTranspose: conv2d_transpose,
    layers.Dense: dense,
    layers.Dropout: dropout,
    layers.ELU: elu,
    layers.Flatten: flatten,
    layers.GELU: gelu,
    layers.GaussianNoise: gaussian_noise,
    layers.GlobalAveragePooling2D: global_average,
    layers.GroupNormalization: group_normalization,
    layers.Identity: nothing,
    layers.LayerNorm: layer_norm,
    layers.LeakyReLU: leaky_relu,
    layers.MaxPooling1D: pooling_of_sequences,
    layers.MaxPooling2D: max_pooling,
    layers.Maxout: maxout,
    layers.PReLU: prelu,
    layers.ReLU: relu,
    layers.Reshape: reshape,
    layers.SELU: activation("selu"),
    layers.SelfAttention2D: self_attention,
    layers.SiLU: activation("silu"),
    layers.Sigmoid: activation("sigmoid"),
    layers.Softmax: softmax,
    layers.Softplus: activation("softplus"),
    layers.Tanh: activation("tanh"),
    layers.UpSampling1D: up_sampling_of_sequences,
    layers.UpSampling2D: up_sampling,
    layers.ZeroPadding2D: zero_padding,
}
