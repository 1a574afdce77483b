"""Networks as lists of layers, which a peer that has no minigan can build."""

from collections.abc import Iterator
from typing import Any

from minigan import layers
from minigan.layers import Layer
from minigan.model.sequential import Sequential

__all__ = ["described"]


def described(network: Sequential) -> list[dict[str, Any]]:
    """A network's layers, each a kind with its options; an activation inside a layer is a separate entry.

    Raises
    ------
    TypeError
        The peers have no such layer.
    """
    return [entry for layer in network for entry in entries(layer)]


def entries(layer: Layer) -> Iterator[dict[str, Any]]:
    """The entries of one layer and its activation."""
    match layer:
        case layers.Dense():
            yield {"kind": "dense"}
        case layers.Maxout():
            yield {"kind": "maxout"}
        case layers.Conv2D():
            image = layer.input_shape[:2]
            yield {"kind": "convolution", "strides": layer.windows.strides, "pads": layer.pads, "image": image}
        case layers.Conv2DTranspose():
            image = layer.output_shape[:2]
            yield {"kind": "transposed", "strides": layer.windows.strides, "pads": layer.pads, "image": image}
        case layers.UpSampling2D():
            yield {"kind": "upsampling", "size": layer.size}
        case layers.ZeroPadding2D():
            yield {"kind": "padding", "pads": layer.padding}
        case layers.MaxPooling2D():
            size, strides, *_ = layer.windows
            pads = layer.windows.pads(layer.input_shape[:2])
            yield {"kind": "max_pooling", "size": size, "strides": strides, "pads": pads}
        case layers.BatchNorm():
            yield {"kind": "normalization", "momentum": layer.momentum, "epsilon": layer.epsilon}
        case layers.LayerNorm():
            yield {"kind": "layer_norm", "epsilon": layer.epsilon}
        case layers.ChannelMax():
            yield {"kind": "channel_max", "pieces": layer.pieces}
        case layers.Reshape():
            yield {"kind": "reshape", "shape": layer.output_shape}
        case layers.Flatten():
            yield {"kind": "flatten", "shape": layer.input_shape}
        case layers.Dropout():
            yield {"kind": "dropout", "rate": layer.rate}
        case layers.LeakyReLU():
            yield {"kind": "leaky_relu", "slope": layer.negative_slope}
        case layers.ReLU():
            yield {"kind": "leaky_relu", "slope": layer.negative_slope}
        case layers.Tanh():
            yield {"kind": "tanh"}
        case layers.Sigmoid():
            yield {"kind": "sigmoid"}
        case _:
            raise TypeError(f"the peers have no {type(layer).__name__}")
    activation = getattr(layer, "activation", None)
    if activation is not None and not isinstance(activation, layers.Identity):
        yield from entries(activation)
