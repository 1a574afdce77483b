"""ONNX's operators for layers without weights."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan import layers
from minigan.interchange.onnx_graph import Graph
from minigan.interchange.onnx_weighted import onnx_pads
from minigan.kernels import Pads, Pair
from minigan.layers import Layer, Shape
from minigan.layers.validation import height_width

__all__ = ["WEIGHTLESS"]

# Activations, which work for any order of axes, dropout and noise


def simple(kind: str) -> Callable[[Graph, Layer], None]:
    """An operator without settings."""
    return lambda graph, layer: graph.op(kind)


def elu(graph: Graph, layer: layers.ELU, *, alpha: float) -> None:
    graph.op("Elu", alpha=alpha)


def leaky_relu(graph: Graph, layer: layers.LeakyReLU, *, negative_slope: float) -> None:
    graph.op("LeakyRelu", alpha=negative_slope)


def relu(graph: Graph, layer: layers.ReLU, *, max_value: float | None, negative_slope: float, threshold: float) -> None:
    """One operator or, with a threshold, the formula."""
    if threshold:
        limit, slope = np.array(threshold, np.float32), np.array(negative_slope, np.float32)
        above, below = graph.node("Greater", graph.value, limit), graph.node("Sub", graph.value, limit)
        graph.value = graph.node("Where", above, graph.value, graph.node("Mul", below, slope))
    elif negative_slope:
        graph.op("LeakyRelu", alpha=negative_slope)
    else:
        graph.op("Relu")
    if max_value is not None:
        graph.op("Min", np.array(max_value, np.float32))


def softmax(graph: Graph, layer: layers.Softmax, *, axis: int) -> None:
    graph.last()
    graph.op("Softmax", axis=axis)


def dropout(graph: Graph, layer: layers.Dropout, *, rate: float) -> None:
    """Nothing: `rate` is for training."""


def gaussian_noise(graph: Graph, layer: layers.GaussianNoise, *, stddev: float) -> None:
    """Nothing: `stddev` is for training."""


def identity(graph: Graph, layer: layers.Identity) -> None:
    """Nothing."""


# Images and shapes


def up_sampling(graph: Graph, layer: layers.UpSampling2D, *, size: Pair, interpolation: str) -> None:
    graph.first()
    if interpolation == "nearest":
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    graph.op("Resize", "", np.array([1, 1, *size], np.float32), **how)


def zero_padding(graph: Graph, layer: layers.ZeroPadding2D, *, padding: Pads) -> None:
    graph.first()
    top, left, bottom, right = onnx_pads(padding)
    graph.op("Pad", np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))


def max_pooling(
    graph: Graph, layer: layers.MaxPooling2D, *, pool_size: Pair, strides: Pair, padding: str | Pads
) -> None:
    pool(graph, "MaxPool", layer, pool_size, strides)


def average_pooling(
    graph: Graph, layer: layers.AveragePooling2D, *, pool_size: Pair, strides: Pair, padding: str | Pads
) -> None:
    """As in minigan, padding is not counted."""
    pool(graph, "AveragePool", layer, pool_size, strides, count_include_pad=0)


def pool(
    graph: Graph,
    kind: str,
    layer: layers.MaxPooling2D | layers.AveragePooling2D,
    size: Pair,
    strides: Pair,
    **attributes: Any,
) -> None:
    """A pooling with the padding that the layer has on images of its size."""
    graph.first()
    pads = onnx_pads(layer.windows.pads(height_width(layer.input_shape)))
    graph.op(kind, kernel_shape=size, strides=strides, pads=pads, **attributes)


def global_average_pooling(graph: Graph, layer: layers.GlobalAveragePooling2D) -> None:
    graph.last()
    graph.op("ReduceMean", axes=[1, 2], keepdims=0)


def channel_max(graph: Graph, layer: layers.ChannelMax, *, pieces: int) -> None:
    graph.last()
    graph.reshape(*layer.output_shape, pieces)
    graph.op("ReduceMax", axes=[-1], keepdims=0)


def flatten(graph: Graph, layer: layers.Flatten) -> None:
    graph.last()
    graph.reshape(*layer.output_shape)


def reshape(graph: Graph, layer: layers.Reshape, *, target_shape: Shape) -> None:
    """The output's shape is `target_shape` with -1 replaced."""
    graph.last()
    graph.reshape(*layer.output_shape)


WEIGHTLESS: dict[type[Layer], Callable[..., None]] = {
    layers.AveragePooling2D: average_pooling,
    layers.ChannelMax: channel_max,
    layers.Dropout: dropout,
    layers.ELU: elu,
    layers.Flatten: flatten,
    layers.GaussianNoise: gaussian_noise,
    layers.GlobalAveragePooling2D: global_average_pooling,
    layers.Identity: identity,
    layers.LeakyReLU: leaky_relu,
    layers.MaxPooling2D: max_pooling,
    layers.ReLU: relu,
    layers.Reshape: reshape,
    layers.Sigmoid: simple("Sigmoid"),
    layers.Softmax: softmax,
    layers.Softplus: simple("Softplus"),
    layers.Tanh: simple("Tanh"),
    layers.UpSampling2D: up_sampling,
    layers.ZeroPadding2D: zero_padding,
}
