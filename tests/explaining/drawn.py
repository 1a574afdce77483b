"""Layers with random options, for hypothesis."""

from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from minigan import layers
from minigan.errors import ShapeError
from minigan.layers import Context, Layer
from minigan.random import Stream
from tests.explaining.passes import Pass, run

__all__ = ["FAMILIES", "SUMS", "passes"]

#: The values of activation=, with layers whose options change the formula.
ACTIVATIONS: list[Any] = [
    None,
    *("elu", "gelu", "leaky_relu", "relu", "selu", "sigmoid", "silu", "softmax", "softplus", "tanh"),
    lambda: layers.ReLU(max_value=0.5, negative_slope=0.1, threshold=0.2),
    lambda: layers.GELU(approximate=True),
    lambda: layers.Dropout(0.5),
]

few = st.integers(1, 3)
pairs = st.tuples(few, few)
side = st.integers(0, 2)
sides = st.tuples(side, side)
yes_or_no = st.booleans()


#: A value of activation=: a name, or a new layer.
ANY_ACTIVATION = st.sampled_from(ACTIVATIONS).map(lambda made: made() if callable(made) else made)


def paddings(explicit: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value of padding=."""
    return st.sampled_from(["same", "valid"]) | explicit


@st.composite
def dense(draw: st.DrawFn, activation: st.SearchStrategy[Any] = ANY_ACTIVATION) -> tuple[Layer, tuple[int, ...]]:
    places = draw(st.lists(few, max_size=2))
    return layers.Dense(draw(few), draw(activation), draw(yes_or_no)), (*places, draw(st.integers(1, 5)))


@st.composite
def conv1d(draw: st.DrawFn, activation: st.SearchStrategy[Any] = ANY_ACTIVATION) -> tuple[Layer, tuple[int, ...]]:
    groups = draw(st.integers(1, 2))
    options = {"dilation_rate": draw(few), "groups": groups, "use_bias": draw(yes_or_no)}
    sizes = draw(few) * groups, draw(few), draw(few), draw(paddings(sides))
    return layers.Conv1D(*sizes, draw(activation), **options), (draw(st.integers(1, 7)), draw(few) * groups)


@st.composite
def conv2d(draw: st.DrawFn, activation: st.SearchStrategy[Any] = ANY_ACTIVATION) -> tuple[Layer, tuple[int, ...]]:
    groups = draw(st.integers(1, 2))
    options = {"dilation_rate": draw(pairs), "groups": groups, "use_bias": draw(yes_or_no)}
    sizes = draw(few) * groups, draw(pairs), draw(pairs), draw(paddings(st.tuples(sides, sides)))
    image = draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(few) * groups
    return layers.Conv2D(*sizes, draw(activation), **options), image


@st.composite
def conv2d_transpose(
    draw: st.DrawFn, activation: st.SearchStrategy[Any] = ANY_ACTIVATION
) -> tuple[Layer, tuple[int, ...]]:
    strides = draw(pairs)
    more = draw(st.none() | st.tuples(*(st.integers(0, stride - 1) for stride in strides)))
    options = {"dilation_rate": draw(pairs), "output_padding": more, "use_bias": draw(yes_or_no)}
    sizes = draw(few), draw(pairs), strides, draw(paddings(st.tuples(sides, sides)))
    return layers.Conv2DTranspose(*sizes, draw(activation), **options), (draw(few), draw(few), draw(few))


@st.composite
def pooling(draw: st.DrawFn) -> tuple[Layer, tuple[int, ...]]:
    if draw(yes_or_no):
        kind = draw(st.sampled_from([layers.MaxPooling1D, layers.AveragePooling1D]))
        return kind(draw(few), draw(few), draw(paddings(sides))), (draw(st.integers(1, 7)), draw(few))
    kind = draw(st.sampled_from([layers.MaxPooling2D, layers.AveragePooling2D]))
    image = draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(few)
    return kind(draw(pairs), draw(pairs), draw(paddings(st.tuples(sides, sides)))), image


@st.composite
def resizing(draw: st.DrawFn) -> tuple[Layer, tuple[int, ...]]:
    image = draw(few), draw(few), draw(few)
    made = {
        "nearest": lambda: (layers.UpSampling2D(draw(pairs)), image),
        "bilinear": lambda: (layers.UpSampling2D(draw(pairs), "bilinear"), image),
        "sequence": lambda: (layers.UpSampling1D(draw(few)), image[1:]),
        "padding": lambda: (layers.ZeroPadding2D(draw(st.tuples(sides, sides))), image),
        "global": lambda: (layers.GlobalAveragePooling2D(), image),
        "flatten": lambda: (layers.Flatten(), image),
        "reshape": lambda: (layers.Reshape((image[2], -1)), image),
    }
    return made[draw(st.sampled_from(sorted(made)))]()


@st.composite
def normalization(draw: st.DrawFn) -> tuple[Layer, tuple[int, ...]]:
    shape = (*draw(st.lists(few, max_size=2)), draw(st.integers(2, 4)))
    options = {"center": draw(yes_or_no), "scale": draw(yes_or_no)}
    match draw(st.sampled_from(["batch", "layer", "group"])):
        case "batch":
            return layers.BatchNorm(draw(st.floats(0, 0.9)), **options), shape
        case "layer":
            return layers.LayerNorm(**options), shape
    groups = draw(st.sampled_from([1, 2, -1]))
    return layers.GroupNormalization(groups, **options), (*shape[:-1], 2 * draw(few))


@st.composite
def function(draw: st.DrawFn) -> tuple[Layer, tuple[int, ...]]:
    shape = tuple(draw(st.lists(few, min_size=1, max_size=3)))
    activation = draw(ANY_ACTIVATION.filter(lambda found: found is not None))
    if draw(st.integers(0, 3)) == 0:
        axes = draw(st.lists(st.integers(1, len(shape)), unique=True, max_size=2))
        return layers.PReLU("ones", axes), shape
    if activation == "softmax":
        return layers.Softmax(draw(st.integers(1, len(shape)))), shape
    return layers.activation.get(activation), shape


@st.composite
def other(draw: st.DrawFn) -> tuple[Layer, tuple[int, ...]]:
    image = tuple(draw(st.lists(few, max_size=2)))
    made = {
        "maxout": lambda: (layers.Maxout(draw(few), draw(few)), (draw(few),)),
        "channel max": lambda: (layers.ChannelMax(2), (*image, 2 * draw(few))),
        "labels": lambda: (layers.ConcatenateLabels(3, draw(few)), (*image, draw(few))),
        "head": lambda: (layers.ProjectionHead(3), (draw(few),)),
        "deviation": lambda: (layers.MinibatchStdDev(draw(few)), (*image, draw(few))),
        "dropout": lambda: (layers.Dropout(draw(st.floats(0, 0.9))), (*image, draw(few))),
    }
    return made[draw(st.sampled_from(sorted(made)))]()


#: All families of layers.
FAMILIES = {
    made.__name__: made()
    for made in (dense, conv1d, conv2d, conv2d_transpose, pooling, resizing, normalization, function, other)
}

#: Plain sums of products.
SUMS = {made.__name__: made(st.none()) for made in (dense, conv1d, conv2d, conv2d_transpose)}


@st.composite
def passes(draw: st.DrawFn, family: st.SearchStrategy[tuple[Layer, tuple[int, ...]]], whole: bool = False) -> Pass:
    """A pass of a layer of the family; of whole numbers if `whole`."""
    layer, shape = draw(family)
    try:
        layer.build(shape, Stream(1), np.float64)
    except ShapeError:  # windows that do not fit
        assume(False)
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    batch = draw(st.integers(2, 3))

    def numbers(of: tuple[int, ...]) -> np.ndarray:
        return rng.integers(-4, 5, of).astype(float) if whole else rng.standard_normal(of)

    for name, parameter in layer.parameters.items():
        values = numbers(parameter.data.shape)
        parameter.data[...] = 1 + abs(values) if "variance" in name else values
    x, dy = numbers((batch, *shape)), numbers((batch, *layer.output_shape))
    return run(layer, x, dy, context(draw, batch))


def context(draw: st.DrawFn, batch: int) -> Context:
    """Training or inference, with a class for each example."""
    labels = np.array([draw(st.integers(0, 2)) for _ in range(batch)])
    return Context(training=draw(yes_or_no), rng=Stream(0, "test"), update_stats=False, labels=labels)
