"""The two steps of training as functions of one network's weights, for the checker."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan import losses, models
from minigan.backend import Array
from minigan.optimizers import Optimizer
from minigan.random import Stream
from minigan.training.steps import discriminator_step, generator_step

__all__ = ["discriminator_step_functions", "generator_step_functions"]

LATENT, SIZE, BATCH = 3, 8, 4


class Witness(Optimizer):
    """Notes the gradient it is given and moves nothing."""

    def __init__(self) -> None:
        super().__init__(learning_rate=1.0)

    def update(self, w: Array, g: Array) -> None:
        self.gradient = g.copy()


def small_gan(dtype: Any) -> models.GAN:
    """The article's networks, small: Dropout, BatchNorm in training and the path through both included."""
    gan = models.build(
        "dcgan28", image_size=SIZE, latent_size=LATENT, generator_filters=(2, 2), discriminator_filters=(2, 2, 3)
    )
    for network, shape in ((gan.generator, (LATENT,)), (gan.discriminator, (SIZE, SIZE, 1))):
        network.build(shape, seed=1, dtype=dtype)
        # With biases at 0, a patch of dead units would leave the next ReLU exactly on its kink.
        size = network.flat_data.shape
        network.flat_data += Stream(1, f"gradcheck/{network.name}").normal(size, stddev=0.05, dtype=dtype)
    return gan


def batches(dtype: Any) -> tuple[Array, Array]:
    """Real images and noise."""
    rng = Stream(2, "gradcheck/batches")
    return rng.uniform((BATCH, SIZE, SIZE, 1), -1, 1, np.float64).astype(dtype), rng.uniform(
        (BATCH, LATENT), -1, 1, np.float64
    ).astype(dtype)


def discriminator_step_functions(game: str = "non-saturating") -> tuple[Callable, Callable, Array]:
    """Forward and backward of the D step in D's weights, and the weights."""

    def step(gan: models.GAN, witness: Witness, real: Array, noise: Array) -> float:
        rng = Stream(3, "gradcheck/dropout")
        return discriminator_step(gan, losses.get(game, 0.1), witness, real, noise, rng).loss

    return step_functions("discriminator", step)


def generator_step_functions(game: str = "non-saturating") -> tuple[Callable, Callable, Array]:
    """Forward and backward of the G step in G's weights, and the weights."""

    def step(gan: models.GAN, witness: Witness, real: Array, noise: Array) -> float:
        return generator_step(gan, losses.get(game), witness, noise, Stream(3, "gradcheck/dropout")).loss

    return step_functions("generator", step)


def step_functions(network: str, step: Callable) -> tuple[Callable, Callable, Array]:
    """A step as a function of the weights of `network`; its cache is the gradient that the step found."""

    def forward(weights: Array) -> tuple[Array, Array]:
        gan, witness = small_gan(weights.dtype), Witness()
        getattr(gan, network).flat_data[...] = weights
        loss = step(gan, witness, *batches(weights.dtype))
        return np.asarray(loss, weights.dtype), witness.gradient

    def backward(dy: Array, gradient: Array) -> Array:
        return dy * gradient

    return forward, backward, getattr(small_gan(np.float64), network).flat_data
