"""Small networks for points: on a line, where both networks can be drawn, and in the plane."""

from collections.abc import Sequence

from minigan.layers import Dense, Layer
from minigan.model.sequential import Sequential
from minigan.models.gan import GAN
from minigan.models.networks import at_least_one, built

__all__ = ["mlp1d", "mlp2d"]


def mlp1d(
    seed: int = 0,
    *,
    latent_size: int = 1,
    generator_units: Sequence[int] = (32, 32),
    discriminator_units: Sequence[int] = (32, 32),
) -> GAN:
    """Noise on a line to points on a line, as in figure 1 of the 2014 paper.

    =============  =====  ===================  =====
    generator      shape  discriminator        shape
    =============  =====  ===================  =====
    noise          1      point                1
    Dense, tanh    32     Dense, tanh          32
    Dense, tanh    32     Dense, tanh          32
    Dense          1      Dense, sigmoid       1
    =============  =====  ===================  =====

    Smooth activations make the curves smooth.

    Parameters
    ----------
    seed : int
        The seed of the initial weights.
    latent_size : int
        Length of the noise; with 1 the generator is a function that can be drawn.
    generator_units, discriminator_units : sequence of int
        Units of the hidden layers.

    Returns
    -------
    GAN
        Built, in float32.

    Notes
    -----
    Goodfellow et al., arXiv:1406.2661, figure 1; the paper does not give its networks.
    """
    networks = perceptrons(seed, latent_size, 1, generator_units, discriminator_units, "tanh", "tanh")
    return GAN("mlp1d", *networks, None)


def mlp2d(
    seed: int = 0,
    *,
    latent_size: int = 2,
    generator_units: Sequence[int] = (128, 128, 128),
    discriminator_units: Sequence[int] = (128, 128, 128),
) -> GAN:
    """Noise to points in the plane.

    =============  =====  ===================  =====
    generator      shape  discriminator        shape
    =============  =====  ===================  =====
    noise          2      point                2
    Dense, ReLU    128    Dense, LeakyReLU     128
    Dense, ReLU    128    Dense, LeakyReLU     128
    Dense, ReLU    128    Dense, LeakyReLU     128
    Dense          2      Dense, sigmoid       1
    =============  =====  ===================  =====

    LeakyReLU's slope is 0.2.

    Parameters
    ----------
    seed : int
        The seed of the initial weights.
    latent_size : int
        Length of the noise.
    generator_units, discriminator_units : sequence of int
        Units of the hidden layers.

    Returns
    -------
    GAN
        Built, in float32.
    """
    networks = perceptrons(seed, latent_size, 2, generator_units, discriminator_units, "relu", "leaky_relu")
    return GAN("mlp2d", *networks, None)


def perceptrons(
    seed: int,
    latent_size: int,
    dimensions: int,
    generator_units: Sequence[int],
    discriminator_units: Sequence[int],
    generator_activation: str,
    discriminator_activation: str,
) -> tuple[Sequential, Sequential]:
    """Build a generator and a discriminator of Dense layers."""
    at_least_one("generator_units", generator_units)
    at_least_one("discriminator_units", discriminator_units)
    generator: list[Layer] = [
        *(Dense(size, generator_activation, kernel_initializer="he_normal") for size in generator_units),
        Dense(dimensions),
    ]
    discriminator: list[Layer] = [
        *(Dense(size, discriminator_activation, kernel_initializer="he_normal") for size in discriminator_units),
        Dense(1, "sigmoid"),
    ]
    return built(seed, generator, discriminator, latent_size, (dimensions,))
