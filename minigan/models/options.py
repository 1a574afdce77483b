"""Which options a model takes, and the words where an option does not fit it."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from minigan.errors import ConfigError
from minigan.models.gan import GAN
from minigan.numbers import image_size, size_text

__all__ = ["build_with", "option_names"]

#: Options that a model of one size need not take: if they are what it makes anyway, they are right.
FACTS = ("image_size", "channels")

Builders = Mapping[str, Callable[..., GAN]]


def option_names(builder: Callable[..., GAN]) -> list[str] | None:
    """The options that a model's function takes, after the seed; None if it takes any."""
    parameters = list(inspect.signature(builder).parameters.values())[1:]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [parameter.name for parameter in parameters]


def build_with(builders: Builders, name: str, seed: int, options: Mapping[str, Any]) -> GAN:
    """The model `name` with these options.

    Raises
    ------
    ConfigError
        It does not take an option, or its images are of another size.
    """
    known = option_names(builders[name])
    strange = {} if known is None else {option: value for option, value in options.items() if option not in known}
    for option in strange:
        if option not in FACTS:
            raise ConfigError(f"{name} does not take {flag(option)}: {remedy(builders, name, option)}")
    gan = builders[name](seed, **{option: value for option, value in options.items() if option not in strange})
    for option, value in strange.items():
        check_fact(builders, gan, option, value)
    return gan


def check_fact(builders: Builders, gan: GAN, option: str, value: Any) -> None:
    """Refuse a size or a number of channels that is not the model's own."""
    if len(gan.image_shape) != 3:
        words = option.replace("_", " ")
        raise ConfigError(f"{gan.name} makes points, which have no {words}: {remedy(builders, gan.name, option)}")
    height, width, channels = gan.image_shape
    makes = {"image_size": (height, width), "channels": channels}[option]
    if makes != (image_size(value) if option == "image_size" else value):
        size = image_size(value)
        got = size_text(*size) if option == "image_size" and size else value
        kind = f"images of {height}x{width}" if option == "image_size" else f"images of channels {channels}"
        raise ConfigError(f"{gan.name} makes {kind}, got {flag(option)} {got}: {remedy(builders, gan.name, option)}")


def flag(option: str) -> str:
    """The flag of an option on the command line."""
    return f"--{option.replace('_', '-')}"


def remedy(builders: Builders, name: str, option: str) -> str:
    """What to do about an option that the model does not take."""
    others = [other for other, builder in builders.items() if option in (option_names(builder) or ())]
    if not others:
        return f"expected one of {', '.join(option_names(builders[name]) or ())}"
    leave = "leave --conditional out" if option in ("classes", "conditioning") else "leave it out"
    return f"{leave}, or choose --model {' or '.join(others)}"
