"""The networks of a run, from its settings alone."""

from pathlib import Path

from minigan import models
from minigan.errors import ConfigError
from minigan.io.messages import one_line
from minigan.models import GAN
from minigan.runs.config import TrainConfig
from minigan.runs.start import read_settings

__all__ = ["run_networks"]


def run_networks(folder: str | Path) -> GAN:
    """The networks of a run with their initial weights, at any time after the run has begun.

    Raises
    ------
    RunError
        The folder is not a run.
    ConfigError
        Its settings are damaged, or no networks can be built by them.
    """
    folder = Path(folder)
    config = TrainConfig(**read_settings(folder))
    try:
        return models.build(config.model, config.seed, **config.model_options())
    except (ValueError, OverflowError) as error:  # sizes that do not fit together
        raise ConfigError(f"{folder / 'config.toml'}: no networks of these sizes: {one_line(error)}") from None
