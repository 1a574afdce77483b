"""The convolutional GAN of the Keras article on GAN and DCGAN principles, for digits of 28 x 28 pixels.

Also its variants: one with classes, and one with a critic for WGAN-GP.
"""

from collections.abc import Callable, Sequence

from minigan.errors import ConfigError
from minigan.layers import (
    BatchNorm,
    ConcatenateLabels,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LayerNorm,
    LeakyReLU,
    ProjectionHead,
    Reshape,
    UpSampling2D,
    ZeroPadding2D,
)
from minigan.models.gan import GAN
from minigan.models.networks import at_least_one, built, first_map, image_shape_of

__all__ = ["CONDITIONINGS", "OUTPUT_RANGES", "dcgan28", "wgan_gp28"]

#: The range of images by the generator's last activation; real images are scaled to it.
OUTPUT_RANGES = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "relu": (0.0, 1.0)}

#: How a discriminator gets the class of an image.
CONDITIONINGS = ("projection", "concatenation")

#: The length of a class's embedding where it is concatenated.
LABEL_UNITS = 10


def dcgan28(
    seed: int = 0,
    *,
    latent_size: int = 100,
    image_size: int | tuple[int, int] = 28,
    channels: int = 1,
    generator_filters: Sequence[int] = (128, 64),
    discriminator_filters: Sequence[int] = (32, 64, 128, 256),
    output_activation: str = "tanh",
    classes: int = 0,
    conditioning: str = "projection",
) -> GAN:
    """The article's two networks; with the defaults, exactly.

    =============================================  ==========  =========================================  ===========
    discriminator                                  shape       generator                                  shape
    =============================================  ==========  =========================================  ===========
    image                                          28, 28, 1   noise                                      100
    Conv2D 32, stride 2                            14, 14, 32  Dense, ReLU, Reshape                       7, 7, 128
    Conv2D 64, stride 2, ZeroPadding2D, BatchNorm  8, 8, 64    UpSampling2D, Conv2D 128, ReLU, BatchNorm  14, 14, 128
    Conv2D 128, stride 2, BatchNorm                4, 4, 128   UpSampling2D, Conv2D 64, ReLU, BatchNorm   28, 28, 64
    Conv2D 256, BatchNorm                          4, 4, 256   Conv2D 1, tanh                             28, 28, 1
    Flatten, Dense, sigmoid                        1
    =============================================  ==========  =========================================  ===========

    LeakyReLU(0.2) and Dropout(0.25) follow each of the discriminator's four convolutions. Kernels are 3 x 3, the
    momentum of BatchNorm is 0.8.

    With `classes` both networks get a class for each image. An embedding of the class is concatenated with the
    generator's noise. For the discriminator an embedding is concatenated with every pixel, or a
    `minigan.layers.ProjectionHead` replaces its last layer: it then gives logits, not probabilities.

    Parameters
    ----------
    seed : int
        The seed of the initial weights.
    latent_size : int
        Length of the noise.
    image_size : int or (int, int)
        The height and width of the images: one number for both, or a pair.
    channels : int
        Colour channels.
    generator_filters : sequence of int
        Filters of the generator's convolutions: each doubles the image, which must divide by 2 that often.
    discriminator_filters : sequence of int
        Filters of the discriminator's convolutions: all but the last halve the image.
    output_activation : {"tanh", "sigmoid", "relu"}
        The article prints relu, which cannot make the -1 of images scaled to [-1, 1]: tanh is the default.
    classes : int
        The number of classes, given as labels in `minigan.layers.Context`; 0 for a GAN without classes.
    conditioning : {"projection", "concatenation"}
        How the discriminator gets the class.

    Returns
    -------
    GAN
        Built, in float32.

    Notes
    -----
    Classes: Mirza and Osindero, arXiv:1411.1784 (concatenation); Miyato and Koyama, arXiv:1802.05637 (projection).
    """
    if conditioning not in CONDITIONINGS:
        raise ConfigError(f"expected conditioning to be one of {', '.join(CONDITIONINGS)}, got {conditioning!r}")
    if classes < 0:
        raise ConfigError(f"expected classes to be at least 0, got {classes}")
    image_shape = image_shape_of(image_size, channels)
    to_image = generator_layers(image_shape, generator_filters, output_activation)
    to_logit = discriminator_layers(image_shape, discriminator_filters, batch_norm, dropout=0.25)
    end: Layer = Dense(1, activation="sigmoid")
    if classes:
        to_image = [ConcatenateLabels(classes, LABEL_UNITS), *to_image]
        if conditioning == "projection":
            end = ProjectionHead(classes)
        else:
            to_logit = [ConcatenateLabels(classes, LABEL_UNITS), *to_logit]
    generator, discriminator = built(seed, to_image, [*to_logit, end], latent_size, image_shape)
    return GAN("dcgan28", generator, discriminator, OUTPUT_RANGES[output_activation], classes)


