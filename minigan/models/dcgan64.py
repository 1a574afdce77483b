"""The DCGAN of Radford, Metz and Chintala, for images of 64 x 64 pixels."""

from collections.abc import Sequence

from minigan.errors import ConfigError
from minigan.initializers import Normal
from minigan.layers import BatchNorm, Conv2D, Conv2DTranspose, Dense, Flatten, Layer, LeakyReLU, ReLU, Reshape
from minigan.models.gan import GAN
from minigan.models.networks import built, first_map, image_shape_of

__all__ = ["dcgan64"]

#: The initial values of all weights.
INITIALIZER = Normal(stddev=0.02)

#: The padding of a 5 x 5 convolution that halves an even image: a second pixel below and right would not be used.
PADDING = ((2, 1), (2, 1))

#: Default height and width of the generator's first map and of the discriminator's last.
START = 4


def dcgan64(
    seed: int = 0,
    *,
    latent_size: int = 100,
    image_size: int | tuple[int, int] | None = None,
    channels: int = 3,
    generator_filters: Sequence[int] = (1024, 512, 256, 128),
    discriminator_filters: Sequence[int] = (128, 256, 512, 1024),
) -> GAN:
    """The networks of the DCGAN paper.

    ============================================  ===========  ============================================  ===========
    generator                                     shape        discriminator                                 shape
    ============================================  ===========  ============================================  ===========
    noise                                         100          image                                         64, 64, 3
    Dense, Reshape, BatchNorm, ReLU               4, 4, 1024   Conv2D 128, LeakyReLU                         32, 32, 128
    Conv2DTranspose 512, BatchNorm, ReLU          8, 8, 512    Conv2D 256, BatchNorm, LeakyReLU              16, 16, 256
    Conv2DTranspose 256, BatchNorm, ReLU          16, 16, 256  Conv2D 512, BatchNorm, LeakyReLU              8, 8, 512
    Conv2DTranspose 128, BatchNorm, ReLU          32, 32, 128  Conv2D 1024, BatchNorm, LeakyReLU             4, 4, 1024
    Conv2DTranspose 3, tanh                       64, 64, 3    Flatten, Dense, sigmoid                       1
    ============================================  ===========  ============================================  ===========

    Kernels are 5 x 5 with stride 2, LeakyReLU's slope is 0.2, no layer has a bias but BatchNorm, and weights begin
    from N(0, 0.02^2).

    Parameters
    ----------
    seed : int
        The seed of the initial weights.
    latent_size : int
        Length of the noise.
    image_size : int or (int, int), optional
        The height and width of the images. Each of the `generator_filters` doubles the image, so both must divide by 2
        that often. Default: a first map of 4 x 4, with four filters 64 x 64.
    channels : int
        Colour channels.
    generator_filters, discriminator_filters : sequence of int
        The generator's are the channels of its maps, each twice as large as the one before; each of the
        discriminator's convolutions halves the map. Both have the same number.

    Returns
    -------
    GAN
        Built, in float32, for images scaled to [-1, 1].

    Notes
    -----
    Radford, Metz and Chintala, arXiv:1511.06434, figure 1 and section 4; details not in the paper are as in
    faces/train_uncond_dcgan.py of github.com/Newmu/dcgan_code. There BatchNorm normalises the features of the
    generator's first layer before they are a map, its gamma begins from N(1, 0.02^2), and samples too are drawn with
    the batch's own statistics; here it normalises the channels of the map, gamma begins at 1, and moving averages are
    used.
    """
    if not generator_filters or len(generator_filters) != len(discriminator_filters):
        raise ConfigError(
            "expected as many --generator-filters as --discriminator-filters, at least one, "
            f"got {len(generator_filters)} and {len(discriminator_filters)}"
        )
    shape = image_shape_of(START * 2 ** len(generator_filters) if image_size is None else image_size, channels)
    generator = generator_layers(shape, generator_filters)
    discriminator = discriminator_layers(discriminator_filters)
    networks = built(seed, generator, discriminator, latent_size, shape)
    return GAN("dcgan64", *networks, (-1.0, 1.0))


def batch_norm() -> Layer:
    """BatchNorm with moving averages over about ten batches."""
    return BatchNorm(momentum=0.9, epsilon=1e-5)


def generator_layers(image_shape: tuple[int, int, int], filters: Sequence[int]) -> list[Layer]:
    """Layers from noise to a small map, which is doubled until it is an image."""
    height, width = first_map(image_shape, filters)
    first, *others = filters
    layers: list[Layer] = [
        Dense(height * width * first, use_bias=False, kernel_initializer=INITIALIZER),
        Reshape((height, width, first)),
        batch_norm(),
        ReLU(),
    ]
    for count in others:
        layers += [doubling(count), batch_norm(), ReLU()]
    return [*layers, doubling(image_shape[2], activation="tanh")]


def discriminator_layers(filters: Sequence[int]) -> list[Layer]:
    """Convolutions that halve the map, and a probability."""
    layers: list[Layer] = []
    for place, width in enumerate(filters):
        layers.append(Conv2D(width, 5, 2, PADDING, use_bias=False, kernel_initializer=INITIALIZER))
        if place:
            layers.append(batch_norm())
        layers.append(LeakyReLU(0.2))
    return [*layers, Flatten(), Dense(1, "sigmoid", use_bias=False, kernel_initializer=INITIALIZER)]


def doubling(filters: int, activation: str | None = None) -> Layer:
    """A transposed convolution that doubles height and width: the adjoint of the one that halves them."""
    return Conv2DTranspose(filters, 5, 2, PADDING, activation, use_bias=False, kernel_initializer=INITIALIZER)
