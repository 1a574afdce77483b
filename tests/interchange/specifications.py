"""Every layer with every option, alone and among others: what the exports must write or refuse."""

import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import minigan as mg
from minigan.errors import ConfigError, ShapeError
from minigan.gradcheck.builtin.cases import LAYERS
from minigan.interchange.settings import options, settings_of
from minigan.layers import (
    ELU,
    AveragePooling1D,
    AveragePooling2D,
    BatchNorm,
    ChannelMax,
    ConcatenateLabels,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GroupNormalization,
    Layer,
    LayerNorm,
    LeakyReLU,
    Maxout,
    MaxPooling1D,
    MaxPooling2D,
    MinibatchStdDev,
    PReLU,
    ProjectionHead,
    ReLU,
    Reshape,
    Residual,
    SelfAttention2D,
    Softmax,
    SpectralNormalization,
    Tanh,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding2D,
)
from minigan.layers.activation import ACTIVATIONS
from tests.interchange.small_networks import inputs, shake


class Specification(NamedTuple):
    """A layer, and the shape of its input without the batch axis."""

    name: str
    make: Callable[[], Layer]
    shape: tuple[int, ...]


#: Forms that the gradient checks have no need of.
MORE = [
    Specification("relu-slope", lambda: ReLU(negative_slope=0.2), (6,)),
    Specification("relu-negative-slope", lambda: ReLU(negative_slope=-0.3), (6,)),
    Specification("relu-6", lambda: ReLU(6.0), (6,)),
    Specification("relu-limit", lambda: ReLU(0.4), (6,)),
    Specification("relu-limit-and-slope", lambda: ReLU(0.4, 0.1), (6,)),
    Specification("relu-threshold", lambda: ReLU(threshold=0.5), (6,)),
    Specification("relu-threshold-and-slope", lambda: ReLU(threshold=0.5, negative_slope=0.3), (6,)),
    Specification("relu-threshold-below-0", lambda: ReLU(threshold=-0.5), (6,)),
    Specification("relu-limit-below-0", lambda: ReLU(-0.5, 0.3), (6,)),
    Specification("leaky-relu-default", lambda: LeakyReLU(), (6,)),
    Specification("elu-default", lambda: ELU(), (6,)),
    Specification("softmax-height", lambda: Softmax(1), (3, 2, 4)),
    Specification("softmax-width", lambda: Softmax(-2), (3, 2, 4)),
    Specification("softmax-channels", lambda: Softmax(3), (3, 2, 4)),
    Specification("softmax-first-of-four", lambda: Softmax(1), (3, 2, 4, 2)),
    Specification("gaussian-noise-large", lambda: GaussianNoise(2.5), (6,)),
    Specification("batch-norm-epsilon", lambda: BatchNorm(epsilon=0.5), (6,)),
    Specification("batch-norm-gamma", lambda: BatchNorm(center=False), (6,)),
    Specification("batch-norm-beta", lambda: BatchNorm(scale=False), (6,)),
    Specification("layer-norm-epsilon", lambda: LayerNorm(epsilon=0.5), (6,)),
    Specification("layer-norm-gamma", lambda: LayerNorm(center=False), (6,)),
    Specification("layer-norm-beta", lambda: LayerNorm(scale=False), (6,)),
    Specification("group-normalization-epsilon", lambda: GroupNormalization(2, epsilon=0.5), (3, 2, 4)),
    Specification("group-normalization-gamma", lambda: GroupNormalization(2, center=False), (3, 2, 4)),
    Specification("group-normalization-beta", lambda: GroupNormalization(2, scale=False), (3, 2, 4)),
    Specification("group-normalization-bare", lambda: GroupNormalization(3, -1, 1e-3, False, False), (3, 2, 6)),
    Specification("group-normalization-one", lambda: GroupNormalization(1), (6,)),
    Specification("group-normalization-of-vectors", lambda: GroupNormalization(2), (6,)),
    Specification("instance-normalization-affine", lambda: GroupNormalization(-1), (3, 2, 4)),
    Specification("group-normalization-axis", lambda: GroupNormalization(2, axis=3), (3, 2, 4)),
    Specification("prelu-channel", lambda: PReLU("ones", (1, 2)), (3, 2, 4)),
    Specification("prelu-place", lambda: PReLU("ones"), (3, 2, 4)),
    Specification("prelu-row", lambda: PReLU("ones", (3,)), (3, 2, 4)),
    Specification("prelu-one", lambda: PReLU("ones", (1, 2, 3)), (3, 2, 4)),
    Specification("prelu-vector", lambda: PReLU("ones"), (6,)),
    Specification("prelu-one-vector", lambda: PReLU("ones", (1,)), (6,)),
    Specification("prelu-sequence", lambda: PReLU("ones", (2,)), (3, 4)),
    Specification("maxout-pieces", lambda: Maxout(3, pieces=2), (6,)),
    Specification("channel-max-default", lambda: ChannelMax(), (6,)),
    Specification("conv2d-number", lambda: Conv2D(3, 3, padding=2), (3, 4, 2)),
    Specification("conv2d-pair", lambda: Conv2D(3, (2, 3), padding=(1, 2)), (3, 4, 2)),
    Specification("conv1d-plain", lambda: Conv1D(3, 2, activation="relu"), (5, 2)),
    Specification("conv1d-apart", lambda: Conv1D(4, 3, padding="same", dilation_rate=2, groups=2), (6, 2)),
    Specification("conv1d-apart-and-strided", lambda: Conv1D(3, 2, 3, dilation_rate=2), (8, 2)),
    Specification("max-pooling-1d-same", lambda: MaxPooling1D(3, 1, "same"), (6, 2)),
    Specification("average-pooling-1d-valid", lambda: AveragePooling1D(3, 1), (7, 2)),
    Specification("transpose-number", lambda: Conv2DTranspose(3, 3, 2, padding=1), (3, 4, 2)),
    Specification("transpose-no-bias", lambda: Conv2DTranspose(3, (3, 2), (1, 2), use_bias=False), (3, 4, 2)),
    Specification("transpose-cut-below", lambda: Conv2DTranspose(3, 4, 2, padding=((0, 3), (1, 0))), (3, 4, 2)),
    Specification(
        "conv2d-dilated-pads", lambda: Conv2D(4, (2, 3), 1, (1, 2), dilation_rate=(3, 2), groups=2), (5, 6, 2)
    ),
    Specification("conv2d-depthwise-bare", lambda: Conv2D(3, 2, use_bias=False, groups=3), (5, 6, 3)),
    Specification("transpose-dilated", lambda: Conv2DTranspose(3, (2, 3), 2, dilation_rate=(3, 1)), (3, 4, 2)),
    Specification("transpose-more", lambda: Conv2DTranspose(3, 3, (2, 3), output_padding=(1, 2)), (3, 4, 2)),
    Specification("transpose-none-more", lambda: Conv2DTranspose(3, 2, 3, output_padding=0), (3, 4, 2)),
    Specification("transpose-same-more", lambda: Conv2DTranspose(3, 4, 3, "same", output_padding=(0, 2)), (3, 4, 2)),
    Specification(
        "transpose-cut-more", lambda: Conv2DTranspose(3, 3, 2, ((0, 2), (1, 0)), output_padding=(1, 0)), (3, 4, 2)
    ),
    Specification(
        "transpose-dilated-more",
        lambda: Conv2DTranspose(3, 2, (2, 1), "same", dilation_rate=(2, 3), output_padding=(1, 0)),
        (3, 4, 2),
    ),
    Specification("max-pooling-frame", lambda: MaxPooling2D(3, 2, padding=((1, 0), (0, 2))), (5, 6, 2)),
    Specification("max-pooling-number", lambda: MaxPooling2D(3, (1, 2), padding=1), (5, 6, 2)),
    Specification("average-pooling-frame", lambda: AveragePooling2D(3, 2, padding=((1, 0), (0, 2))), (5, 6, 2)),
    Specification("average-pooling-number", lambda: AveragePooling2D(3, (1, 2), padding=1), (5, 6, 2)),
    Specification("average-pooling-wide-frame", lambda: AveragePooling2D(3, 1, padding=2), (5, 6, 2)),
    Specification("average-pooling-same", lambda: AveragePooling2D(2, 1, padding="same"), (5, 6, 2)),
    Specification("up-sampling-1x3", lambda: UpSampling2D((1, 3), "bilinear"), (3, 4, 2)),
    Specification("zero-padding-default", lambda: ZeroPadding2D(), (3, 4, 2)),
    Specification("zero-padding-sides", lambda: ZeroPadding2D(((3, 0), (1, 2))), (3, 4, 2)),
    Specification("reshape-image-to-image", lambda: Reshape((4, 3, 2)), (3, 4, 2)),
    Specification("reshape-image-to-rows", lambda: Reshape((3, -1)), (3, 4, 2)),
    Specification("reshape-image-to-vector", lambda: Reshape((24,)), (3, 4, 2)),
    Specification("reshape-rows-to-image", lambda: Reshape((2, 2, -1)), (3, 4)),
    Specification("reshape-vector-to-four", lambda: Reshape((2, 1, 3, 2)), (12,)),
    Specification("labels-beside-pixels", lambda: ConcatenateLabels(4, 1), (3, 4, 2)),
    Specification("projection-head", lambda: ProjectionHead(2), (6,)),
    Specification("minibatch-std-dev", lambda: MinibatchStdDev(2), (6,)),
    Specification("self-attention-values", lambda: SelfAttention2D(None, 1), (3, 2, 4)),
    Specification("self-attention-default", lambda: SelfAttention2D(), (2, 3, 8)),
    Specification(
        "residual-in-a-residual",
        lambda: Residual([Conv2D(2, 3, padding="same"), Residual([LeakyReLU(0.3), BatchNorm(), Conv2D(2, 1)])]),
        (3, 4, 2),
    ),
    Specification("residual-of-a-row", lambda: Residual([Flatten(), Dense(24, "relu"), Reshape((3, 4, 2))]), (3, 4, 2)),
    Specification("residual-without-weights", lambda: Residual([Tanh(), MaxPooling2D(3, 1, "same")]), (3, 4, 2)),
    Specification("residual-of-nothing", lambda: Residual([Residual([Dropout(0.5)])]), (6,)),
    Specification(
        "residual-on-a-flat-image", lambda: Residual([Dense(5, "tanh"), Dense(12), PReLU("ones"), BatchNorm()]), (12,)
    ),
    Specification("residual-attention", lambda: Residual([SelfAttention2D(2, 2), ReLU()]), (3, 4, 2)),
    Specification("spectral-iterations", lambda: SpectralNormalization(Dense(3, "tanh"), 3), (6,)),
    Specification("spectral-no-bias", lambda: SpectralNormalization(Dense(3, use_bias=False)), (6,)),
    *(Specification(f"dense-{name}", partial(Dense, 4, name), (3, 3, 2)) for name in ACTIVATIONS),
    *(Specification(f"conv2d-{name}", partial(Conv2D, 4, 2, activation=name), (3, 3, 2)) for name in ACTIVATIONS),
    *(
        Specification(f"transpose-{name}", partial(Conv2DTranspose, 4, 2, activation=name), (3, 3, 2))
        for name in ACTIVATIONS
    ),
    Specification("dense-relu-options", lambda: Dense(6, ReLU(0.4, 0.1, 0.2)), (6,)),
    Specification("conv2d-softmax-width", lambda: Conv2D(3, 2, activation=Softmax(2)), (3, 4, 2)),
    Specification("transpose-cut-softmax", lambda: Conv2DTranspose(3, 3, 2, 1, Softmax(2)), (3, 4, 2)),
]

