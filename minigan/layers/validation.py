"""Constructor arguments that several layers share, checked once."""

from minigan.errors import ConfigError, ShapeError
from minigan.kernels import Pads, Pair
from minigan.layers.base import Context, Layer, Shape
from minigan.random import Stream

__all__ = [
    "explicit_padding",
    "height_width",
    "image_shape",
    "pair",
    "positive_int",
    "require_last_axis",
    "training_stream",
    "unit_interval",
]


def positive_int(layer: Layer, argument: str, value: int) -> int:
    """A whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"{layer.title}: expected {argument} to be a whole number of at least 1, got {value!r}")
    return value


def unit_interval(layer: Layer, argument: str, value: float) -> float:
    """A number of at least 0 and less than 1."""
    if not isinstance(value, int | float) or not 0 <= value < 1:
        raise ConfigError(f"{layer.title}: expected {argument} to be at least 0 and less than 1, got {value!r}")
    return value


def pair(layer: Layer, argument: str, value: int | Pair) -> Pair:
    """One number for height and width, or one for each, as a pair."""
    both = (value, value) if isinstance(value, int) else value
    if not isinstance(both, tuple | list) or len(both) != 2:
        raise ConfigError(f"{layer.title}: expected {argument} to be a number or two, got {value!r}")
    return positive_int(layer, argument, both[0]), positive_int(layer, argument, both[1])


def explicit_padding(layer: Layer, padding: int | Pair | Pads) -> Pads:
    """The zeros around an image, from one number, one per axis, or ((top, bottom), (left, right))."""
    axes = (padding, padding) if isinstance(padding, int) else padding
    try:
        height, width = axes
        (top, bottom), (left, right) = ((axis, axis) if isinstance(axis, int) else axis for axis in (height, width))
    except (TypeError, ValueError):
        top, bottom, left, right = -1, 0, 0, 0
    if any(not isinstance(size, int) or size < 0 for size in (top, bottom, left, right)):
        raise ConfigError(
            f"{layer.title}: expected padding to be a number, two, or ((top, bottom), (left, right)), "
            f"none below 0, got {padding!r}"
        )
    return (top, bottom), (left, right)


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
