"""Builds the parts of a run from its settings: data, networks, loss, learning rates, trainer."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

from minigan import backend, constraints, data, losses, models, optimizers, penalties
from minigan.errors import ConfigError
from minigan.kernels import precision
from minigan.models import GAN
from minigan.optimizers import Optimizer
from minigan.random import Stream
from minigan.runs.config import TrainConfig
from minigan.runs.run_data import load_data, with_classes
from minigan.training import schedules
from minigan.training.options import Constraint, GameOptions
from minigan.training.trainer import Trainer, steps_per_epoch

__all__ = ["Rates", "RunParts", "build_run", "make_loss", "make_trainer"]


class Rates:
    """Sets learning rates and momentum by their schedules; called with the number of each step before it.

    Parameters
    ----------
    config : TrainConfig

    Attributes
    ----------
    optimizers : tuple of Optimizer
        The generator's and the discriminator's.
    scale : float
        A factor on both learning rates.
    """

    def __init__(self, config: TrainConfig) -> None:
        rates = config.learning_rate, config.d_learning_rate or config.learning_rate
        self.rates = [schedules.parse(rate) for rate in rates]
        self.momentum = schedules.parse(config.momentum)
        self.scale = 1.0
        if config.beta_2 is not None and config.optimizer != "adam":
            raise ConfigError(f"beta_2: expected the optimizer adam with it, got {config.optimizer}")
        others = {} if config.beta_2 is None else {"beta_2": config.beta_2}
        # No optimizer accepts the rate 0, at which a schedule may begin: the first rates are set before the first step.
        self.optimizers: tuple[Optimizer, ...] = tuple(
            optimizers.get(config.optimizer, learning_rate=rate.bounds[1], **others) for rate in self.rates
        )

    def __call__(self, step: int) -> None:
        for optimizer, rate in zip(self.optimizers, self.rates):
            optimizer.learning_rate = rate(step) * self.scale
            if optimizer.momentum_name is not None:
                optimizer.set_momentum(self.momentum(step))


class RunParts(NamedTuple):
    """The parts of a run.

    Attributes
    ----------
    config : TrainConfig
        The settings, with every default filled in.
    trainer : Trainer
    rates : Rates
        Sets the learning rates of the trainer's optimizers.
    """

    config: TrainConfig
    trainer: Trainer
    rates: Rates


def build_run(config: TrainConfig, folder: Path | None = None) -> RunParts:
    """Build everything that the settings describe.

    Parameters
    ----------
    config : TrainConfig
    folder : Path, optional
        Of a run that exists: it knows where its data were.

    Raises
    ------
    MiniganError
        Settings, data and networks do not fit each other.
    """
    if config.backend is not None:
        backend.use(config.backend)
    config = config.resolved()
    precision.use(config.precision or precision.precision())
    gan = models.build(config.model, config.seed, **config.model_options())
    dataset = load_data(config, gan, folder)
    if config.conditional and not gan.classes:
        config, dataset = with_classes(config, dataset)
        gan = models.build(config.model, config.seed, **config.model_options())
    if config.model in models.FROM_MARGINALS and isinstance(dataset, data.Dataset):
        models.bias_from_marginals(gan, dataset.mean())
    rates = Rates(config)
    return RunParts(config, make_trainer(config, gan, dataset, rates), rates)


def make_trainer(
    config: TrainConfig, gan: GAN, dataset: data.Dataset | data.Points, rates: Rates | None = None
) -> Trainer:
    """The trainer that the settings describe, with the given rates or new ones."""
    rates = rates or Rates(config)
    g_optimizer, d_optimizer = rates.optimizers
    return Trainer(
        gan,
        dataset,
        loss=make_loss(config),
        g_optimizer=g_optimizer,
        d_optimizer=d_optimizer,
        options=make_options(config, dataset),
        batch_size=config.batch_size,
        d_steps=config.d_steps,
        g_steps=config.g_steps,
        count_in=config.count_in,
        updates=config.updates,
        before_step=rates,
        average=config.average,
        noise=config.noise,
        flip=config.flip,
        seed=config.seed,
    )


def make_loss(config: TrainConfig) -> losses.GANLoss:
    """The loss, with smoothed and flipped labels."""
    smoothing = {"label_smoothing": config.label_smoothing, "fake_label_smoothing": config.fake_label_smoothing}
    loss = losses.get(config.loss, **{name: value for name, value in smoothing.items() if value})
    if not config.label_flips:
        return loss
    return losses.NoisyLabels(loss, config.label_flips, Stream(config.seed, "label flips"))


def make_options(config: TrainConfig, dataset: data.Dataset | data.Points) -> GameOptions:
    """The penalty, the instance noise and the constraints."""
    weight = {} if config.penalty_weight is None else {"weight": config.penalty_weight}
    if weight and config.penalty is None:
        raise ConfigError(f"penalty_weight: expected a penalty with it, got {config.penalty_weight} alone")
    penalty = None if config.penalty is None else penalties.get(config.penalty, **weight)
    noise = None
    if config.instance_noise:
        per_epoch = steps_per_epoch(len(dataset), config.batch_size, config.d_steps, config.g_steps)
        steps = config.instance_noise_steps or config.steps or (config.epochs or 1) * per_epoch
        noise = losses.InstanceNoise(config.instance_noise, steps, Stream(config.seed, "instance noise"))
    return GameOptions(penalty, noise, *make_constraints(config))


def make_constraints(config: TrainConfig) -> tuple[Constraint | None, Constraint | None]:
    """The constraints on the discriminator's and on the generator's weights."""
    if config.clip is not None and config.max_norm is not None:
        raise ConfigError(f"expected clip or max_norm, got both: {config.clip} and {config.max_norm}")
    if config.clip is not None:
        return partial(constraints.clip_weights, bound=config.clip), None
    if config.max_norm is not None:
        bounded = partial(constraints.max_norm, bound=config.max_norm)
        return bounded, bounded
    return None, None