SPECIFICATIONS = [*(Specification(case.name, case.make, case.shape[1:]) for case in LAYERS), *MORE]

#: Of an image whose pixels are put in a row, and of that row.
IMAGE, ROW = (2, 3, 2), 12


def network(shape: tuple[int, ...], *layers: Layer) -> mg.Sequential:
    """A built network whose weights are not those that a library begins with."""
    made = mg.Sequential(layers, "net")
    made.build(shape)
    return shake(made)


def settings_in(specification: Specification) -> Iterator[mg.Sequential]:
    """Networks with the layer: alone, on inputs of any number of axes, on a flattened image, and before an image."""
    make, shape = specification.make, specification.shape
    yield network(shape, make())
    *_, last = shape
    for rank in range(1, 5):
        other = (*(2, 3, 2)[: rank - 1], last)
        if other != shape:
            yield from fitting(other, make)
    if len(shape) == 1:
        yield from fitting(IMAGE, Flatten, make)
        yield from fitting(IMAGE, Flatten, make, lambda: Dense(3))
        yield from fitting(IMAGE, Flatten, make, Tanh, Flatten, lambda: Maxout(3, 2))
        yield from fitting((5,), lambda: Dense(ROW), make, lambda: Reshape(IMAGE))
        yield from fitting((5,), lambda: Maxout(ROW, 2), Tanh, make, lambda: Reshape(IMAGE), lambda: Conv2D(2, 2))


