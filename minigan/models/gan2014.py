"""The four GANs of the 2014 paper, after the settings that its authors published.

Sources: Goodfellow et al., "Generative adversarial networks", arXiv:1406.2661, section 5, and the files mnist.yaml,
tfd_pretrain/pretrain.yaml, cifar10_fully_connected.yaml and cifar10_convolutional.yaml of
github.com/goodfeli/adversarial. ``irange: r`` in the files is `uniform(r)` here; biases begin at 0 unless a docstring
says otherwise.
"""

from collections.abc import Sequence
from math import prod

from minigan.errors import ConfigError
from minigan.initializers import Initializer
from minigan.layers import (
    ChannelMax,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Maxout,
    MaxPooling2D,
    Reshape,
    Shape,
)
from minigan.models.gan import GAN
from minigan.models.gan2014_initial import constant, sparse, uniform
from minigan.models.networks import at_least_one, built

__all__ = [
    "gan2014_cifar10",
    "gan2014_cifar10_conv",
    "gan2014_mnist",
    "gan2014_tfd",
]

# The four models


def gan2014_mnist(
    seed: int = 0,
    *,
    latent_size: int = 100,
    generator_units: Sequence[int] = (1200, 1200),
    discriminator_units: Sequence[int] = (240, 240),
    pieces: int = 5,
) -> GAN:
    """The paper's networks for MNIST.

    ===============================  =========  =======================  =========
    discriminator                    shape      generator                shape
    ===============================  =========  =======================  =========
    image                            28, 28, 1  noise                    100
    Flatten, Dropout 0.2             784        Dense, ReLU              1200
    Maxout of 5 pieces, Dropout 0.5  240        Dense, ReLU              1200
    Maxout of 5 pieces, Dropout 0.5  240        Dense, sigmoid, Reshape  28, 28, 1
    Dense, sigmoid                   1
    ===============================  =========  =======================  =========

    Weights begin uniform in +-0.05 (generator) and in +-0.005 (discriminator).

    Parameters
    ----------
    seed : int
        The seed of the initial weights.
    latent_size : int
        Length of the noise.
    generator_units, discriminator_units : sequence of int
        Units of the hidden layers.
    pieces : int
        Linear pieces of each maxout unit.

    Returns
    -------
    GAN
        Built, in float32, for images scaled to [0, 1].

    Notes
    -----
    Source: mnist.yaml. Its generator begins with the mean image: `minigan.models.bias_from_marginals` sets that before
    training.
    """
    shape = (28, 28, 1)
    at_least_one("generator_units", generator_units)
    generator = [
        *(Dense(units, "relu", kernel_initializer=uniform(0.05)) for units in generator_units),
        *image_end(shape, "sigmoid", uniform(0.05)),
    ]
    discriminator = maxout_discriminator(discriminator_units, pieces)
    networks = built(seed, generator, discriminator, latent_size, shape)
    return GAN("gan2014-mnist", *networks, (0.0, 1.0))


def gan2014_tfd(
    seed: int = 0,
    *,
    latent_size: int = 100,
    generator_units: Sequence[int] = (8000, 8000),
    discriminator_units: Sequence[int] = (1200, 1200),
    pieces: int = 5,
) -> GAN:
    """The paper's networks for the Toronto Face Database, 48 x 48 pixels.

    ===============================  =========  =======================  =========
    discriminator                    shape      generator                shape
    ===============================  =========  =======================  =========
    image                            48, 48, 1  noise                    100
    Flatten, Dropout 0.2             2304       Dense, ReLU              8000
    Maxout of 5 pieces, Dropout 0.5  1200       Dense, sigmoid           8000
    Maxout of 5 pieces, Dropout 0.5  1200       Dense, sigmoid, Reshape  48, 48, 1
    Dense, sigmoid                   1
    ===============================  =========  =======================  =========

    Weights begin uniform in +-0.05 (generator) and in +-0.005 (discriminator); those of the generator's last layer
    are 0, except 100 for each pixel, which are standard normal; the second bias of the generator begins at -2.

    Parameters
    ----------
    seed, latent_size, generator_units, discriminator_units, pieces
        As in `gan2014_mnist`; the first layer of `generator_units` is ReLU, the others are sigmoid.

    Returns
    -------
    GAN
        Built, in float32, for images scaled to [0, 1].

    Notes
    -----
    Source: tfd_pretrain/pretrain.yaml. Its limit of 1.9365 on the norm of every column of weights is
    `minigan.constraints.max_norm`, after each update; `minigan.models.bias_from_marginals` sets the last bias to the
    logit of each pixel's mean before training. Not here: a second training, tfd_pretrain/train.yaml, in which two more
    layers, 8000 ReLU and 100 sigmoid, are put before the trained generator.
    """
    shape = (48, 48, 1)
    generator = [
        *relu_sigmoid_layers(generator_units, sigmoid_bias=-2.0),
        *image_end(shape, "sigmoid", sparse(100)),
    ]
    discriminator = maxout_discriminator(discriminator_units, pieces)
    networks = built(seed, generator, discriminator, latent_size, shape)
    return GAN("gan2014-tfd", *networks, (0.0, 1.0))


