"""Small trainers of every kind, whose rounds are recorded."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from minigan import layers, losses, optimizers, penalties
from minigan.data import Dataset, Points
from minigan.lab.stepping import Steps
from minigan.lab.watching import Recording, watch
from minigan.layers import Layer
from minigan.model.sequential import Sequential
from minigan.models import GAN
from minigan.training.options import GameOptions
from minigan.training.trainer import Trainer

LATENT = 3


def points() -> tuple[list[Layer], list[Layer]]:
    generator = [layers.Dense(6, activation="relu"), layers.Dense(2)]
    return generator, [layers.Dense(5, activation="leaky_relu"), layers.Dense(1, activation="sigmoid")]


def dropped() -> tuple[list[Layer], list[Layer]]:
    generator = [layers.Dense(6), layers.BatchNorm(momentum=0.8), layers.ReLU(), layers.Dense(2)]
    discriminator = [
        layers.GaussianNoise(0.1),
        layers.Maxout(4, 2),
        layers.Dropout(0.5),
        layers.LayerNorm(),
        layers.SpectralNormalization(layers.Dense(1)),
        layers.Sigmoid(),
    ]
    return generator, discriminator


def images() -> tuple[list[Layer], list[Layer]]:
    generator = [
        layers.Dense(2 * 2 * 3),
        layers.Reshape((2, 2, 3)),
        layers.UpSampling2D(2),
        layers.Conv2D(3, 3, padding="same"),
        layers.BatchNorm(momentum=0.8),
        layers.LeakyReLU(0.2),
        layers.Conv2DTranspose(1, 3, strides=2, padding="same", activation="tanh"),
    ]
    discriminator = [
        layers.Conv2D(3, 3, padding="same", activation="leaky_relu"),
        layers.BatchNorm(momentum=0.8),
        layers.MaxPooling2D(2),
        layers.Dropout(0.25),
        layers.AveragePooling2D(2),
        layers.Flatten(),
        layers.Dense(1, activation="sigmoid"),
    ]
    return generator, discriminator


def make_trainer(
    make: Any = points,
    loss: str = "non-saturating",
    penalty: str = "",
    optimizer: str = "adam",
    noise: float = 0.0,
    **settings: Any,
) -> Trainer:
    """A trainer before its first step; twice the same arguments give the same one."""
    rng = np.random.default_rng(0)
    shape, output_range = ((8, 8, 1), (-1.0, 1.0)) if make is images else ((2,), None)
    data = Dataset(rng.integers(0, 256, (40, 8, 8), np.uint8)) if make is images else Points(rng.normal(size=(40, 2)))
    generator, discriminator = (
        Sequential(its, name, fuse=False) for its, name in zip(make(), ("generator", "discriminator"))
    )
    generator.build((LATENT,), 0)
    discriminator.build(shape, 0)
    stream = losses.InstanceNoise(noise, 1000, layers.base.Stream(0, "instance noise")) if noise else None
    return Trainer(
        GAN("small", generator, discriminator, output_range),
        data,
        loss=loss,
        g_optimizer=optimizers.get(optimizer, learning_rate=0.01),
        d_optimizer=optimizers.get(optimizer, learning_rate=0.02),
        options=GameOptions(penalties.get(penalty, weight=0.5) if penalty else None, stream),
        batch_size=8,
        **settings,
    )


def record(trainer: Trainer, rounds_before: int = 1) -> Recording:
    """The recording of one round, after some others."""
    steps = Steps(trainer)
    for _ in range(rounds_before):
        steps.round()
    with watch(trainer) as recording:
        steps.round()
    return recording


def session_of(recording: Recording | None) -> Any:
    """What the views read of a session."""
    return SimpleNamespace(recording=recording)