def fitting(shape: tuple[int, ...], *makers: Callable[[], Layer]) -> Iterator[mg.Sequential]:
    """The network, if its layers fit one another."""
    try:
        made = network(shape, *(make() for make in makers))
        made.predict(inputs(made), labels=np.zeros(4, int))
    except (ShapeError, np.exceptions.AxisError):
        return
    yield made


# Options


def kinds() -> list[type[Layer]]:
    """All classes of layers."""
    public = [getattr(mg.layers, name) for name in mg.layers.__all__]
    return [kind for kind in public if isinstance(kind, type) and issubclass(kind, Layer) and kind is not Layer]


def comparable(value: Any) -> Any:
    """A setting as something that can be compared."""
    return (type(value), sorted(settings_of(value).items())) if isinstance(value, Layer) else value


def with_option(layer: Layer, name: str, value: Any) -> Layer:
    """The same layer with another value of one option."""
    return type(layer)(**{**copy.deepcopy(settings_of(layer)), name: value})


def required(kind: type[Layer]) -> set[str]:
    """The options without a default."""
    return {name for name, parameter in options(kind).items() if parameter.default is parameter.empty}


def varied(layer: Layer) -> set[str]:
    """The options of the layer that are not at their defaults."""
    settings = settings_of(layer)
    usual = settings_of(type(layer)(**{name: settings[name] for name in required(type(layer))}))
    return {name for name in settings if comparable(settings[name]) != comparable(usual[name])}


