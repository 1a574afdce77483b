"""Layers as plain values, which a page can show and edit: ``{"type": "Dense", "units": 32, "activation": "relu"}``."""

import inspect
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from minigan import initializers, layers, numbers
from minigan.errors import ConfigError
from minigan.interchange.settings import settings_of
from minigan.io.messages import one_line
from minigan.lab.values import is_list, shown
from minigan.layers import Layer
from minigan.layers.activation import ACTIVATIONS

__all__ = [
    "ACTIVATION_NAMES",
    "TYPES",
    "Setting",
    "Spec",
    "activation_name",
    "checked_spec",
    "checked_specs",
    "layer_of",
    "layers_of",
    "settings_of_type",
    "settings_text",
    "spec_of",
]

#: A layer as plain values: its class under "type", and its settings.
Spec = dict[str, Any]

#: The layers that a network of the lab may have, each with what it does.
TYPES = {
    "Dense": "every output is a weighted sum of all inputs",
    "Conv2D": "slides small kernels over the image",
    "Conv2DTranspose": "a convolution backwards: makes the image larger",
    "UpSampling2D": "repeats rows and columns",
    "ZeroPadding2D": "adds zeros around the image",
    "MaxPooling2D": "the largest number of each window",
    "AveragePooling2D": "the mean of each window",
    "GlobalAveragePooling2D": "the mean of each channel",
    "BatchNorm": "mean 0 and variance 1 over the batch, then scale and shift",
    "LayerNorm": "mean 0 and variance 1 over the channels, then scale and shift",
    "MinibatchStdDev": "adds a channel that says how much the batch varies",
    "ReLU": "max(0, x)",
    "LeakyReLU": "x, and a small slope below 0",
    "ELU": "x, and exp(x) - 1 below 0",
    "SiLU": "x sigmoid(x)",
    "Tanh": "between -1 and 1",
    "Sigmoid": "between 0 and 1",
    "Softplus": "log(1 + exp(x))",
    "Softmax": "positive numbers with sum 1",
    "Maxout": "the largest of several weighted sums",
    "Dropout": "sets random numbers to 0 in training",
    "GaussianNoise": "adds random numbers in training",
    "Flatten": "all numbers of an image in one row",
    "Reshape": "the same numbers in another shape",
}

#: The most numbers in a text such as "7, 7, 128".
MOST_SIZES = 4


class Setting(NamedTuple):
    """A setting of a layer, as a form shows it.

    Attributes
    ----------
    name : str
    kind : {"int", "float", "bool", "choice", "text"}
        A text is one or more whole numbers with commas.
    default : Any
    low, high : float
        The bounds of a number.
    choices : tuple of str
    """

    name: str
    kind: str
    default: Any = None
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()


#: Names of activations that are not the second name of another.
ACTIVATION_NAMES = tuple(name for name in ACTIVATIONS if name != "swish")

#: The initial values of kernels that are offered.
INITIALIZERS = ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "normal_0.02", "zeros", "ones")

#: The settings that are offered, by the arguments of the layers. The others keep their defaults.
KNOWN = {
    item.name: item
    for item in (
        Setting("units", "int", 32, 1, 8192),
        Setting("filters", "int", 16, 1, 512),
        Setting("kernel_size", "int", 3, 1, 15),
        Setting("strides", "int", 1, 1, 8),
        Setting("padding", "choice", "same", choices=("valid", "same")),
        Setting("activation", "choice", "linear", choices=ACTIVATION_NAMES),
        Setting("use_bias", "bool", True),
        Setting("kernel_initializer", "choice", "glorot_uniform", choices=INITIALIZERS),
        Setting("size", "int", 2, 1, 8),
        Setting("interpolation", "choice", "nearest", choices=("nearest", "bilinear")),
        Setting("pool_size", "int", 2, 1, 8),
        Setting("momentum", "float", 0.99, 0, 0.9999),
        Setting("group_size", "int", 4, 1, 512),
        Setting("negative_slope", "float", 0.2, -1, 1),
        Setting("alpha", "float", 1.0, 0, 100),
        Setting("pieces", "int", 2, 1, 16),
        Setting("rate", "float", 0.25, 0, 0.95),
        Setting("stddev", "float", 0.1, 0, 100),
        Setting("target_shape", "text", (7, 7, 16), 1, 65536),
    )
}

#: Settings that mean something else in one layer.
OWN = {
    ("ZeroPadding2D", "padding"): Setting("padding", "text", (0, 1, 0, 1), 0, 64),
    ("ReLU", "negative_slope"): None,
    ("MaxPooling2D", "strides"): None,
    ("AveragePooling2D", "strides"): None,
}


@cache
def settings_of_type(kind: str) -> tuple[Setting, ...]:
    """The settings that are offered for a type of layer, in the order of its arguments."""
    arguments = inspect.signature(getattr(layers, kind)).parameters
    found = (OWN.get((kind, name), KNOWN.get(name)) for name in arguments)
    return tuple(setting for setting in found if setting is not None)


# From plain values


def checked_specs(place: str, specs: Any, most: int) -> tuple[Spec, ...]:
    """The specs of a network with every value checked and every default filled in.

    Raises
    ------
    ConfigError
        Something is unknown, of another kind, or out of bounds; `place` begins the message.
    """
    if not is_list(specs) or len(specs) > most:
        got = f"{len(specs)} layers" if is_list(specs) else shown(specs)
        raise ConfigError(f"{place}: expected a list of at most {most} layers, got {got}")
    return tuple(checked_spec(f"{place}, layer {number}", spec) for number, spec in enumerate(specs, 1))


