"""A network as an ONNX graph, operator by operator.

The graph has the inputs and outputs of the network: noise (N, latent_size) to images (N, H, W, C). Inside, ONNX's
convolutions take (N, C, H, W); a `Transpose` is added only where the order has to change: in a DCGAN one before the
first convolution, one after the last.

https://onnx.ai/onnx/operators
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan import backend, layers
from minigan.errors import ConfigError, DtypeError
from minigan.interchange.optional_imports import need
from minigan.kernels import Pads
from minigan.layers import Layer
from minigan.layers.validation import height_width
from minigan.model.sequential import Sequential
from minigan.version import __version__

__all__ = ["OPSET", "Graph", "onnx_model"]

#: The versions of the operators and of the file format: of 2021 and 2022, so that older readers support them.
OPSET, IR_VERSION = 17, 8

#: Bytes that a file of protocol buffers can hold, less some for everything but weights.
LARGEST = 2**31 - 2**20

#: The axes of images with the channels first, from last, and back.
TO_FIRST, TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


def onnx_model(network: Sequential, facts: dict[str, str] | None = None) -> Any:
    """The network in inference mode as an ``onnx.ModelProto``, checked by the onnx package.

    Its input is ``x``, and a conditional network also has ``labels`` (N,) of int64; its output is ``y``.

    Parameters
    ----------
    network : Sequential
        Built, in float32.
    facts : dict, optional
        Texts to keep in the model.

    Raises
    ------
    ConfigError
        The onnx package is not installed; a layer has no operators here; the weights are too large for the format.
    DtypeError
        The network is not in float32.
    """
    onnx = need("onnx", "the format onnx")
    size = sum(parameter.data.nbytes for parameter in network.parameters().values())
    if size > LARGEST:
        raise ConfigError(f"{network.name}: expected at most {LARGEST:,} bytes of weights for ONNX, got {size:,}")
    if network.flat_data.dtype != np.float32:
        raise DtypeError(f"{network.name}: expected float32 for ONNX, got {network.flat_data.dtype}")
    graph = Graph(onnx, "x")
    for layer in network:
        graph.layer(layer)
    graph.last()
    return graph.model(network, facts or {})


class Graph:
    """The operators so far, and the value that the next one takes."""

    def __init__(self, onnx: Any, value: str) -> None:
        self.onnx, self.value = onnx, value
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.channels_first = self.conditional = False

    def op(self, kind: str, *inputs: str | np.ndarray, **attributes: Any) -> None:
        """Add an operator on the current value and further inputs; its output is the next value."""
        self.value = self.node(kind, self.value, *inputs, **attributes)

    def node(self, kind: str, *inputs: str | np.ndarray, **attributes: Any) -> str:
        """Add an operator on values and arrays, and return the name of its output; "" is an input left out."""
        output = f"{kind.lower()}_{len(self.nodes)}"
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        self.nodes.append(self.onnx.helper.make_node(kind, names, [output], name=output, **attributes))
        return output

    def constant(self, array: np.ndarray) -> str:
        """Keep an array in the model."""
        name = f"array_{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def first(self) -> None:
        """Bring images to (N, C, H, W)."""
        if not self.channels_first:
            self.op("Transpose", perm=TO_FIRST)
            self.channels_first = True

    def last(self) -> None:
        """Bring images to (N, H, W, C)."""
        if self.channels_first:
            self.op("Transpose", perm=TO_LAST)
            self.channels_first = False

    def reshape(self, *shape: int) -> None:
        """Reshape all axes but the batch's."""
        self.op("Reshape", np.array([-1, *shape], np.int64))

    def layer(self, layer: Layer) -> None:
        """Add the operators of a layer in inference mode.

        Raises
        ------
        ConfigError
            It has no form in these operators.
        """
        write = WRITERS.get(type(layer))
        if write is None:
            raise ConfigError(f"{layer.title}: cannot be exported to ONNX, there are no operators for this layer")
        write(self, layer)

    def model(self, network: Sequential, facts: dict[str, str]) -> Any:
        """The complete model, checked."""
        helper, types = self.onnx.helper, self.onnx.TensorProto
        inputs = [helper.make_tensor_value_info("x", types.FLOAT, ["N", *network.input_shape])]
        if self.conditional:
            inputs.append(helper.make_tensor_value_info("labels", types.INT64, ["N"]))
        self.nodes.append(helper.make_node("Identity", [self.value], ["y"], name="y"))
        outputs = [helper.make_tensor_value_info("y", types.FLOAT, ["N", *network.output_shape])]
        graph = helper.make_graph(self.nodes, network.name, inputs, outputs, self.constants)
        model = helper.make_model(
            graph,
            producer_name="minigan",
            producer_version=__version__,
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
        helper.set_model_props(model, facts)
        self.onnx.checker.check_model(model, full_check=True)
        return model


# Each kind of layer


def data(layer: Layer, name: str) -> np.ndarray:
    """A parameter in host memory."""
    return backend.asnumpy(layer.parameters[name].data)


def onnx_pads(pads: Pads) -> list[int]:
    """((top, bottom), (left, right)) in ONNX's order: all beginnings, then all ends."""
    (top, bottom), (left, right) = pads
    return [top, left, bottom, right]


def dense(graph: Graph, layer: layers.Dense) -> None:
    graph.last()
    graph.op("MatMul", data(layer, "kernel"))
    if layer.use_bias:
        graph.op("Add", data(layer, "bias"))
    graph.layer(layer.activation)


def conv2d(graph: Graph, layer: layers.Conv2D) -> None:
    graph.first()
    kernel = data(layer, "kernel").transpose(3, 2, 0, 1)
    biases = [data(layer, "bias")] if layer.use_bias else []
    graph.op("Conv", kernel, *biases, strides=layer.windows.strides, pads=onnx_pads(layer.pads))
    graph.layer(layer.activation)


def conv2d_transpose(graph: Graph, layer: layers.Conv2DTranspose) -> None:
    """Where strides are larger than the kernel, `output_padding` adds the rows that no window reaches."""
    graph.first()
    size, strides, *_ = layer.windows
    kernel = data(layer, "kernel").transpose(3, 2, 0, 1)
    biases = [data(layer, "bias")] if layer.use_bias else []
    gaps = [max(stride - window, 0) for stride, window in zip(strides, size)]
    graph.op("ConvTranspose", kernel, *biases, strides=strides, pads=onnx_pads(layer.pads), output_padding=gaps)
    graph.layer(layer.activation)


def spectral_normalization(graph: Graph, layer: layers.SpectralNormalization) -> None:
    """The wrapped layer with its present kernel divided by the largest singular value."""
    divided = layer.with_kernel(layer.kernel.data / layer.spectrum().sigma)
    divided.parameters = {**divided.parameters, "kernel": divided.kernel}
    graph.layer(divided)


def batch_norm(graph: Graph, layer: layers.BatchNorm) -> None:
    """In inference a fixed scale and shift of each channel."""
    if len(layer.input_shape) == 3:
        graph.first()
    elif len(layer.input_shape) != 1:
        raise ConfigError(f"{layer.title}: cannot be exported to ONNX on an input of shape {layer.input_shape}")
    mean, variance = data(layer, "moving_mean"), data(layer, "moving_variance")
    gamma = data(layer, "gamma") if layer.scale else np.ones_like(mean)
    beta = data(layer, "beta") if layer.center else np.zeros_like(mean)
    graph.op("BatchNormalization", gamma, beta, mean, variance, epsilon=layer.epsilon)


def layer_norm(graph: Graph, layer: layers.LayerNorm) -> None:
    graph.last()
    size = layer.input_shape[-1:]
    gamma = data(layer, "gamma") if layer.scale else np.ones(size, np.float32)
    beta = data(layer, "beta") if layer.center else np.zeros(size, np.float32)
    graph.op("LayerNormalization", gamma, beta, axis=-1, epsilon=layer.epsilon)


def concatenate_labels(graph: Graph, layer: layers.ConcatenateLabels) -> None:
    """A row of the table for each label, repeated at every pixel of an image."""
    graph.last()
    graph.conditional = True
    rows = graph.node("Gather", data(layer, "embeddings"), "labels")
    places = layer.input_shape[:-1]
    if places:
        rows = graph.node("Reshape", rows, np.array([-1, *(1 for _ in places), layer.units], np.int64))
        rows = graph.node("Expand", rows, np.array([1, *places, 1], np.int64))
    graph.op("Concat", rows, axis=-1)


def up_sampling(graph: Graph, layer: layers.UpSampling2D) -> None:
    graph.first()
    scales = np.array([1, 1, *layer.size], np.float32)
    if layer.interpolation == "nearest":
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    graph.op("Resize", "", scales, **how)


def zero_padding(graph: Graph, layer: layers.ZeroPadding2D) -> None:
    graph.first()
    top, left, bottom, right = onnx_pads(layer.padding)
    graph.op("Pad", np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))


