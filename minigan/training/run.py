"""A training run and its folder.

::

    config.toml        every setting; minigan train --config repeats the run
    metrics.csv        one line a step
    gradients.csv      norms of each layer's gradients, one line a step
    evaluation.csv     measures of the samples, one line an epoch (with --metrics)
    notices.csv        what a person should know of the course
    samples/           what the generator makes of the same noises, after every epoch
    progress.gif       the same as a film
    losses.png         losses, D(x), D(G(z)) and accuracies over the steps
    generator.npz      weights of both networks
    discriminator.npz
    average.npz        the moving average of the generator's weights (with --average)
"""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from minigan import backend, data, losses, models, optimizers, penalties, plots
from minigan.errors import ConfigError, DataError, RunError
from minigan.files import load_arrays, save_arrays
from minigan.models import GAN
from minigan.random import Stream
from minigan.training import schedules
from minigan.training.config import TrainConfig, read_config, write_config
from minigan.training.diagnosis import all_finite
from minigan.training.evaluation import Evaluation
from minigan.training.events import EpochEnd, Evaluated, Event, RunStart, Saved, StepEnd
from minigan.training.history import COLUMNS, Table, grad_norms, read_metrics, row_of
from minigan.training.interrupt import StopRequest
from minigan.training.monitor import Monitor
from minigan.training.samples import Samples
from minigan.training.steps import Rules
from minigan.training.trainer import Trainer, steps_per_epoch

__all__ = ["Run", "load_run", "new_run_folder", "train_run"]


class Run:
    """The folder of a run: knows the names in it and writes them.

    Parameters
    ----------
    folder : path
        Made if it is not there; must be empty.
    config : TrainConfig
    trainer : Trainer
    listener : callable
        Called with every `Event`.
    """

    def __init__(self, folder: Path, config: TrainConfig, trainer: Trainer, listener: Callable[[Event], None]) -> None:
        self.folder, self.trainer, self.listener = folder, trainer, listener
        self.gan = trainer.gan
        self.samples = Samples(trainer.gan, trainer.data, trainer.loss, config.noise, config.seed)
        self.monitor = Monitor(config.batch_size, accuracy=trainer.loss.undecided is not None)
        self.stop_when_converged = config.stop_when_converged
        self.evaluate = Evaluation(trainer.gan, trainer.data, config.noise, config.seed) if config.metrics else None
        self.frames: list[Path] = []
        (folder / "samples").mkdir(parents=True)
        write_config(folder / "config.toml", config)

    def train(self, epochs: int | None, steps: int | None) -> bool:
        """Train, writing as it goes; False when it was asked to stop before the end."""
        data = self.trainer.data
        self.listener(RunStart(self.gan.name, data.name, len(data), self.folder))
        with ExitStack() as files, StopRequest() as stop:
            self._open_tables(files)
            self.save("start")
            try:
                self._follow(stop, epochs, steps)
            finally:
                if self.trainer.step % self.trainer.steps_per_epoch:
                    self.save(f"step-{self.trainer.step:06d}")
                plots.save_film(self.folder / "progress.gif", self.frames)
        return not stop.asked

    def _open_tables(self, files: ExitStack) -> None:
        """Begin the run's tables; they are closed with `files`."""

        def table(name: str, columns: Sequence[str]) -> Table:
            return files.enter_context(Table(self.folder / name, columns))

        self.metrics = table("metrics.csv", COLUMNS)
        self.gradients = table("gradients.csv", ["step", *grad_norms(self.gan)])
        self.notices = table("notices.csv", ["step", "kind", "text"])
        if self.evaluate is not None:
            self.evaluation = table("evaluation.csv", ["epoch", "step", *self.evaluate.names])

    def _follow(self, stop: StopRequest, epochs: int | None, steps: int | None) -> None:
        """Take the trainer's events: each step to the tables, each epoch to the folder, all to those who listen."""
        for event in self.trainer.train(epochs, steps):
            if isinstance(event, StepEnd):
                self.metrics.append(row_of(event))
                self.gradients.append([event.step, *grad_norms(self.gan).values()])
            elif isinstance(event, EpochEnd):
                self.save(f"epoch-{event.epoch:04d}")
            self.tell(event)
            if isinstance(event, EpochEnd):
                self._look_at_samples(event)
            if stop.asked or (self.stop_when_converged and self.monitor.converged):
                break

    def _look_at_samples(self, event: EpochEnd) -> None:
        """How diverse they are and, if asked for, how good."""
        with self.trainer.sampler() as generator:
            self.tell(self.samples.diversity(event.step, generator))
            if self.evaluate is not None:
                figures = self.evaluate(generator)
                self.evaluation.append([event.epoch, event.step, *figures.values()])
                self.tell(Evaluated(event.epoch, event.step, figures))

    def tell(self, event: Event) -> None:
        """Tell those who listen, and the monitor; what the monitor has to say follows."""
        self.listener(event)
        for notice in self.monitor(event):
            self.notices.append([notice.step, notice.kind, notice.text])
            self.listener(notice)

    def save(self, name: str) -> None:
        """Everything as it stands now: samples under this name, weights, curves."""
        self.save_samples(name)
        self.save_weights()
        if self.trainer.step:
            self.save_losses()

    def save_samples(self, name: str) -> None:
        """The picture of the same noises."""
        path = self.folder / "samples" / f"{name}.png"
        with self.trainer.sampler() as generator:
            drawn = self.samples.save(path, generator, f"step {self.trainer.step}")
        if drawn:
            self.frames.append(path)
            self.listener(Saved(path, "samples"))

    def save_weights(self) -> None:
        """Both networks, unless one holds a NaN: the last good ones are worth more."""
        networks = (self.gan.generator, self.gan.discriminator)
        if not all(all_finite(p.data) for network in networks for p in network.parameters().values()):
            return
        for network in networks:
            self._save_weights(network.name, network.state_dict())
        if self.trainer.average is not None:
            self._save_weights("average", self.trainer.average.state_dict())

    def _save_weights(self, name: str, weights: dict[str, np.ndarray]) -> None:
        path = self.folder / f"{name}.npz"
        save_arrays(path, weights)
        self.listener(Saved(path, f"weights of the {name}"))

    def save_losses(self) -> None:
        """The curves so far."""
        path = self.folder / "losses.png"
        figures = read_metrics(self.folder / "metrics.csv")
        plots.save_losses(path, figures, self.trainer.steps_per_epoch, self.trainer.loss.optimum)
        self.listener(Saved(path, "losses"))


