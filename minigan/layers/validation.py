"""Constructor arguments that several layers share, checked once.

A number may be Python's or NumPy's (`minigan.numbers`): each check returns Python's own.
"""

import math
from collections.abc import Collection
from typing import Any

import numpy as np

from minigan.errors import ConfigError, ShapeError
from minigan.kernels import Pads, Pair
from minigan.layers.base import Context, Layer, Shape
from minigan.numbers import finite, whole
from minigan.random import Stream

__all__ = [
    "boolean",
    "explicit_padding",
    "height_width",
    "image_shape",
    "is_sequence",
    "one_of",
    "pair",
    "positive_int",
    "real_number",
    "require_last_axis",
    "training_stream",
    "unit_interval",
    "whole_number",
]


def whole_number(layer: Layer, argument: str, value: Any) -> int:
    """A whole number, of either sign."""
    number = whole(value)
    if number is None:
        raise ConfigError(f"{layer.title}: expected {argument} to be a whole number, got {value!r}")
    return number


def positive_int(layer: Layer, argument: str, value: Any) -> int:
    """A whole number of at least 1."""
    number = whole(value)
    if number is None or number < 1:
        raise ConfigError(f"{layer.title}: expected {argument} to be a whole number of at least 1, got {value!r}")
    return number


def unit_interval(layer: Layer, argument: str, value: Any) -> int | float:
    """A number of at least 0 and less than 1."""
    number = finite(value)
    if number is None or not 0 <= number < 1:
        raise ConfigError(f"{layer.title}: expected {argument} to be at least 0 and less than 1, got {value!r}")
    return number


def real_number(layer: Layer, argument: str, value: Any, least: float = -math.inf) -> int | float:
    """A finite number, of at least `least`."""
    number = finite(value)
    if number is None or number < least:
        bound = "" if least == -math.inf else f" of at least {least:g}"
        raise ConfigError(f"{layer.title}: expected {argument} to be a finite number{bound}, got {value!r}")
    return number


def boolean(layer: Layer, argument: str, value: Any) -> bool:
    """True or False: a number or a text such as "no" would silently mean one of them."""
    if not isinstance(value, bool | np.bool_):
        raise ConfigError(f"{layer.title}: expected {argument} to be True or False, got {value!r}")
    return bool(value)


def one_of(layer: Layer, argument: str, value: Any, choices: Collection[str]) -> str:
    """One of some names."""
    if not isinstance(value, str) or value not in choices:
        raise ConfigError(f"{layer.title}: expected {argument} to be one of {', '.join(choices)}, got {value!r}")
    return value


def pair(layer: Layer, argument: str, value: Any) -> Pair:
    """One number for height and width, or one for each, as a pair."""
    sizes = tuple(whole(size) for size in (value if is_sequence(value) else (value, value)))
    match sizes:
        case (int(height), int(width)) if min(height, width) >= 1:
            return height, width
    raise ConfigError(
        f"{layer.title}: expected {argument} to be a whole number of at least 1, or two for height and width, "
        f"got {value!r}"
    )


def explicit_padding(layer: Layer, padding: Any) -> Pads:
    """The zeros around an image, from one number, one per axis, or ((top, bottom), (left, right))."""
    axes = padding if is_sequence(padding) else (padding, padding)
    sides = tuple(tuple(whole(side) for side in (axis if is_sequence(axis) else (axis, axis))) for axis in axes)
    match sides:
        case ((int(top), int(bottom)), (int(left), int(right))) if min(top, bottom, left, right) >= 0:
            return (top, bottom), (left, right)
    raise ConfigError(
        f"{layer.title}: expected padding to be a whole number, two, or ((top, bottom), (left, right)), "
        f"none below 0, got {padding!r}"
    )


def is_sequence(value: Any) -> bool:
    """Whether it has several entries: a tuple, a list, or an array with an axis."""
    return isinstance(value, tuple | list) or (isinstance(value, np.ndarray) and value.ndim > 0)


def image_shape(layer: Layer, input_shape: Shape) -> tuple[int, int, int]:
    """The (H, W, C) of a layer that works on images."""
    if len(input_shape) != 3:
        raise ShapeError(f"{layer.title}: expected images (H, W, C), got an input of shape {input_shape}")
    height, width, channels = input_shape
    return height, width, channels


def height_width(shape: Shape) -> Pair:
    """The first two of a shape (H, W, C)."""
    return shape[0], shape[1]


def require_last_axis(layer: Layer, input_shape: Shape) -> Shape:
    """The shape itself, refused where it has no last axis to normalise or multiply along."""
    if not input_shape:
        raise ShapeError(f"{layer.title}: expected an input with an axis beside the batch's, got none")
    return input_shape


def training_stream(layer: Layer, ctx: Context) -> Stream:
    """The random stream of a training pass, refused where there is none."""
    if ctx.rng is None:
        raise ConfigError(f"{layer.title}: training needs random numbers: Context(training=True, rng=Stream(seed))")
    return ctx.rng