def checked_spec(place: str, spec: Any) -> Spec:
    """One spec, checked and complete."""
    kind = spec.get("type") if isinstance(spec, Mapping) else None
    if not isinstance(kind, str) or kind not in TYPES:
        raise ConfigError(f"{place}: expected a type of {', '.join(TYPES)}, got {shown(kind if kind else spec)}")
    known = {setting.name: setting for setting in settings_of_type(kind)}
    unknown = [name for name in spec if name != "type" and name not in known]
    if unknown:
        expected = f"one of {', '.join(known)}" if known else "none"
        raise ConfigError(f"{place}: {kind} has no setting {shown(unknown[0])}: expected {expected}")
    given = {name: spec.get(name, setting.default) for name, setting in known.items()}
    return {"type": kind, **{name: checked(f"{place}, {kind} {name}", known[name], given[name]) for name in known}}


def checked(place: str, setting: Setting, value: Any) -> Any:
    """One value of a spec."""
    if setting.kind == "choice":
        if not isinstance(value, str) or value not in setting.choices:
            raise ConfigError(f"{place}: expected one of {', '.join(setting.choices)}, got {shown(value)}")
        return value
    if setting.kind == "bool":
        if not isinstance(value, bool):
            raise ConfigError(f"{place}: expected true or false, got {shown(value)}")
        return value
    if setting.kind == "text":
        sizes = tuple(sizes_in(value))
        if not 0 < len(sizes) <= MOST_SIZES or not all(in_bounds(size, setting) for size in sizes):
            least, most = f"{setting.low:g}", f"{setting.high:g}"
            raise ConfigError(
                f"{place}: expected 1 to {MOST_SIZES} whole numbers from {least} to {most}, such as "
                f"{', '.join(map(str, setting.default))}, got {shown(value)}"
            )
        return sizes
    found = numbers.whole(value) if setting.kind == "int" else numbers.finite(value)
    if not in_bounds(found, setting):
        kind = "a whole number" if setting.kind == "int" else "a number"
        raise ConfigError(f"{place}: expected {kind} from {setting.low:g} to {setting.high:g}, got {shown(value)}")
    return found


def in_bounds(value: float | None, setting: Setting) -> bool:
    """Whether it is a number, and within the bounds of the setting."""
    return value is not None and setting.low <= value <= setting.high


def sizes_in(value: Any) -> Iterator[int | None]:
    """The whole numbers in a text with commas, in a number, or in a list, also of lists; None for anything else."""
    if isinstance(value, str):
        parts = [part.strip() for part in value[:100].split(",")]
        yield from (int(part) if part.isascii() and part.isdigit() and len(part) < 9 else None for part in parts)
        return
    for item in value[: MOST_SIZES + 1] if is_list(value) else [value]:
        yield from (numbers.whole(size) for size in (item[: MOST_SIZES + 1] if is_list(item) else [item]))


def layers_of(specs: Sequence[Spec]) -> list[Layer]:
    """The layers of checked specs, not built yet."""
    return [layer_of(spec) for spec in specs]


def layer_of(spec: Spec) -> Layer:
    """One layer."""
    settings = dict(spec)
    kind = settings.pop("type")
    if kind == "ZeroPadding2D":
        settings["padding"] = four_sides(settings["padding"])
    return getattr(layers, kind)(**settings)


def four_sides(padding: Sequence[int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Top, bottom, left and right from one number for all, two for rows and columns, or four."""
    if len(padding) not in (1, 2, 4):
        raise ConfigError(f"ZeroPadding2D padding: expected 1, 2 or 4 numbers, got {len(padding)}")
    top, bottom, left, right = (number for number in padding for _ in range(4 // len(padding)))
    return (top, bottom), (left, right)


# To plain values


def spec_of(layer: Layer) -> Spec:
    """The spec of a layer; of one that the lab does not offer all settings, as text where they are no numbers."""
    kind = type(layer).__name__
    values = settings_of(layer)
    if kind not in TYPES:
        return {"type": kind, **{name: plain(value) for name, value in values.items()}}
    spec: Spec = {"type": kind}
    for setting in settings_of_type(kind):
        if setting.name == "activation":
            spec["activation"] = activation_name(layer)
        elif setting.name.endswith("_initializer"):
            spec[setting.name] = initializer_name(layer, setting)
        else:
            spec[setting.name] = simple(values[setting.name], setting.kind)
    return spec


def settings_text(spec: Spec) -> str:
    """The settings of a spec in short, such as ``64, relu``: the first one, and what differs from its default."""
    kind, parts = spec["type"], []
    for number, setting in enumerate(settings_of_type(kind) if kind in TYPES else ()):
        value = spec[setting.name]
        text = ", ".join(map(str, value)) if is_list(value) else f"{value:g}" if setting.kind == "float" else str(value)
        if number == 0:
            parts.append(text)
        elif value != setting.default and not setting.name.endswith("_initializer"):
            parts.append(text if setting.kind == "choice" else f"{setting.name} {text}")
    return ", ".join(parts)


def activation_name(layer: Layer) -> str:
    """The name of the activation at the end of a layer, such as "relu"; "linear" if there is none."""
    last = getattr(layer, "activation", layer)
    return next((name for name in ACTIVATION_NAMES if type(last) is ACTIVATIONS[name]), "linear")


def initializer_name(layer: Layer, setting: Setting) -> str:
    """The name of a layer's initializer; the default for one that has no name."""
    used = getattr(layer, setting.name)
    return next((name for name in setting.choices if initializers.get(name) is used), setting.default)


def simple(value: Any, kind: str) -> Any:
    """One number for a pair of equal ones, and one tuple for the sides of a padding."""
    if kind == "int" and isinstance(value, tuple):
        return value[0]
    return tuple(sizes_in(value)) if kind == "text" else value


def plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    known = value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value))
    return value if known else one_line(str(value))
