"""Every argument of every layer: Python's and NumPy's numbers are taken alike, and what is no number is refused.

What an argument means is decided by its name, which is the same in all layers: a new layer is covered as soon as its
arguments' names are in `KINDS`.
"""

import inspect
import re
from typing import Any, NamedTuple

import numpy as np
import pytest

import minigan.layers
from minigan import initializers
from minigan.errors import ConfigError, DtypeError, ShapeError
from minigan.layers import Dense, Layer, Reshape, Softmax
from minigan.model.sequential import Sequential
from minigan.random import Stream
from tests.loops import loop_over

INTS = [np.int64, np.int32, np.uint8, np.array]
FLOATS = [np.float64, np.float32, np.float16]
NO_NUMBERS = [True, np.True_, None, "1", 1j, [1], np.nan, np.inf, -np.inf, np.float32("nan")]
HALVES = [2.5, 2.0, np.float32(2)]


class Kind(NamedTuple):
    """Values that an argument takes, with what is stored for each; and values that it refuses."""

    good: list[tuple[Any, Any]]
    bad: list[Any]


COUNT = Kind([(make(3), 3) for make in INTS], [*HALVES, *NO_NUMBERS, 0, -1, np.int64(0), np.int8(-2)])
WHOLE = Kind([(make(1), 1) for make in INTS], [*HALVES, *NO_NUMBERS])
RATE = Kind([(make(0.5), 0.5) for make in FLOATS] + [(np.int64(0), 0)], [*NO_NUMBERS, 1, 1.0, -0.1, np.float32(-1)])
AT_LEAST_0 = Kind([(make(1.5), 1.5) for make in FLOATS] + [(np.int64(2), 2)], [*NO_NUMBERS, -1, np.float32(-0.5)])
NUMBER = Kind([*AT_LEAST_0.good, (np.float32(-0.5), -0.5)], NO_NUMBERS)
NUMBER_OR_NONE = Kind([*NUMBER.good, (None, None)], [value for value in NO_NUMBERS if value is not None])
SWITCH = Kind([(np.True_, True), (np.False_, False)], [0, 1, None, "no", np.int64(1), np.float32(1), []])
PAIR = Kind(
    [
        *((make(3), (3, 3)) for make in INTS),
        ((np.int64(2), np.uint8(3)), (2, 3)),
        ([2, 3], (2, 3)),
        (np.array([2, 3]), (2, 3)),
    ],
    [*COUNT.bad, (2, 0), (2, -1), (2, True), (2.5, 2), (1, 2, 3), (), "22", np.array([2.0, 2.0]), ((1, 1), (1, 1))],
)
PADS = Kind(
    [
        *((make(2), ((2, 2), (2, 2))) for make in INTS),
        ((np.int64(0), np.uint8(1)), ((0, 0), (1, 1))),
        (np.array([[0, 1], [2, 3]]), ((0, 1), (2, 3))),
        ([[0, 1], np.int64(2)], ((0, 1), (2, 2))),
    ],
    [*HALVES, *NO_NUMBERS, -1, np.int64(-1), (1, True), (1, -1), ((1, 2), (3, 4.0)), ((1, 2, 3), 1), (1, 2, 3), "full"],
)
TEXT = Kind([("mine", "mine"), (np.str_("mine"), "mine")], [3, True, b"mine", ["mine"]])
INITIALIZER = Kind([], [3, None, True, "glorot", ["zeros"], {}])