def gan2014_cifar10(
    seed: int = 0,
    *,
    latent_size: int = 100,
    generator_units: Sequence[int] = (8000, 8000),
    discriminator_units: Sequence[int] = (1600, 1600),
    pieces: int = 5,
) -> GAN:
    """The paper's fully connected networks for CIFAR-10.

    ===============================  =========  ==============  =========
    discriminator                    shape      generator       shape
    ===============================  =========  ==============  =========
    image                            32, 32, 3  noise           100
    Flatten, Dropout 0.2             3072       Dense, ReLU     8000
    Maxout of 5 pieces, Dropout 0.5  1600       Dense, sigmoid  8000
    Maxout of 5 pieces, Dropout 0.5  1600       Dense, Reshape  32, 32, 3
    Dense, sigmoid                   1
    ===============================  =========  ==============  =========

    Weights begin uniform in +-0.05 (generator; its last layer +-0.5) and in +-0.005 (discriminator).

    Parameters
    ----------
    seed, latent_size, generator_units, discriminator_units, pieces
        As in `gan2014_tfd`.

    Returns
    -------
    GAN
        Built, in float32, for images scaled to [-1, 1]. The generator's last layer is linear, so its images can leave
        that range.

    Notes
    -----
    Source: cifar10_fully_connected.yaml. There each image is scaled to mean 0 and norm 55, a standard deviation
    of 1; images in [-1, 1] have about half of that.
    """
    shape = (32, 32, 3)
    generator = [*relu_sigmoid_layers(generator_units, sigmoid_bias=0.0), *image_end(shape, None, uniform(0.5))]
    discriminator = maxout_discriminator(discriminator_units, pieces)
    networks = built(seed, generator, discriminator, latent_size, shape)
    return GAN("gan2014-cifar10", *networks, (-1.0, 1.0))