def variations(specification: Specification) -> Iterator[tuple[str, mg.Sequential]]:
    """Networks of the layer with one of its options at another value: the default, or half of a number without one."""
    layer = specification.make()
    settings = settings_of(layer)
    halves = {name: settings[name] / 2 for name in required(type(layer)) if isinstance(settings[name], float)}
    defaults = {name: options(type(layer))[name].default for name in varied(layer)}
    for name, value in {**halves, **defaults}.items():
        try:  # others may not fit the new value
            yield name, network(specification.shape, with_option(layer, name, value))
        except (ConfigError, ShapeError):
            continue


def numpy_values(value: Any, kind: type) -> Any:
    """A setting with NumPy's numbers in the place of Python's."""
    if isinstance(value, tuple):
        return tuple(numpy_values(entry, kind) for entry in value)
    if isinstance(value, float):
        return kind(value)
    return np.int64(value) if isinstance(value, int) and not isinstance(value, bool) else value


# What is refused

#: Layers that no library has in a plain row of layers.
WITHOUT = {
    "keras": (ConcatenateLabels, MinibatchStdDev, ProjectionHead, SpectralNormalization),
    "pytorch": (
        ConcatenateLabels,
        MinibatchStdDev,
        ProjectionHead,
        SpectralNormalization,
        Conv1D,
        MaxPooling1D,
        AveragePooling1D,
        UpSampling1D,
    ),
    "onnx": (MinibatchStdDev,),
}


def refusal(library: str, layer: Layer) -> str:
    """What the error for a layer must say, as a regular expression; "" where the layer must be exported."""
    if isinstance(layer, WITHOUT[library]):
        return r"\w+ has no such layer"
    match library, layer:
        case "pytorch", BatchNorm() if layer.center != layer.scale:
            return f"center={layer.center} has no counterpart in PyTorch"
        case "pytorch", GroupNormalization() if layer.center != layer.scale:
            return f"center={layer.center} has no counterpart in PyTorch"
        case "pytorch", LayerNorm(center=True, scale=False):
            return "scale=False has no counterpart in PyTorch"
        case "keras", Conv2D() | Conv2DTranspose() if max(layer.windows.strides) > 1 < max(layer.windows.dilation_rate):
            return "dilation_rate=.* has no counterpart in Keras, where strides="
        case "keras", Conv1D() if layer.strides > 1 and layer.dilation_rate > 1:
            return "dilation_rate=2 has no counterpart in Keras, where strides=3"
        case "keras", MaxPooling1D() if not isinstance(layer.padding, str):
            return "padding=.* has no counterpart in Keras"
        case "keras", AveragePooling1D() if layer.padding != "valid":
            return "padding=.* has no counterpart in Keras"
        case "keras", ReLU(max_value=limit) if limit is not None and limit < 0:
            return "max_value=.* has no counterpart in Keras"
        case "keras", ReLU() if layer.threshold < 0:
            return "threshold=.* has no counterpart in Keras"
        case "keras", (ReLU() | LeakyReLU()) if layer.negative_slope < 0:
            return "negative_slope=.* has no counterpart in Keras"
        case "keras", GaussianNoise() if layer.stddev > 1:
            return "stddev=2.5 has no counterpart in Keras"
    return ""