def train_run(config: TrainConfig, folder: str | Path, listener: Callable[[Event], None] = lambda event: None) -> bool:
    """Train as `config` says and leave everything in `folder`.

    Nothing is written before the settings, the data and the networks were found to fit each other.

    Parameters
    ----------
    config : TrainConfig
    folder : path
        New, or empty.
    listener : callable, optional
        Called with every `Event`.

    Returns
    -------
    bool
        False when the run was asked to stop (Ctrl-C) before its end.

    Raises
    ------
    MiniganError
        Something does not fit; or, with what was done so far kept, a loss is no longer finite.
    """
    folder = Path(folder)
    check_folder(folder)
    if config.backend is not None:
        backend.use(config.backend)
    config = config.resolved()
    gan = models.build(config.model, config.seed, **config.model_options())
    dataset = load_data(config, gan)
    if config.conditional and not gan.classes:
        config = with_classes(config, dataset)
        gan = models.build(config.model, config.seed, **config.model_options())
    if config.model in models.FROM_MARGINALS and isinstance(dataset, data.Dataset):
        models.bias_from_marginals(gan, dataset.mean())
    trainer = make_trainer(config, gan, dataset)
    try:
        run = Run(folder, config, trainer, listener)
    except OSError as error:
        raise RunError(f"expected a folder that can be written, got {folder}: {error.strerror}") from None
    return run.train(config.epochs, config.steps)


# From settings to parts


def load_data(config: TrainConfig, gan: GAN) -> data.Dataset | data.Points:
    """The data that the settings name: images of the size that the generator makes, or points."""
    if len(gan.image_shape) != 3:
        return data.load(config.data, value_range=config.data_range)
    _, size, channels = gan.image_shape
    return data.load(config.data, image_size=size, channels=channels, value_range=config.data_range)


def with_classes(config: TrainConfig, dataset: data.Dataset | data.Points) -> TrainConfig:
    """The settings with the number of classes that the labels have."""
    if dataset.labels is None:
        raise DataError(f"conditional: expected data with labels, got none in {dataset.name}")
    conditioning = config.conditioning or models.CONDITIONINGS[0]
    return replace(config, classes=int(dataset.labels.max()) + 1, conditioning=conditioning)


