"""A network as an ONNX graph, operator by operator.

The graph has the inputs and outputs of the network: noise (N, latent_size) to images (N, H, W, C). Inside, ONNX's
convolutions take (N, C, H, W); a `Transpose` is added only where the order has to change: in a DCGAN one before the
first convolution, one after the last.

https://onnx.ai/onnx/operators
"""

from typing import Any

import numpy as np

from minigan.errors import ConfigError, DtypeError
from minigan.interchange.onnx_graph import Graph
from minigan.interchange.onnx_weighted import WEIGHTED
from minigan.interchange.onnx_weightless import WEIGHTLESS
from minigan.interchange.optional_imports import need
from minigan.model.sequential import Sequential

__all__ = ["WRITERS", "onnx_model"]

#: Bytes that a file of protocol buffers can hold, less some for everything but weights.
LARGEST = 2**31 - 2**20

#: What adds the operators of each class of layers.
WRITERS = {**WEIGHTED, **WEIGHTLESS}


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
        The onnx package is not installed; a layer or a setting has no form in the operators; the weights are too large
        for the format.
    DtypeError
        The network is not in float32.
    """
    onnx = need("onnx", "the format onnx")
    size = sum(parameter.data.nbytes for parameter in network.parameters().values())
    if size > LARGEST:
        raise ConfigError(f"{network.name}: expected at most {LARGEST:,} bytes of weights for ONNX, got {size:,}")
    if network.flat_data.dtype != np.float32:
        raise DtypeError(f"{network.name}: expected float32 for ONNX, got {network.flat_data.dtype}")
    graph = Graph(onnx, WRITERS)
    for layer in network:
        graph.layer(layer)
    graph.last()
    return graph.model(network.name, network.input_shape, network.output_shape, facts or {})
