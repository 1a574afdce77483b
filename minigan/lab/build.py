"""From a set-up to a trainer."""

from functools import lru_cache

import numpy as np

from minigan import data, losses, optimizers, penalties
from minigan.data import Dataset, Points
from minigan.lab.layer_specs import layers_of
from minigan.lab.setup import DRAWN, SetUp, Spec
from minigan.model.sequential import Sequential
from minigan.models import GAN
from minigan.random import Stream
from minigan.training.options import GameOptions
from minigan.training.trainer import Trainer

__all__ = ["build_trainer", "load_data"]


@lru_cache(maxsize=4)
def load_named(name: str) -> Dataset | Points:
    """A data set, kept for the next set-up that uses it."""
    return data.load(name)


def load_data(setup: SetUp) -> Dataset | Points:
    """The data of a set-up."""
    if setup.data == DRAWN:
        return Points(np.array(setup.drawn, np.float64), name=DRAWN)
    return load_named(setup.data)


def default_specs(dimensions: int) -> tuple[tuple[Spec, ...], tuple[Spec, ...]]:
    """The layers of a generator and a discriminator of points."""
    hidden = {"type": "Dense", "units": 64, "kernel_initializer": "he_normal"}
    generator = ({**hidden, "activation": "relu"}, {**hidden, "activation": "relu"})
    discriminator = ({**hidden, "activation": "leaky_relu"}, {**hidden, "activation": "leaky_relu"})
    last = {"type": "Dense", "units": dimensions}
    return (*generator, last), (*discriminator, {"type": "Dense", "units": 1, "activation": "sigmoid"})


def build_trainer(setup: SetUp) -> Trainer:
    """The trainer of a set-up, before its first step.

    No layers are fused: what a person looks into is what runs.
    """
    dataset = load_data(setup)
    suited = default_specs(dataset.shape[0])
    networks = []
    for name, specs, default, shape in (
        ("generator", setup.generator, suited[0], (setup.latent_size,)),
        ("discriminator", setup.discriminator, suited[1], dataset.shape),
    ):
        network = Sequential(layers_of(specs or default), name, fuse=False)
        network.build(shape, setup.seed)
        networks.append(network)
    gan = GAN(setup.data, *networks, None)
    smoothing = {"label_smoothing": setup.label_smoothing} if setup.label_smoothing else {}
    penalty = penalties.get(setup.penalty, weight=setup.penalty_weight) if setup.penalty else None
    noise = None
    if setup.instance_noise:
        noise = losses.InstanceNoise(setup.instance_noise, 10**9, Stream(setup.seed, "instance noise"))
    beta = {"beta_1": setup.momentum} if setup.optimizer == "adam" else {}
    g_optimizer, d_optimizer = (
        optimizers.get(setup.optimizer, learning_rate=rate, **beta)
        for rate in (setup.g_learning_rate, setup.d_learning_rate)
    )
    return Trainer(
        gan,
        dataset,
        loss=losses.get(setup.loss, **smoothing),
        g_optimizer=g_optimizer,
        d_optimizer=d_optimizer,
        options=GameOptions(penalty, noise),
        batch_size=setup.batch_size,
        d_steps=setup.d_steps,
        noise=setup.noise,
        seed=setup.seed,
        layer_gradients=True,
    )
