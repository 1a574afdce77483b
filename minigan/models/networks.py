"""Functions that the builders of this package share."""

from collections.abc import Sequence

import numpy as np

from minigan.errors import ConfigError
from minigan.layers import Layer, Shape
from minigan.model.sequential import Sequential

__all__ = ["at_least_one", "built"]


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
