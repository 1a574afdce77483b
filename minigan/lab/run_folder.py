"""A run of ``minigan train``, to be looked into and trained further in memory. Nothing is written to its folder."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from minigan.errors import ConfigError, RunError
from minigan.io.messages import one_line
from minigan.lab.setup import SetUp
from minigan.runs.build import build_run
from minigan.runs.config import TrainConfig
from minigan.runs.start import load_run, read_settings
from minigan.training.checkpoint.file import Checkpoint, DamagedCheckpointError, read_checkpoint
from minigan.training.checkpoint.trainer_state import restore
from minigan.training.trainer import Trainer

__all__ = ["OpenedRun", "open_run"]


class OpenedRun(NamedTuple):
    """A run in memory.

    Attributes
    ----------
    folder : Path
    setup : SetUp
        The settings of the run that the lab has, too.
    trainer : Trainer
        With the state of the newest checkpoint; of a run without checkpoints with its weights.
    """

    folder: Path
    setup: SetUp
    trainer: Trainer


def open_run(path: str | Path) -> OpenedRun:
    """Open the folder of a run, or one of its checkpoints.

    Raises
    ------
    RunError
        It is no run, or a conditional one.
    MiniganError
        Its settings, data, checkpoints or weights are missing or damaged, or do not fit each other.
    """
    path = Path(path)
    folder = folder_of(path)
    config = replace(TrainConfig(**read_settings(folder)), backend=None)
    if config.conditional or config.classes:
        raise RunError(f"expected a run without classes, got a conditional one in {one_line(str(folder))}")
    _, trainer, rates = build_run(config, folder)
    trainer.layer_gradients = True
    for network in (trainer.gan.generator, trainer.gan.discriminator):
        network.run_unfused()
    checkpoint = read_checkpoint(path) if path.is_file() else newest(folder)
    if checkpoint is None:
        _, weights = load_run(folder)
        trainer.gan.generator.load_state_dict(weights.generator.state_dict())
        trainer.gan.discriminator.load_state_dict(weights.discriminator.state_dict())
    else:
        restore(checkpoint, trainer)
        rates.scale = checkpoint.state["run"].get("scale", 1.0)
    return OpenedRun(folder, setup_of(config.resolved(), trainer), trainer)


def folder_of(path: Path) -> Path:
    """The folder of the run that a path belongs to: its own, that of its checkpoints, or of one checkpoint."""
    for folder in (path, path.parent, path.parent.parent):
        if (folder / "config.toml").is_file():
            return folder
    raise RunError(f"expected the folder of a run, or a checkpoint in it, got {one_line(str(path))}")


def newest(folder: Path) -> Checkpoint | None:
    """The newest complete checkpoint; None if there is none."""
    paths = sorted((folder / "checkpoints").glob("step-*.checkpoint"), key=lambda path: (len(path.name), path.name))
    for path in reversed(paths):
        try:
            return read_checkpoint(path)
        except DamagedCheckpointError:
            continue
    return None


def setup_of(config: TrainConfig, trainer: Trainer) -> SetUp:
    """The settings of a run that the lab has, too; the others have their defaults."""
    setup = SetUp()
    for name, value in candidates(config, trainer):
        try:
            setup = setup.with_values({name: value})
        except ConfigError:  # a schedule, or a value beyond the lab's bounds
            continue
    return setup


def candidates(config: TrainConfig, trainer: Trainer) -> Iterator[tuple[str, Any]]:
    """Settings of the lab by name, with values that it may refuse."""
    yield from ((name, getattr(config, name)) for name in ("data", "model", "noise", "loss", "optimizer", "seed"))
    yield from ((name, getattr(config, name)) for name in ("batch_size", "d_steps", "label_smoothing", "momentum"))
    yield "latent_size", trainer.gan.latent_size
    yield "instance_noise", config.instance_noise
    if config.penalty is not None:
        yield "penalty", config.penalty
        yield "penalty_weight", config.penalty_weight
    yield "g_learning_rate", trainer.g_optimizer.learning_rate
    yield "d_learning_rate", trainer.d_optimizer.learning_rate
