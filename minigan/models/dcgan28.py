"""The convolutional GAN of the Keras article on GAN and DCGAN principles, for digits of 28 x 28 pixels."""

from collections.abc import Sequence

import numpy as np

from minigan.errors import ConfigError
from minigan.layers import (
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    Reshape,
    UpSampling2D,
    ZeroPadding2D,
)
from minigan.models.gan import GAN
from minigan.sequential import Sequential

__all__ = ["OUTPUT_RANGES", "dcgan28"]

#: What the generator's last activation can produce of images, and so what real ones are scaled to.
OUTPUT_RANGES = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "relu": (0.0, 1.0)}


def dcgan28(
    seed: int = 0,
    *,
    latent_size: int = 100,
    image_size: int = 28,
    channels: int = 1,
    generator_filters: Sequence[int] = (128, 64),
    discriminator_filters: Sequence[int] = (32, 64, 128, 256),
    output_activation: str = "tanh",
) -> GAN:
    """The article's two networks; with the defaults, exactly.

    Parameters
    ----------
    seed : int
        Of the initial weights.
    latent_size : int
        Length of the noise.
    image_size, channels : int
        Images are (image_size, image_size, channels).
    generator_filters : sequence of int
        Filters of the generator's convolutions: each doubles the image, which must divide by 2 that often.
    discriminator_filters : sequence of int
        Filters of the discriminator's convolutions: all but the last halve the image.
    output_activation : {"tanh", "sigmoid", "relu"}
        The article prints relu, which cannot make the -1 of images scaled to [-1, 1]: tanh is the default.

    Returns
    -------
    GAN
        Built, in float32.
    """
    if output_activation not in OUTPUT_RANGES:
        raise ConfigError(
            f"expected output_activation to be one of {', '.join(OUTPUT_RANGES)}, got {output_activation!r}"
        )
    for option, size in (("latent_size", latent_size), ("image_size", image_size), ("channels", channels)):
        if size < 1:
            raise ConfigError(f"expected {option} to be at least 1, got {size}")
    image_shape = (image_size, image_size, channels)
    generator = Sequential(generator_layers(image_shape, generator_filters, output_activation), "generator")
    generator.build((latent_size,), seed, np.float32)
    discriminator = Sequential(discriminator_layers(image_size, discriminator_filters), "discriminator")
    discriminator.build(image_shape, seed, np.float32)
    return GAN("dcgan28", generator, discriminator, OUTPUT_RANGES[output_activation])


def generator_layers(image_shape: tuple[int, int, int], filters: Sequence[int], output_activation: str) -> list[Layer]:
    """Noise to a small map, doubled and convolved until it is an image."""
    image_size, _, channels = image_shape
    start, rest = divmod(image_size, 2 ** len(filters))
    if not filters or rest or not start:
        raise ConfigError(
            f"expected an image_size that is a multiple of {2 ** len(filters)}, as {len(filters)} generator_filters "
            f"double it that often, got {image_size}"
        )
    layers: list[Layer] = [
        Dense(filters[0] * start * start, activation="relu"),
        Reshape((start, start, filters[0])),
    ]
    for width in filters:
        layers += [UpSampling2D(2), Conv2D(width, 3, padding="same", activation="relu"), BatchNorm(momentum=0.8)]
    return [*layers, Conv2D(channels, 3, padding="same", activation=output_activation)]


def discriminator_layers(image_size: int, filters: Sequence[int]) -> list[Layer]:
    """Convolutions that halve the map, a last one that does not, and one probability."""
    if not filters:
        raise ConfigError("expected one number or more in discriminator_filters, got none")
    layers: list[Layer] = []
    size = image_size
    for place, width in enumerate(filters):
        last = place == len(filters) - 1
        layers.append(Conv2D(width, 3, strides=1 if last else 2, padding="same"))
        size = size if last else -(-size // 2)
        # An odd map gets one row and one column of zeros, so that the next convolution halves it evenly.
        if not last and size % 2:
            layers.append(ZeroPadding2D(((0, 1), (0, 1))))
            size += 1
        if place:
            layers.append(BatchNorm(momentum=0.8))
        layers += [LeakyReLU(0.2), Dropout(0.25)]
    return [*layers, Flatten(), Dense(1, activation="sigmoid")]
