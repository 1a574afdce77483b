"""From a set-up to a trainer. What does not fit is refused before any large array is made."""

from functools import lru_cache
from math import prod

import numpy as np

from minigan import backend, data, losses, optimizers, penalties
from minigan.data import Dataset, Points
from minigan.errors import ConfigError, DataError, ShapeError
from minigan.initializers import parameter_budget
from minigan.lab import starts
from minigan.lab.layer_specs import activation_name, layers_of
from minigan.lab.setup import DRAWN, FOLDER, SetUp
from minigan.lab.suited import model_specs
from minigan.layers import Flatten, Layer, Reshape
from minigan.model.sequential import Sequential
from minigan.models import GAN, OUTPUT_RANGES
from minigan.optimizers import Optimizer
from minigan.penalties import check_discriminator
from minigan.random import Stream
from minigan.training.options import GameOptions
from minigan.training.trainer import Trainer, steps_per_epoch

__all__ = ["apply_settings", "build_trainer", "load_data"]

#: The most weights of both networks, and the most numbers that a layer gives for a batch.
MOST_WEIGHTS, MOST_OUTPUTS = 5_000_000, 32_000_000

#: The height and width of pictures from a folder.
PICTURE_SIZE = 28

#: Each point drawn by hand stands for a small cloud: how many points there are in all, and their standard deviation.
CLOUD_POINTS, CLOUD_STDDEV = 10_000, 0.02

#: The noise on D's inputs stays as it is: it would fade in this number of steps.
NEVER = 10**12


# Data


def load_data(setup: SetUp) -> Dataset | Points:
    """The data of a set-up.

    Raises
    ------
    DataError
        They are missing, damaged, or too few.
    """
    if setup.data == DRAWN:
        return drawn_data(setup.drawn)
    return load_named(setup.data)


@lru_cache(maxsize=4)
def load_named(name: str) -> Dataset | Points:
    """A data set, kept for the next set-up that uses it."""
    return data.load(name, image_size=PICTURE_SIZE if name.startswith(FOLDER) else None)


@lru_cache(maxsize=4)
def drawn_data(drawn: tuple[tuple[float, float], ...]) -> Points:
    """Many points around those that were drawn by hand."""
    if not drawn:
        raise DataError("drawn: expected at least one point, got none: draw some first")
    centres = np.resize(np.array(drawn, np.float64), (CLOUD_POINTS, 2))
    around = backend.asnumpy(Stream(0, "data/drawn").normal(centres.shape, stddev=CLOUD_STDDEV, dtype=np.float64))
    return Points(centres + around, name=DRAWN)


# Networks


def build_gan(setup: SetUp, shape: tuple[int, ...]) -> GAN:
    """The networks for data of this shape. No layers are fused: what a person looks into is what runs.

    Raises
    ------
    ConfigError
        Layers do not fit each other or the data; there are too many weights; an output is too large.
    """
    suited = model_specs(setup.model, shape, setup.latent_size)
    generator = Sequential(layers_of(setup.generator or suited[0]), "generator", fuse=False)
    discriminator = Sequential(layers_of(setup.discriminator or suited[1]), "discriminator", fuse=False)
    try:
        with parameter_budget(MOST_WEIGHTS):
            generator.build((setup.latent_size,), setup.seed)
            discriminator.build(shape, setup.seed)
    except ShapeError as error:
        raise ConfigError(f"layers do not fit: {error} (at most {MOST_WEIGHTS:,} weights in all)") from None
    for network in (generator, discriminator):
        check_outputs(network, setup.batch_size)
    check_ends(generator, discriminator, shape)
    return GAN(setup.data, generator, discriminator, output_range(generator) if len(shape) == 3 else None)


def check_outputs(network: Sequential, batch_size: int) -> None:
    """Refuse a layer whose output is too large."""
    for layer in network:
        count = prod(layer.output_shape) * batch_size
        if count > MOST_OUTPUTS:
            raise ConfigError(
                f"{network.name}, {layer.title}: expected at most {MOST_OUTPUTS:,} numbers for a batch of "
                f"{batch_size}, got {count:,}: a smaller batch, fewer filters, or a smaller size"
            )