def wgan_gp28(
    seed: int = 0,
    *,
    latent_size: int = 100,
    image_size: int | tuple[int, int] = 28,
    channels: int = 1,
    generator_filters: Sequence[int] = (128, 64),
    discriminator_filters: Sequence[int] = (32, 64, 128, 256),
    output_activation: str = "tanh",
) -> GAN:
    """The networks of `dcgan28` with a critic that works with a gradient penalty.

    The generator is that of `dcgan28`. In the discriminator LayerNorm replaces BatchNorm, there is no Dropout, and the
    last layer is linear:

    ========================================================  ==========
    critic                                                    shape
    ========================================================  ==========
    image                                                     28, 28, 1
    Conv2D 32, stride 2, LeakyReLU                            14, 14, 32
    Conv2D 64, stride 2, ZeroPadding2D, LayerNorm, LeakyReLU  8, 8, 64
    Conv2D 128, stride 2, LayerNorm, LeakyReLU                4, 4, 128
    Conv2D 256, LayerNorm, LeakyReLU                          4, 4, 256
    Flatten, Dense                                            1
    ========================================================  ==========

    The penalty needs the slope at each image alone. With BatchNorm one image's output would depend on the others.

    Parameters
    ----------
    seed, latent_size, image_size, channels, generator_filters, discriminator_filters, output_activation
        As in `dcgan28`.

    Returns
    -------
    GAN
        Built, in float32. Its discriminator gives any number, large for real.

    Notes
    -----
    Gulrajani et al., arXiv:1704.00028, section 4, "No critic batch normalization". Their layer normalisation is over
    all numbers of an image; the one here is over the channels of each pixel.
    """
    image_shape = image_shape_of(image_size, channels)
    to_image = generator_layers(image_shape, generator_filters, output_activation)
    critic = [*discriminator_layers(image_shape, discriminator_filters, LayerNorm, dropout=0.0), Dense(1)]
    generator, discriminator = built(seed, to_image, critic, latent_size, image_shape)
    return GAN("wgan-gp28", generator, discriminator, OUTPUT_RANGES[output_activation])


def batch_norm() -> Layer:
    """BatchNorm with the momentum of the article."""
    return BatchNorm(momentum=0.8)


def generator_layers(image_shape: tuple[int, int, int], filters: Sequence[int], output_activation: str) -> list[Layer]:
    """Layers from noise to a small map, which is doubled and convolved until it is an image."""
    if output_activation not in OUTPUT_RANGES:
        raise ConfigError(
            f"expected output_activation to be one of {', '.join(OUTPUT_RANGES)}, got {output_activation!r}"
        )
    height, width = first_map(image_shape, filters)
    layers: list[Layer] = [
        Dense(filters[0] * height * width, activation="relu"),
        Reshape((height, width, filters[0])),
    ]
    for count in filters:
        layers += [UpSampling2D(2), Conv2D(count, 3, padding="same", activation="relu"), batch_norm()]
    return [*layers, Conv2D(image_shape[2], 3, padding="same", activation=output_activation)]


def discriminator_layers(
    image_shape: tuple[int, int, int], filters: Sequence[int], normalization: Callable[[], Layer], dropout: float
) -> list[Layer]:
    """Convolutions that halve the map, a last one that does not, and Flatten."""
    at_least_one("discriminator_filters", filters)
    layers: list[Layer] = []
    height, width, _ = image_shape
    for place, count in enumerate(filters):
        last = place == len(filters) - 1
        layers.append(Conv2D(count, 3, strides=1 if last else 2, padding="same"))
        if not last:
            height, width = -(-height // 2), -(-width // 2)
            # An odd map gets one row or one column of zeros, so that the next convolution halves it evenly.
            if height % 2 or width % 2:
                layers.append(ZeroPadding2D(((0, height % 2), (0, width % 2))))
                height, width = height + height % 2, width + width % 2
        if place:
            layers.append(normalization())
        layers.append(LeakyReLU(0.2))
        if dropout:
            layers.append(Dropout(dropout))
    return [*layers, Flatten()]