def gan2014_cifar10_conv(
    seed: int = 0,
    *,
    latent_size: int = 100,
    generator_units: int = 8000,
    generator_maps: int = 80,
    discriminator_filters: tuple[int, int, int] = (32, 32, 192),
    discriminator_units: int = 500,
) -> GAN:
    """The paper's convolutional discriminator and "deconvolutional" generator for CIFAR-10.

    ===============================================  ==========  ====================================  ==========
    discriminator                                    shape       generator                             shape
    ===============================================  ==========  ====================================  ==========
    image, Dropout 0.2                               32, 32, 3   noise                                 100
    Conv2D 64 of 8 x 8, padding 4, ChannelMax of 2   33, 33, 32  Dense, ReLU                           8000
    MaxPooling2D 4, stride 2, Dropout 0.5            16, 16, 32  Dense, sigmoid                        8000
    Conv2D 64 of 8 x 8, padding 3, ChannelMax of 2   15, 15, 32  Reshape                               10, 10, 80
    MaxPooling2D 4, stride 2, Dropout 0.5            7, 7, 32    Conv2DTranspose 3 of 5 x 5, stride 3  32, 32, 3
    Conv2D 384 of 5 x 5, padding 3, ChannelMax of 2  9, 9, 192
    MaxPooling2D 2, stride 2, Dropout 0.5            5, 5, 192
    Flatten, Maxout of 5 pieces, Dropout 0.5         500
    Dense, sigmoid                                   1
    ===============================================  ==========  ====================================  ==========

    Weights begin uniform in +-0.05 (generator) and in +-0.005 (discriminator).

    Parameters
    ----------
    seed : int
        The seed of the initial weights.
    latent_size : int
        Length of the noise.
    generator_units : int
        Units of the first hidden layer.
    generator_maps : int
        Channels of the 10 x 10 map before the generator's last layer.
    discriminator_filters : (int, int, int)
        Filters of the maxout convolutions, after the maximum of 2 pieces.
    discriminator_units : int
        Units of the maxout layer.

    Returns
    -------
    GAN
        Built, in float32, for images scaled to [-1, 1]. The generator's last layer is linear, so its images can leave
        that range.

    Notes
    -----
    Source: cifar10_convolutional.yaml. There the transposed convolution has a bias for each of the 3,072 numbers of an
    image, here one for each channel; and images are scaled as for `gan2014_cifar10`. A maxout convolution is a Conv2D
    and a `minigan.layers.ChannelMax`; pooling windows may reach over the edge, as in the original.
    """
    shape = (32, 32, 3)
    if len(discriminator_filters) != 3:
        raise ConfigError(f"expected three numbers in discriminator_filters, got {discriminator_filters!r}")
    generator = [
        *relu_sigmoid_layers((generator_units, 10 * 10 * generator_maps), sigmoid_bias=0.0),
        Reshape((10, 10, generator_maps)),
        Conv2DTranspose(3, 5, strides=3, kernel_initializer=uniform(0.05)),
    ]
    one, two, three = discriminator_filters
    discriminator = [
        Dropout(0.2),
        *maxout_convolution(one, kernel_size=8, padding=4, pool_size=4),
        Dropout(0.5),
        *maxout_convolution(two, kernel_size=8, padding=3, pool_size=4),
        Dropout(0.5),
        *maxout_convolution(three, kernel_size=5, padding=3, pool_size=2),
        Flatten(),
        Dropout(0.5),
        *maxout_end((discriminator_units,), pieces=5),
    ]
    networks = built(seed, generator, discriminator, latent_size, shape)
    return GAN("gan2014-cifar10-conv", *networks, (-1.0, 1.0))


# The parts that they share


def relu_sigmoid_layers(units: Sequence[int], sigmoid_bias: float) -> list[Layer]:
    """Hidden layers of a generator: the first ReLU, the others sigmoid."""
    at_least_one("generator_units", units)
    first, *others = units
    bias = constant(sigmoid_bias)
    return [
        Dense(first, "relu", kernel_initializer=uniform(0.05)),
        *(Dense(size, "sigmoid", kernel_initializer=uniform(0.05), bias_initializer=bias) for size in others),
    ]


def image_end(shape: Shape, activation: str | None, initializer: Initializer) -> list[Layer]:
    """The last layers of a generator: a Dense unit for each number of an image, and Reshape."""
    return [Dense(prod(shape), activation, kernel_initializer=initializer), Reshape(shape)]


def maxout_discriminator(units: Sequence[int], pieces: int) -> list[Layer]:
    """Flatten and maxout layers; dropout keeps 0.8 of the image and 0.5 of the hidden units."""
    return [Flatten(), Dropout(0.2), *maxout_end(units, pieces)]


def maxout_end(units: Sequence[int], pieces: int) -> list[Layer]:
    """Maxout layers, each followed by dropout, and a sigmoid unit."""
    at_least_one("discriminator_units", units)
    layers: list[Layer] = []
    for size in units:
        layers += [Maxout(size, pieces, kernel_initializer=uniform(0.005)), Dropout(0.5)]
    return [*layers, Dense(1, "sigmoid", kernel_initializer=uniform(0.005))]


def maxout_convolution(filters: int, kernel_size: int, padding: int, pool_size: int) -> list[Layer]:
    """The maximum of two convolutions, and max pooling with stride 2."""
    return [
        Conv2D(2 * filters, kernel_size, padding=padding, kernel_initializer=uniform(0.005)),
        ChannelMax(2),
        # One row and column of padding, which are never the maximum: the last window reaches over the edge.
        MaxPooling2D(pool_size, strides=2, padding=((0, 1), (0, 1))),
    ]
