"""ONNX's operators for layers with weights."""

import copy
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from minigan import backend, layers
from minigan.interchange.onnx_graph import Graph, data
from minigan.kernels import Pads, Pair
from minigan.layers import Layer, Parameter, Shape
from minigan.layers.validation import height_width

__all__ = ["WEIGHTED", "as_one_row", "onnx_pads"]


def onnx_pads(pads: Pads) -> list[int]:
    """((top, bottom), (left, right)) in ONNX's order: all beginnings, then all ends."""
    (top, bottom), (left, right) = pads
    return [top, left, bottom, right]


# Products with a kernel


def dense(graph: Graph, layer: layers.Dense, *, units: int, use_bias: bool) -> None:
    """`units` is the kernel's last axis."""
    graph.last()
    graph.op("MatMul", data(layer, "kernel"))
    if use_bias:
        graph.op("Add", data(layer, "bias"))


def maxout(graph: Graph, layer: layers.Maxout, *, units: int, pieces: int) -> None:
    graph.op("MatMul", backend.asnumpy(layer.matrix))
    graph.op("Add", data(layer, "bias").reshape(-1))
    graph.reshape(units, pieces)
    graph.op("ReduceMax", axes=[2], keepdims=0)


def conv2d(
    graph: Graph,
    layer: layers.Conv2D,
    *,
    filters: int,
    kernel_size: Pair,
    strides: Pair,
    padding: str | Pads,
    use_bias: bool,
    dilation_rate: Pair,
    groups: int,
) -> None:
    """`filters` and `kernel_size` are the kernel's axes, and `padding` is in the layer's pads."""
    convolution(graph, "Conv", layer, strides=strides, dilations=dilation_rate, group=groups)


def conv2d_transpose(
    graph: Graph,
    layer: layers.Conv2DTranspose,
    *,
    filters: int,
    kernel_size: Pair,
    strides: Pair,
    padding: str | Pads,
    use_bias: bool,
    dilation_rate: Pair,
    output_padding: Pair | None,
) -> None:
    """As `conv2d`; the operator's `output_padding` is what is missing from the layer's output, whatever the layer's."""
    image, out = height_width(layer.input_shape), height_width(layer.output_shape)
    painted = [(size - 1) * stride + span for size, stride, span in zip(image, strides, layer.windows.spans)]
    more = [large + sum(cut) - rows for large, cut, rows in zip(out, layer.pads, painted)]
    convolution(graph, "ConvTranspose", layer, strides=strides, dilations=dilation_rate, output_padding=more)


def convolution(graph: Graph, kind: str, layer: layers.Conv2D | layers.Conv2DTranspose, **attributes: Any) -> None:
    """A convolution with the layer's weights and pads."""
    graph.first()
    kernel = data(layer, "kernel").transpose(3, 2, 0, 1)
    biases = [data(layer, "bias")] if layer.use_bias else []
    graph.op(kind, kernel, *biases, pads=onnx_pads(layer.pads), **attributes)


def spectral_normalization(
    graph: Graph, wrapper: layers.SpectralNormalization, *, layer: Layer, power_iterations: int
) -> None:
    """The wrapped layer with its present kernel divided by the largest singular value; only training iterates."""
    divided = wrapper.with_kernel(wrapper.kernel.data / wrapper.spectrum().sigma)
    divided.parameters = {**divided.parameters, "kernel": divided.kernel}
    divided.activation = layers.Identity()  # the wrapper's own activation follows
    graph.layer(divided)


def as_one_row(graph: Graph, layer: Layer, image: Layer) -> None:
    """A layer for sequences, by its layer for images of one row."""
    graph.last()
    graph.reshape(*image.input_shape)
    graph.layer(image)
    graph.last()
    graph.reshape(*layer.output_shape)


def conv1d(
    graph: Graph,
    layer: layers.Conv1D,
    *,
    filters: int,
    kernel_size: int,
    strides: int,
    padding: Any,
    use_bias: bool,
    dilation_rate: int,
    groups: int,
) -> None:
    """The layer's own Conv2D, which has its settings but for the weights."""
    image = copy.copy(layer.image)
    image.use_bias = use_bias
    image.parameters = {**layer.parameters, "kernel": Parameter(layer.kernel.data[None])}
    as_one_row(graph, layer, image)


# Normalizations


def batch_norm(
    graph: Graph, layer: layers.BatchNorm, *, momentum: float, epsilon: float, center: bool, scale: bool
) -> None:
    """In inference a fixed scale and shift of each channel; `momentum` is for training."""
    mean, variance = data(layer, "moving_mean"), data(layer, "moving_variance")
    gamma = data(layer, "gamma") if scale else np.ones_like(mean)
    beta = data(layer, "beta") if center else np.zeros_like(mean)
    if len(layer.input_shape) in (1, 3):
        if len(layer.input_shape) == 3:
            graph.first()
        graph.op("BatchNormalization", gamma, beta, mean, variance, epsilon=epsilon)
    else:  # the operator takes the axis after the batch's for the channels
        graph.op("Sub", mean)
        graph.op("Mul", (gamma / np.sqrt(variance.astype(np.float64) + epsilon)).astype(np.float32))
        graph.op("Add", beta)


