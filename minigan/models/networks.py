"""Functions that the builders of this package share."""

from collections.abc import Sequence

import numpy as np

from minigan.errors import ConfigError
from minigan.layers import Layer, Shape
from minigan.model.sequential import Sequential
from minigan.numbers import image_size as height_width
from minigan.numbers import size_text as size_of
from minigan.numbers import whole

__all__ = ["at_least_one", "built", "first_map", "image_shape_of"]


def image_shape_of(image_size: int | tuple[int, int], channels: int) -> tuple[int, int, int]:
    """The shape (H, W, C) by these options.

    Raises
    ------
    ConfigError
        The size is neither a whole number from 1 nor a pair (height, width) of them; there is no channel.
    """
    size, depth = height_width(image_size), whole(channels)
    if size is None:
        raise ConfigError(f"--image-size: expected a size such as 28 or 28x56 (height x width), got {image_size}")
    if depth is None or depth < 1:
        raise ConfigError(f"--channels: expected a whole number of at least 1, got {channels}")
    return *size, depth


def first_map(image_shape: tuple[int, int, int], filters: Sequence[int]) -> tuple[int, int]:
    """Height and width of the map that, doubled for each of the `filters`, becomes the image.

    Raises
    ------
    ConfigError
        There is no such map.
    """
    height, width, _ = image_shape
    scale = 2 ** len(filters)
    at_least_one("generator_filters", filters)
    if height % scale or width % scale:
        raise ConfigError(
            f"--image-size: expected {'height and width' if height != width else 'a size'} that "
            f"{'are multiples' if height != width else 'is a multiple'} of {scale}, as {len(filters)} generator "
            f"filters double the image that often, got {size_of(height, width)}: "
            f"--image-size {size_of(nearest(height, scale), nearest(width, scale))}, or other --generator-filters"
        )
    return height // scale, width // scale


def nearest(size: int, scale: int) -> int:
    """The multiple of `scale` nearest to `size`, but not 0."""
    return max(1, (2 * size + scale) // (2 * scale)) * scale


def at_least_one(option: str, sizes: Sequence[int]) -> None:
    """Refuse an option for several layers that is empty."""
    if not sizes:
        raise ConfigError(f"expected one number or more in {option}, got none")


def built(
    seed: int, generator: Sequence[Layer], discriminator: Sequence[Layer], latent_size: int, data_shape: Shape
) -> tuple[Sequential, Sequential]:
    """The two networks, named and built in float32."""
    if latent_size < 1:
        raise ConfigError(f"expected latent_size to be at least 1, got {latent_size}")
    networks = Sequential(generator, "generator"), Sequential(discriminator, "discriminator")
    for network, shape in zip(networks, ((latent_size,), data_shape)):
        network.build(shape, seed, np.float32)
    return networks
