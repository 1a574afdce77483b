"""The layers and weights of a network under Keras's names; their axes are in the same order as Keras's.

In a file of weights Keras names a layer by its class and its number among the layers of its class, not by its own
name: ``layers/conv2d_1/vars/0``.
"""

from collections import Counter
from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from minigan import layers
from minigan.errors import ConfigError
from minigan.interchange.layout import AxisPermutation, Entry, entry
from minigan.layers import Layer
from minigan.layers.affine import Affine
from minigan.layers.base import snake_case
from minigan.model.sequential import Sequential

__all__ = ["keras_entries", "keras_source"]


class KerasLayer(NamedTuple):
    """A layer of Keras: its class, its arguments, and our parameters that are its variables, in Keras's order.

    `arguments` is None where the class exists but cannot do the same.
    """

    kind: str
    arguments: str | None
    variables: tuple[tuple[str, AxisPermutation | None], ...] = ()


def keras_entries(network: Sequential) -> list[Entry]:
    """Where every parameter of the network lies in a file that Keras writes of the same layers.

    Raises
    ------
    ConfigError
        A layer is none of Keras's.
    """
    counts: Counter[str] = Counter()
    entries = []
    for layer in network:
        for made in counterparts(layer):
            stem = snake_case(made.kind)
            place = f"layers/{stem}_{counts[stem]}" if counts[stem] else f"layers/{stem}"
            counts[stem] += 1
            entries += [
                entry(layer, name, f"{place}/vars/{index}", permutation)
                for index, (name, permutation) in enumerate(made.variables)
            ]
    return entries


def keras_source(network: Sequential) -> str:
    """A Python program that makes the same network in Keras 3.

    Raises
    ------
    ConfigError
        A layer is none of Keras's.
    """
    lines = [f"keras.Input({network.input_shape})"]
    for layer in network:
        for made in counterparts(layer):
            if made.arguments is None:
                raise ConfigError(f"{layer.title}: Keras's {made.kind} cannot do the same: it has no such padding")
            lines.append(f"layers.{made.kind}({made.arguments})")
    body = "".join(f"        {line},\n" for line in lines)
    return (
        "import keras\nfrom keras import layers\n\n"
        f"model = keras.Sequential(\n    [\n{body}    ]\n)\n"
        '# model.load_weights("weights.weights.h5")\n'
    )


# Each kind of layer


def counterparts(layer: Layer) -> list[KerasLayer]:
    """The layers of Keras that stand for ours."""
    make = MAKERS.get(type(layer))
    if make is None:
        raise ConfigError(f"{layer.title}: Keras has no such layer; the format safetensors takes all layers")
    return make(layer)


def written(**arguments: Any) -> str:
    """Keyword arguments as Python code."""
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())


def with_activation(layer: Affine, *made: KerasLayer) -> list[KerasLayer]:
    """The layers, followed by the activation."""
    return [*made, *counterparts(layer.activation)]


def weights(*names: str) -> Callable[[Layer], tuple[tuple[str, AxisPermutation | None], ...]]:
    """The parameters of these names that the layer has."""
    return lambda layer: tuple((name, None) for name in names if name in layer.parameters)


kernel_and_bias = weights("kernel", "bias")
norm = weights("gamma", "beta", "moving_mean", "moving_variance")


def dense(layer: layers.Dense) -> list[KerasLayer]:
    arguments = f"{layer.units}, {written(use_bias=layer.use_bias)}"
    return with_activation(layer, KerasLayer("Dense", arguments, kernel_and_bias(layer)))


def conv2d(layer: layers.Conv2D) -> list[KerasLayer]:
    size, strides, padding, _ = layer.windows
    named = padding if isinstance(padding, str) else "valid"
    before = [] if isinstance(padding, str) else [KerasLayer("ZeroPadding2D", repr(padding))]
    arguments = f"{layer.filters}, {size}, {written(strides=strides, padding=named, use_bias=layer.use_bias)}"
    return with_activation(layer, *before, KerasLayer("Conv2D", arguments, kernel_and_bias(layer)))