def layer_norm(graph: Graph, layer: layers.LayerNorm, *, epsilon: float, center: bool, scale: bool) -> None:
    graph.last()
    size = layer.input_shape[-1:]
    gamma = data(layer, "gamma") if scale else np.ones(size, np.float32)
    beta = data(layer, "beta") if center else np.zeros(size, np.float32)
    graph.op("LayerNormalization", gamma, beta, axis=-1, epsilon=epsilon)


def group_normalization(
    graph: Graph,
    layer: layers.GroupNormalization,
    *,
    groups: int,
    axis: int,
    epsilon: float,
    center: bool,
    scale: bool,
) -> None:
    """The formula, on the channels of each group; `axis` is always that of the channels."""
    graph.last()
    *places, channels = layer.input_shape
    graph.reshape(prod(places), layer.count, channels // layer.count)
    graph.op("Sub", graph.node("ReduceMean", graph.value, axes=[1, 3], keepdims=1))
    variance = graph.node("ReduceMean", graph.node("Mul", graph.value, graph.value), axes=[1, 3], keepdims=1)
    graph.op("Div", graph.node("Sqrt", graph.node("Add", variance, np.array(epsilon, np.float32))))
    graph.reshape(*layer.input_shape)
    if scale:
        graph.op("Mul", data(layer, "gamma"))
    if center:
        graph.op("Add", data(layer, "beta"))


# An activation with weights


def prelu(graph: Graph, layer: layers.PReLU, *, shared_axes: Shape) -> None:
    """The shape of alpha has 1 for each of `shared_axes`."""
    graph.last()
    graph.op("PRelu", data(layer, "alpha"))


# Labels


def concatenate_labels(graph: Graph, layer: layers.ConcatenateLabels, *, classes: int, units: int) -> None:
    """A row of the table, which has `classes` of them, for each label, repeated at every pixel of an image."""
    graph.last()
    graph.conditional = True
    rows = graph.node("Gather", data(layer, "embeddings"), "labels")
    places = layer.input_shape[:-1]
    if places:
        rows = graph.node("Reshape", rows, np.array([-1, *(1 for _ in places), units], np.int64))
        rows = graph.node("Expand", rows, np.array([1, *places, 1], np.int64))
    graph.op("Concat", rows, axis=-1)


def projection_head(graph: Graph, layer: layers.ProjectionHead, *, classes: int) -> None:
    """The product of the features with the sum of the kernel and the label's row of the table of `classes` rows."""
    graph.conditional = True
    rows = graph.node("Gather", data(layer, "embeddings"), "labels")
    graph.op("Mul", graph.node("Add", rows, data(layer, "kernel")[:, 0]))
    graph.op("ReduceSum", np.array([1], np.int64), keepdims=1)
    graph.op("Add", data(layer, "bias"))


# More than one path


def residual(graph: Graph, layer: layers.Residual, *, layers: list[Layer]) -> None:
    """The operators of its layers, and the sum of their output with what they began with."""
    skipped, channels_first = graph.value, graph.channels_first
    for part in layers:
        graph.layer(part)
    if channels_first:
        graph.first()
    else:
        graph.last()
    graph.op("Add", skipped)


def self_attention(
    graph: Graph, layer: layers.SelfAttention2D, *, key_channels: int | None, value_channels: int | None
) -> None:
    """The formula, with a row for each place; the numbers of channels are those of the kernels."""
    graph.last()
    height, width, channels = layer.input_shape
    graph.reshape(height * width, channels)
    x = graph.value
    query, key, value = (graph.node("MatMul", x, data(layer, f"{name}_kernel")) for name in ("query", "key", "value"))
    scores = graph.node("MatMul", query, graph.node("Transpose", key, perm=[0, 2, 1]))
    graph.value = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), value)
    graph.op("MatMul", data(layer, "output_kernel"))
    graph.op("Mul", data(layer, "gamma"))
    graph.op("Add", x)
    graph.reshape(height, width, channels)


WEIGHTED: dict[type[Layer], Callable[..., None]] = {
    layers.BatchNorm: batch_norm,
    layers.ConcatenateLabels: concatenate_labels,
    layers.Conv1D: conv1d,
    layers.Conv2D: conv2d,
    layers.Conv2DTranspose: conv2d_transpose,
    layers.Dense: dense,
    layers.GroupNormalization: group_normalization,
    layers.LayerNorm: layer_norm,
    layers.Maxout: maxout,
    layers.PReLU: prelu,
    layers.ProjectionHead: projection_head,
    layers.Residual: residual,
    layers.SelfAttention2D: self_attention,
    layers.SpectralNormalization: spectral_normalization,
}