def make_trainer(config: TrainConfig, gan: GAN, dataset: data.Dataset | data.Points) -> Trainer:
    """The trainer that the settings describe."""
    rates = [schedules.parse(rate) for rate in (config.learning_rate, config.d_learning_rate or config.learning_rate)]
    momentum = schedules.parse(config.momentum)
    # A schedule may begin at 0, with which no optimizer is made: the first numbers are set before the first step.
    g_optimizer, d_optimizer = (optimizers.get(config.optimizer, learning_rate=rate.bounds[1]) for rate in rates)

    def before_step(step: int) -> None:
        for optimizer, rate in zip((g_optimizer, d_optimizer), rates):
            optimizer.learning_rate = rate(step)
            if optimizer.momentum_name is not None:
                optimizer.set_momentum(momentum(step))

    return Trainer(
        gan,
        dataset,
        loss=make_loss(config),
        g_optimizer=g_optimizer,
        d_optimizer=d_optimizer,
        rules=make_rules(config, dataset),
        batch_size=config.batch_size,
        d_steps=config.d_steps,
        g_steps=config.g_steps,
        count_in=config.count_in,
        updates=config.updates,
        before_step=before_step,
        average=config.average,
        noise=config.noise,
        seed=config.seed,
    )


def make_loss(config: TrainConfig) -> losses.GANLoss:
    """The game, with smoothed and flipped labels."""
    smoothing = {"label_smoothing": config.label_smoothing, "fake_label_smoothing": config.fake_label_smoothing}
    loss = losses.get(config.loss, **{name: value for name, value in smoothing.items() if value})
    if not config.label_flips:
        return loss
    return losses.NoisyLabels(loss, config.label_flips, Stream(config.seed, "label flips"))


def make_rules(config: TrainConfig, dataset: data.Dataset | data.Points) -> Rules:
    """What the game has besides its loss."""
    weight = {} if config.penalty_weight is None else {"weight": config.penalty_weight}
    if weight and config.penalty is None:
        raise ConfigError(f"penalty_weight: expected a penalty with it, got {config.penalty_weight} alone")
    penalty = None if config.penalty is None else penalties.get(config.penalty, **weight)
    blur = None
    if config.instance_noise:
        per_epoch = steps_per_epoch(len(dataset), config.batch_size, config.d_steps, config.g_steps)
        steps = config.instance_noise_steps or config.steps or (config.epochs or 1) * per_epoch
        blur = losses.InstanceNoise(config.instance_noise, steps, Stream(config.seed, "instance noise"))
    constraint = None if config.clip is None else partial(losses.clip_weights, bound=config.clip)
    return Rules(penalty, blur, constraint)


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds anything, and a place where none can be made."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            kind = "a run" if (folder / "config.toml").exists() else "something"
            raise RunError(f"expected a new or empty folder for the run, got {folder}, which already holds {kind}")
        place = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
        if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
            raise RunError(f"expected a folder that can be written, got {folder}: {place} cannot be written")
    except OSError as error:
        raise RunError(f"expected a folder that can be written, got {folder}: {error.strerror}") from None


def new_run_folder(model: str, data_name: str) -> Path:
    """The first free ``runs/MODEL-DATA-NUMBER``."""
    stem = f"{model}-{Path(data_name.rpartition(':')[2]).stem}"
    number = 1
    while (folder := Path("runs") / f"{stem}-{number}").exists():
        number += 1
    return folder


def load_run(folder: str | Path) -> tuple[TrainConfig, GAN]:
    """The settings of a finished or interrupted run, and its networks with their last weights.

    Where the run kept a moving average of the generator's weights, the generator has these: they draw better.

    Raises
    ------
    RunError
        The folder is not a run.
    CheckpointError
        Its weights are missing, damaged, or do not fit.
    """
    folder = Path(folder)
    if not (folder / "config.toml").is_file():
        raise RunError(f"expected the folder of a run, with a config.toml in it, got {folder}")
    config = TrainConfig(**read_config(folder / "config.toml"))
    gan = models.build(config.model, config.seed, **config.model_options())
    generator = "generator" if config.average is None else "average"
    gan.generator.load_state_dict(load_arrays(folder / f"{generator}.npz"))
    gan.discriminator.load_state_dict(load_arrays(folder / "discriminator.npz"))
    return config, gan