#: By the names of the arguments; where one layer's is another, also by the layer's.
KINDS = {
    "alpha": NUMBER,
    "alpha_initializer": INITIALIZER,
    "approximate": SWITCH,
    "axis": WHOLE,
    "bias_initializer": INITIALIZER,
    "center": SWITCH,
    "classes": COUNT,
    "dilation_rate": PAIR,
    "embeddings_initializer": INITIALIZER,
    "epsilon": AT_LEAST_0,
    "filters": COUNT,
    "gamma_initializer": INITIALIZER,
    "group_size": COUNT,
    "groups": Kind([(make(2), 2) for make in INTS], COUNT.bad),
    # -1 is a group for each channel.
    "GroupNormalization.groups": Kind(
        [*COUNT.good, (np.int64(-1), -1)], [value for value in COUNT.bad if value != -1] + [-2]
    ),
    "interpolation": Kind([("nearest", "nearest"), (np.str_("bilinear"), "bilinear")], ["cubic", 2, None, ["nearest"]]),
    "kernel_initializer": INITIALIZER,
    "kernel_size": PAIR,
    "key_channels": COUNT,
    "max_value": NUMBER_OR_NONE,
    "momentum": RATE,
    "name": TEXT,
    "negative_slope": NUMBER,
    "output_padding": Kind(
        [*((make(0), (0, 0)) for make in INTS), ((np.int64(0), np.uint8(0)), (0, 0)), (np.array([0, 0]), (0, 0))],
        [*HALVES, *(value for value in NO_NUMBERS if value is not None), -1, np.int64(-1), (0, True), (0, 0, 0), 1],
    ),
    "padding": PADS,
    "pieces": COUNT,
    "pool_size": PAIR,
    "power_iterations": COUNT,
    "rate": RATE,
    "scale": SWITCH,
    "shared_axes": Kind(
        [((np.int64(1), np.uint8(2)), (1, 2)), (np.array([2]), (2,)), ([1], (1,)), (None, ()), ((), ())],
        [1, "12", True, (0,), (-1,), (1.5,), (True,), ("1",), (None,), 2.5],
    ),
    "size": PAIR,
    "stddev": AT_LEAST_0,
    "strides": PAIR,
    "target_shape": Kind(
        [((np.int64(2), np.uint8(3)), (2, 3)), (np.array([-1, 2]), (-1, 2)), ([2], (2,)), ((), ())],
        [6, 2.5, "23", None, (2.5,), (0, -1), (-2,), (True, 2), (2, np.nan), ((2, 3),)],
    ),
    "threshold": NUMBER,
    "units": COUNT,
    "use_bias": SWITCH,
    "value_channels": COUNT,
    "activation": Kind([], [3, True, "swich", "", ["relu"]]),
    "layers": Kind([], [3, None, [], "x", ["dense"], [Dense], Dense(1)]),
    "layer": Kind([], [3, None, "dense", Dense, Reshape((1,))]),
}

#: The layers for sequences have one number where those for images have two.
SIDES = Kind(
    [*((make(2), (2, 2)) for make in INTS), ((np.int64(0), np.uint8(1)), (0, 1)), (np.array([0, 1]), (0, 1))],
    [*HALVES, *NO_NUMBERS, -1, np.int64(-1), (1, True), (1, -1), (1, 2.0), (1, 2, 3), ((1, 2), (3, 4)), "full"],
)
for layer in ("Conv1D", "MaxPooling1D", "AveragePooling1D", "UpSampling1D"):
    KINDS |= {f"{layer}.{name}": COUNT for name in ("dilation_rate", "kernel_size", "pool_size", "size", "strides")}
    KINDS[f"{layer}.padding"] = SIDES

#: What must be given.
REQUIRED = {
    "classes": 3,
    "filters": 2,
    "kernel_size": 1,
    "layer": Dense(1),
    "layers": [Dense(1)],
    "rate": 0.5,
    "stddev": 1.0,
    "target_shape": (1,),
    "units": 2,
}

#: Arguments for which None means the default.
NONE_IS_DEFAULT = {
    ("AveragePooling1D", "strides"),
    ("AveragePooling2D", "strides"),
    ("ConcatenateLabels", "embeddings_initializer"),
    ("Conv2DTranspose", "output_padding"),
    ("MaxPooling1D", "strides"),
    ("MaxPooling2D", "strides"),
    ("SelfAttention2D", "key_channels"),
    ("SelfAttention2D", "value_channels"),
}

LAYERS = [
    item
    for item in vars(minigan.layers).values()
    if isinstance(item, type) and issubclass(item, Layer) and item is not Layer
]


class Argument(NamedTuple):
    """One argument of one layer."""

    layer: type[Layer]
    argument: str

    @property
    def name(self) -> str:
        return f"{self.layer.__name__}({self.argument}=)"

    @property
    def kind(self) -> Kind:
        return KINDS.get(f"{self.layer.__name__}.{self.argument}", KINDS[self.argument])

    def make(self, value: Any) -> Layer:
        parameters = inspect.signature(self.layer).parameters
        given = {name: value for name, value in REQUIRED.items() if name in parameters}
        return self.layer(**{**given, self.argument: value})

    def stored(self, layer: Layer) -> Any:
        if hasattr(layer, "windows") and self.argument in ("kernel_size", "pool_size"):
            return layer.windows.size
        if hasattr(layer, "windows") and hasattr(layer.windows, self.argument):
            return getattr(layer.windows, self.argument)
        return getattr(layer, self.argument)

    def refused(self) -> list[Any]:
        none = (self.layer.__name__, self.argument) in NONE_IS_DEFAULT
        return [value for value in self.kind.bad if not (none and value is None)]


