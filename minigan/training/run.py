"""A training run and its folder.

::

    config.toml        every setting; minigan train --config repeats the run
    metrics.csv        one line a step
    samples/           what the generator makes of the same 64 noises, after every epoch
    progress.gif       the same as a film
    losses.png         losses, D(x), D(G(z)) and accuracies over the steps
    generator.npz      weights of both networks
    discriminator.npz
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import numpy as np

from minigan import backend, data, losses, models, optimizers, plots
from minigan.errors import RunError
from minigan.files import load_arrays, save_arrays
from minigan.models import GAN, draw_noise
from minigan.random import Stream
from minigan.training.config import TrainConfig, read_config, write_config
from minigan.training.diagnosis import all_finite
from minigan.training.events import EpochEnd, Event, RunStart, Saved, StepEnd
from minigan.training.history import append_row, read_metrics, write_header
from minigan.training.interrupt import StopRequest
from minigan.training.trainer import Trainer

__all__ = ["Run", "load_run", "new_run_folder", "train_run"]

SAMPLES = 64


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
        rng = Stream(config.seed, "samples")
        self.noise = draw_noise(rng, SAMPLES, self.gan.latent_size, config.noise)
        self.frames: list[Path] = []
        (folder / "samples").mkdir(parents=True)
        write_config(folder / "config.toml", config)

    def train(self, epochs: int | None, steps: int | None) -> bool:
        """Train, writing as it goes; False when it was asked to stop before the end."""
        data = self.trainer.data
        self.listener(RunStart(self.gan.name, data.name, len(data), self.folder))
        path = self.folder / "metrics.csv"
        # By the line: whoever looks while it trains finds whole steps, up to the last.
        with open(path, "w", buffering=1, newline="", encoding="utf-8") as metrics, StopRequest() as stop:
            write_header(metrics)
            self.save("start")
            try:
                self._follow(metrics, stop, epochs, steps)
            finally:
                if self.trainer.step % self.trainer.steps_per_epoch:
                    self.save(f"step-{self.trainer.step:06d}")
                plots.save_film(self.folder / "progress.gif", self.frames)
        return not stop.asked

    def _follow(self, metrics: TextIO, stop: StopRequest, epochs: int | None, steps: int | None) -> None:
        """Take the trainer's events: each step to the table, each epoch to the folder."""
        for event in self.trainer.train(epochs, steps):
            if isinstance(event, StepEnd):
                append_row(metrics, event)
            elif isinstance(event, EpochEnd):
                self.save(f"epoch-{event.epoch:04d}")
            self.listener(event)
            if stop.asked:
                break

    def save(self, name: str) -> None:
        """Everything as it stands now: samples under this name, weights, curves."""
        self.save_samples(name)
        self.save_weights()
        if self.trainer.step:
            self.save_losses()

    def save_samples(self, name: str) -> None:
        """The grid of the same noises."""
        path = self.folder / "samples" / f"{name}.png"
        with np.errstate(all="ignore"):  # what overflowed is looked for below
            images = backend.asnumpy(self.gan.generator.predict(self.noise))
        if all_finite(images):
            plots.save_grid(path, images, self.gan.output_range)
            self.frames.append(path)
            self.listener(Saved(path, "samples"))

    def save_weights(self) -> None:
        """Both networks, unless one holds a NaN: the last good ones are worth more."""
        networks = (self.gan.generator, self.gan.discriminator)
        if all(all_finite(p.data) for network in networks for p in network.parameters().values()):
            for network in networks:
                path = self.folder / f"{network.name}.npz"
                save_arrays(path, network.state_dict())
                self.listener(Saved(path, f"weights of the {network.name}"))

    def save_losses(self) -> None:
        """The curves so far."""
        path = self.folder / "losses.png"
        plots.save_losses(path, read_metrics(self.folder / "metrics.csv"), self.trainer.steps_per_epoch)
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
    size, channels = config.image_size, config.channels
    images = data.load(config.data, image_size=size, channels=channels, value_range=config.data_range)
    trainer = Trainer(
        gan,
        images,
        loss=losses.get(config.loss, config.label_smoothing),
        g_optimizer=make_optimizer(config, config.learning_rate),
        d_optimizer=make_optimizer(config, config.d_learning_rate or config.learning_rate),
        batch_size=config.batch_size,
        d_steps=config.d_steps,
        noise=config.noise,
        seed=config.seed,
    )
    try:
        run = Run(folder, config, trainer, listener)
    except OSError as error:
        raise RunError(f"expected a folder that can be written, got {folder}: {error.strerror}") from None
    return run.train(config.epochs, config.steps)


def make_optimizer(config: TrainConfig, learning_rate: float) -> optimizers.Optimizer:
    """The rule the settings name, with the arguments it takes."""
    momentum = {"adam": {"beta_1": config.momentum}, "momentum": {"momentum": config.momentum}}
    return optimizers.get(config.optimizer, learning_rate=learning_rate, **momentum.get(config.optimizer, {}))


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
    for network in (gan.generator, gan.discriminator):
        network.load_state_dict(load_arrays(folder / f"{network.name}.npz"))
    return config, gan