def check_ends(generator: Sequential, discriminator: Sequential, shape: tuple[int, ...]) -> None:
    """Refuse networks whose last layers do not fit the data."""
    if generator.output_shape != shape:
        last = f"Dense of {shape[0]} units" if len(shape) == 1 else f"Conv2D of {shape[2]} filters, or a Reshape to it"
        raise ConfigError(
            f"generator: expected the shape of the data {shape} after its last layer, got {generator.output_shape}: "
            f"let it end with a {last}"
        )
    if discriminator.output_shape != (1,):
        raise ConfigError(
            f"discriminator: expected one number for each example after its last layer, got the shape "
            f"{discriminator.output_shape}: let it end with Flatten and a Dense of 1 unit"
        )
    if (name := activation_name(last_computing(discriminator))) not in ("linear", "sigmoid"):
        raise ConfigError(f"discriminator: expected sigmoid or linear as its last activation, got {name}")


def output_range(generator: Sequential) -> tuple[float, float]:
    """The range of a generator's images, by its last activation."""
    name = activation_name(last_computing(generator))
    if name not in OUTPUT_RANGES:
        raise ConfigError(
            f"generator: expected {' or '.join(OUTPUT_RANGES)} as its last activation, for images have a range of "
            f"values, got {name}"
        )
    return OUTPUT_RANGES[name]


def last_computing(network: Sequential) -> Layer:
    """The last layer that does more than to change a shape."""
    return next((layer for layer in reversed(network.layers) if not isinstance(layer, Flatten | Reshape)), network[-1])


# The trainer


def build_trainer(setup: SetUp) -> Trainer:
    """The trainer of a set-up, before its first step.

    Raises
    ------
    MiniganError
        Data, networks and settings do not fit each other.
    """
    dataset = load_data(setup)
    gan = build_gan(setup, dataset.shape)
    if setup.start:
        starts.load_weights(setup.start, gan)
    trainer = Trainer(
        gan,
        dataset,
        g_optimizer=optimizer_of(setup),
        d_optimizer=optimizer_of(setup),
        batch_size=setup.batch_size,
        noise=setup.noise,
        seed=setup.seed,
        layer_gradients=True,
    )
    apply_settings(setup, trainer)
    return trainer


def optimizer_of(setup: SetUp) -> Optimizer:
    """A new optimizer; `apply_settings` sets its learning rate and its momentum."""
    return optimizers.get(setup.optimizer)


def apply_settings(setup: SetUp, trainer: Trainer) -> None:
    """Give a trainer the settings that can be changed in the middle of training (`CHANGEABLE`); its state stays.

    Raises
    ------
    ConfigError
        They do not fit each other or the networks; nothing is changed.
    """
    loss = losses.get(setup.loss, **({"label_smoothing": setup.label_smoothing} if setup.label_smoothing else {}))
    penalty = penalties.get(setup.penalty, weight=setup.penalty_weight) if setup.penalty else None
    if penalty is not None:
        check_discriminator(trainer.gan.discriminator.logits)
    # Also without noise there is an object: its stream is a part of the state.
    noise = losses.InstanceNoise(setup.instance_noise, NEVER, Stream(setup.seed, "instance noise"))
    if (before := trainer.options.instance_noise) is not None:
        noise.rng, noise.taken = before.rng, before.taken
    trainer.loss, trainer.options, trainer.d_steps = loss, GameOptions(penalty, noise), setup.d_steps
    trainer.steps_per_epoch = steps_per_epoch(len(trainer.data), trainer.batch_size, setup.d_steps, 1)
    for optimizer, rate in (
        (trainer.g_optimizer, setup.g_learning_rate),
        (trainer.d_optimizer, setup.d_learning_rate),
    ):
        optimizer.learning_rate = rate
        if optimizer.momentum_name is not None:
            optimizer.set_momentum(setup.momentum)