def max_pooling(graph: Graph, layer: layers.MaxPooling2D) -> None:
    pool(graph, "MaxPool", layer)


def average_pooling(graph: Graph, layer: layers.AveragePooling2D) -> None:
    pool(graph, "AveragePool", layer, count_include_pad=0)


def pool(graph: Graph, kind: str, layer: layers.MaxPooling2D | layers.AveragePooling2D, **attributes: Any) -> None:
    graph.first()
    size, strides, *_ = layer.windows
    pads = onnx_pads(layer.windows.pads(height_width(layer.input_shape)))
    graph.op(kind, kernel_shape=size, strides=strides, pads=pads, **attributes)


def global_average_pooling(graph: Graph, layer: layers.GlobalAveragePooling2D) -> None:
    graph.last()
    graph.op("ReduceMean", axes=[1, 2], keepdims=0)


def maxout(graph: Graph, layer: layers.Maxout) -> None:
    graph.op("MatMul", backend.asnumpy(layer.matrix))
    graph.op("Add", data(layer, "bias").reshape(-1))
    graph.reshape(layer.units, layer.pieces)
    graph.op("ReduceMax", axes=[2], keepdims=0)


def channel_max(graph: Graph, layer: layers.ChannelMax) -> None:
    graph.last()
    graph.reshape(*layer.output_shape, layer.pieces)
    graph.op("ReduceMax", axes=[-1], keepdims=0)