ARGUMENTS = [Argument(layer, argument) for layer in LAYERS for argument in inspect.signature(layer).parameters]


def python_numbers(value: Any) -> bool:
    """Whether no number of a stored value, however deep in tuples, is NumPy's."""
    if isinstance(value, tuple):
        return all(map(python_numbers, value))
    return value is None or type(value) in (int, float, bool) or isinstance(value, str)


def test_every_argument_of_every_layer_has_a_kind():
    assert {argument.argument for argument in ARGUMENTS} <= KINDS.keys()


@loop_over(argument=ARGUMENTS)
def test_numpys_numbers_are_taken_and_stored_as_pythons(argument: Argument):
    for value, expected in argument.kind.good:
        stored = argument.stored(argument.make(value))
        assert stored == expected, value
        assert python_numbers(stored), value


@loop_over(argument=ARGUMENTS)
def test_what_the_argument_does_not_mean_is_refused_in_one_line(argument: Argument):
    for value in argument.refused():
        with pytest.raises(ConfigError) as caught:
            print("taken:", value, argument.make(value))
        assert re.search(r"expected .* got |unknown (activation|initializer)", str(caught.value)), value
        assert "\n" not in str(caught.value)


@loop_over(dtype=INTS)
def test_shapes_of_numpys_numbers_are_taken(dtype: type):
    layer, network = Dense(2), Sequential([Dense(3)])
    assert layer.build((dtype(4),)) == (2,)
    assert layer.input_shape == (4,)
    assert type(layer.input_shape[0]) is int
    assert network.build(np.array([5]), seed=dtype(1)) == (3,)
    assert type(network.input_shape[0]) is int


@loop_over(shape=[5, None, "28", (2.5,), (True,), (0,), (-1,), (None, 3), ((3,),), (np.nan,)])
def test_shapes_of_what_is_no_size_are_refused(shape: Any):
    for build in (Dense(2).build, Sequential([Dense(2)]).build):
        with pytest.raises(ShapeError, match=r"(Dense 'dense'|sequential): expected a shape without the batch axis"):
            build(shape)


@loop_over(dtype=[int, "float16", bool, "floating", None.__class__, str])
def test_parameters_of_another_dtype_are_refused(dtype: Any):
    for build in (Dense(2).build, Sequential([Dense(2)]).build):
        with pytest.raises(DtypeError, match="expected dtype to be float32 or float64"):
            build((3,), dtype=dtype)


@loop_over(make=INTS)
def test_seeds_are_whole_numbers_of_any_kind(make: type):
    assert Stream(make(7), "a").state == Stream(7, "a").state
    assert type(Stream(make(7)).seed) is int


@loop_over(seed=[*HALVES, *NO_NUMBERS])
def test_other_seeds_are_refused(seed: Any):
    for use in (Stream, lambda seed: Sequential([Dense(1)]).build((2,), seed=seed)):
        with pytest.raises(ConfigError, match="expected a seed to be a whole number, got"):
            use(seed)


@loop_over(axis=[0, 3, -3, -4])
def test_softmax_refuses_the_batch_axis_and_those_that_are_not_there(axis: int):
    with pytest.raises(ShapeError, match=rf"expected axis .* \('N', 4, 5\) .* got {axis}"):
        Softmax(axis).build((4, 5))


@loop_over(axis=[1, 2, -1, -2])
def test_softmax_takes_all_other_axes(axis: int):
    assert Softmax(axis).build((4, 5)) == (4, 5)


@loop_over(
    make=[
        lambda value: initializers.Normal(stddev=value),
        lambda value: initializers.VarianceScaling(value, "fan_in", "uniform"),
    ]
)
def test_initializers_take_what_layers_take(make):
    for value, _ in AT_LEAST_0.good:
        assert make(value)((3, 4), Stream(0), np.float32).shape == (3, 4)
    for value in AT_LEAST_0.bad:
        with pytest.raises(ConfigError, match="to be a finite number of at least 0, got"):
            make(value)


@loop_over(arguments=[("fan_max", "uniform"), ("fan_in", "normal"), (1, "uniform"), ("fan_in", None)])
def test_unknown_ways_to_scale_are_refused(arguments):
    with pytest.raises(ConfigError, match=r"initializer: expected (mode|distribution) to be one of"):
        initializers.VarianceScaling(1.0, *arguments)


def test_fan_out_is_the_number_of_outputs():
    values = initializers.VarianceScaling(2.0, "fan_out", "uniform")((20, 500), Stream(0), np.float64)
    assert np.var(values) == pytest.approx(2 / 500, rel=0.05)