def conv2d_transpose(layer: layers.Conv2DTranspose) -> list[KerasLayer]:
    size, strides, padding, _ = layer.windows
    named = padding if isinstance(padding, str) else "valid"
    after = [] if isinstance(padding, str) else [KerasLayer("Cropping2D", repr(padding))]
    arguments = f"{layer.filters}, {size}, {written(strides=strides, padding=named, use_bias=layer.use_bias)}"
    return with_activation(layer, KerasLayer("Conv2DTranspose", arguments, kernel_and_bias(layer)), *after)


def batch_norm(layer: layers.BatchNorm) -> list[KerasLayer]:
    arguments = written(momentum=layer.momentum, epsilon=layer.epsilon, center=layer.center, scale=layer.scale)
    return [KerasLayer("BatchNormalization", arguments, norm(layer))]


def layer_norm(layer: layers.LayerNorm) -> list[KerasLayer]:
    arguments = written(epsilon=layer.epsilon, center=layer.center, scale=layer.scale)
    return [KerasLayer("LayerNormalization", arguments, norm(layer))]


def maxout(layer: layers.Maxout) -> list[KerasLayer]:
    """All linear pieces of all units by one Dense, then the largest of each unit's."""
    shape = layer.kernel.data.shape
    lines = layer.units * layer.pieces
    variables = (
        ("kernel", AxisPermutation.identity(shape, (shape[0], lines))),
        ("bias", AxisPermutation.identity(shape[1:], (lines,))),
    )
    return [KerasLayer("Dense", str(lines), variables), *largest(layer.pieces, (layer.units,), lines)]


def channel_max(layer: layers.ChannelMax) -> list[KerasLayer]:
    return largest(layer.pieces, layer.output_shape, prod(layer.input_shape))


def largest(pieces: int, shape: layers.Shape, size: int) -> list[KerasLayer]:
    """The largest of every `pieces` adjacent numbers; pooling in Keras goes along the first axis."""
    parts = [("Reshape", f"({size}, 1)"), ("MaxPooling1D", str(pieces)), ("Reshape", str(shape))]
    return [KerasLayer(kind, arguments) for kind, arguments in parts]


def pooling(layer: layers.MaxPooling2D | layers.AveragePooling2D) -> list[KerasLayer]:
    size, strides, padding, _ = layer.windows
    if padding == ((0, 0), (0, 0)):
        padding = "valid"
    # Any other padding is of zeros in Keras, which may be the largest, and are counted in a mean.
    arguments = f"{size}, {written(strides=strides, padding=padding)}" if isinstance(padding, str) else None
    return [KerasLayer(type(layer).__name__, arguments)]


def plain(kind: str, *names: str) -> Callable[[Any], list[KerasLayer]]:
    """A layer with the arguments of these names."""
    return lambda layer: [KerasLayer(kind, written(**{name: getattr(layer, name) for name in names}))]


def activation(name: str) -> Callable[[Layer], list[KerasLayer]]:
    """An activation that is a function in Keras."""
    return lambda layer: [KerasLayer("Activation", repr(name))]


MAKERS: dict[type[Layer], Callable[[Any], list[KerasLayer]]] = {
    layers.AveragePooling2D: pooling,
    layers.BatchNorm: batch_norm,
    layers.ChannelMax: channel_max,
    layers.Conv2D: conv2d,
    layers.Conv2DTranspose: conv2d_transpose,
    layers.Dense: dense,
    layers.Dropout: plain("Dropout", "rate"),
    layers.ELU: plain("ELU", "alpha"),
    layers.Flatten: plain("Flatten"),
    layers.GaussianNoise: plain("GaussianNoise", "stddev"),
    layers.GlobalAveragePooling2D: plain("GlobalAveragePooling2D"),
    layers.Identity: lambda layer: [],
    layers.LayerNorm: layer_norm,
    layers.LeakyReLU: plain("LeakyReLU", "negative_slope"),
    layers.MaxPooling2D: pooling,
    layers.Maxout: maxout,
    layers.ReLU: activation("relu"),
    layers.Reshape: plain("Reshape", "target_shape"),
    layers.Sigmoid: activation("sigmoid"),
    layers.Softmax: plain("Softmax", "axis"),
    layers.Softplus: activation("softplus"),
    layers.Tanh: activation("tanh"),
    layers.UpSampling2D: plain("UpSampling2D", "size", "interpolation"),
    layers.ZeroPadding2D: plain("ZeroPadding2D", "padding"),
}