def softmax(graph: Graph, layer: layers.Softmax) -> None:
    graph.last()
    graph.op("Softmax", axis=layer.axis)


def flatten(graph: Graph, layer: layers.Flatten | layers.Reshape) -> None:
    graph.last()
    graph.reshape(*layer.output_shape)


def nothing(graph: Graph, layer: Layer) -> None:
    """Dropout and noise are for training."""


def elementwise(kind: str, *attributes: tuple[str, str]) -> Callable[[Graph, Any], None]:
    """An activation, which works for any order of axes; `attributes` are pairs of ONNX's name and the layer's."""
    return lambda graph, layer: graph.op(kind, **{theirs: getattr(layer, ours) for theirs, ours in attributes})


WRITERS: dict[type[Layer], Callable[[Graph, Any], None]] = {
    layers.AveragePooling2D: average_pooling,
    layers.BatchNorm: batch_norm,
    layers.ChannelMax: channel_max,
    layers.ConcatenateLabels: concatenate_labels,
    layers.Conv2D: conv2d,
    layers.Conv2DTranspose: conv2d_transpose,
    layers.Dense: dense,
    layers.Dropout: nothing,
    layers.ELU: elementwise("Elu", ("alpha", "alpha")),
    layers.Flatten: flatten,
    layers.GaussianNoise: nothing,
    layers.GlobalAveragePooling2D: global_average_pooling,
    layers.Identity: nothing,
    layers.LayerNorm: layer_norm,
    layers.LeakyReLU: elementwise("LeakyRelu", ("alpha", "negative_slope")),
    layers.MaxPooling2D: max_pooling,
    layers.Maxout: maxout,
    layers.ReLU: elementwise("Relu"),
    layers.Reshape: flatten,
    layers.Sigmoid: elementwise("Sigmoid"),
    layers.Softmax: softmax,
    layers.Softplus: elementwise("Softplus"),
    layers.SpectralNormalization: spectral_normalization,
    layers.Tanh: elementwise("Tanh"),
    layers.UpSampling2D: up_sampling,
    layers.ZeroPadding2D: zero_padding,
}
