"""ONNX's operators for layers with weights."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan import backend, layers
from minigan.interchange.onnx_graph import Graph, data
from minigan.kernels import Pads, Pair
from minigan.layers import Layer
from minigan.layers.validation import height_width

__all__ = ["WEIGHTED", "onnx_pads"]


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


WEIGHTED: dict[type[Layer], Callable[..., None]] = {
    layers.BatchNorm: batch_norm,
    layers.ConcatenateLabels: concatenate_labels,
    layers.Conv2D: conv2d,
    layers.Conv2DTranspose: conv2d_transpose,
    layers.Dense: dense,
    layers.LayerNorm: layer_norm,
    layers.Maxout: maxout,
    layers.ProjectionHead: projection_head,
    layers.SpectralNormalization: spectral_normalization,
}
