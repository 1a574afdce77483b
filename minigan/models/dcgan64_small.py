"""A DCGAN for colour pictures of 64 x 64 pixels that a CPU trains."""

from collections.abc import Sequence

from minigan.errors import ConfigError
from minigan.initializers import Normal
from minigan.layers import (
    BatchNorm,
    ConcatenateLabels,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    LeakyReLU,
    ProjectionHead,
    ReLU,
    Reshape,
    UpSampling2D,
)
from minigan.models.gan import GAN
from minigan.models.networks import at_least_one, built, first_map, image_shape_of

__all__ = ["dcgan64_small"]

#: The initial values of all kernels.
INITIALIZER = Normal(stddev=0.02)

#: The length of a class's embedding, which is concatenated with the generator's noise.
LABEL_UNITS = 16


def dcgan64_small(
    seed: int = 0,
    *,
    latent_size: int = 100,
    image_size: int | tuple[int, int] = 64,
    channels: int = 3,
    generator_filters: Sequence[int] = (256, 128, 64, 32),
    discriminator_filters: Sequence[int] = (32, 64, 128, 256),
    classes: int = 0,
) -> GAN:
    """Networks in the manner of the DCGAN paper, with a fraction of its products.

    ==========================================  ===========  =====================================  ===========
    generator                                   shape        discriminator                          shape
    ==========================================  ===========  =====================================  ===========
    noise                                       100          image                                  64, 64, 3
    Dense, Reshape, BatchNorm, ReLU             4, 4, 256    Conv2D 32, LeakyReLU                   32, 32, 32
    UpSampling2D, Conv2D 128, BatchNorm, ReLU   8, 8, 128    Conv2D 64, BatchNorm, LeakyReLU        16, 16, 64
    UpSampling2D, Conv2D 64, BatchNorm, ReLU    16, 16, 64   Conv2D 128, BatchNorm, LeakyReLU       8, 8, 128
    UpSampling2D, Conv2D 32, BatchNorm, ReLU    32, 32, 32   Conv2D 256, BatchNorm, LeakyReLU       4, 4, 256
    UpSampling2D, Conv2D 3, tanh                64, 64, 3    Flatten, Dense, sigmoid                1
    ==========================================  ===========  =====================================  ===========

    Three things make it cheap: a quarter of the paper's filters, kernels of 3 x 3 instead of 5 x 5, and UpSampling2D
    with a convolution instead of a transposed convolution. The last also leaves less of a pattern of squares in the
    images (Odena et al.). The discriminator's convolutions have stride 2, LeakyReLU's slope is 0.2, and weights begin
    from N(0, 0.02^2).

    With `classes` both networks get a class for each image: an embedding of the class is concatenated with the
    generator's noise, and a `minigan.layers.ProjectionHead` is the discriminator's last layer, which gives logits.

    Parameters
    ----------
    seed : int
        The seed of the initial weights.
    latent_size : int
        Length of the noise.
    image_size : int or (int, int)
        The height and width of the images: one number for both, or a pair. Each of the `generator_filters` doubles the
        image, so both must divide by 2 that often.
    channels : int
        Colour channels.
    generator_filters : sequence of int
        The channels of the generator's maps, each twice as large as the one before.
    discriminator_filters : sequence of int
        Filters of the discriminator's convolutions: each halves the image.
    classes : int
        The number of classes, given as labels in `minigan.layers.Context`; 0 for a GAN without classes.

    Returns
    -------
    GAN
        Built, in float32, for images scaled to [-1, 1].

    Notes
    -----
    Radford, Metz and Chintala, arXiv:1511.06434 (DCGAN); Odena, Dumoulin and Olah, "Deconvolution and Checkerboard
    Artifacts", Distill 2016 (upsampling); Miyato and Koyama, arXiv:1802.05637 (projection).
    """
    if classes < 0:
        raise ConfigError(f"expected at least 0 classes, got {classes}")
    shape = image_shape_of(image_size, channels)
    to_image = generator_layers(shape, generator_filters)
    to_logit = discriminator_layers(discriminator_filters)
    end: Layer = Dense(1, "sigmoid", kernel_initializer=INITIALIZER)
    if classes:
        to_image = [ConcatenateLabels(classes, LABEL_UNITS), *to_image]
        end = ProjectionHead(classes)
    networks = built(seed, to_image, [*to_logit, end], latent_size, shape)
    return GAN("dcgan64-small", *networks, (-1.0, 1.0), classes)


def normalized() -> list[Layer]:
    """BatchNorm with moving averages over about ten batches, and ReLU."""
    return [BatchNorm(momentum=0.9, epsilon=1e-5), ReLU()]


def generator_layers(image_shape: tuple[int, int, int], filters: Sequence[int]) -> list[Layer]:
    """Layers from noise to a small map, which is doubled until it is an image."""
    height, width = first_map(image_shape, filters)
    first, *others = filters
    layers: list[Layer] = [
        Dense(height * width * first, use_bias=False, kernel_initializer=INITIALIZER),
        Reshape((height, width, first)),
        *normalized(),
    ]
    for count in others:
        layers += [UpSampling2D(2), convolution(count), *normalized()]
    last = Conv2D(image_shape[2], 3, padding="same", activation="tanh", kernel_initializer=INITIALIZER)
    return [*layers, UpSampling2D(2), last]


def discriminator_layers(filters: Sequence[int]) -> list[Layer]:
    """Convolutions that halve the map, and Flatten."""
    at_least_one("discriminator_filters", filters)
    layers: list[Layer] = []
    for place, count in enumerate(filters):
        layers.append(convolution(count, strides=2))
        if place:
            layers.append(BatchNorm(momentum=0.9, epsilon=1e-5))
        layers.append(LeakyReLU(0.2))
    return [*layers, Flatten()]


def convolution(filters: int, strides: int = 1) -> Layer:
    """A convolution that keeps the size of the map, or halves it."""
    return Conv2D(filters, 3, strides, "same", use_bias=False, kernel_initializer=INITIALIZER)
