"""Images from a run's generator."""

from pathlib import Path

from minigan import backend, plots
from minigan.errors import ConfigError, RunError
from minigan.models import draw_noise
from minigan.random import Stream
from minigan.training.run import load_run

__all__ = ["sample_run"]


def sample_run(folder: str | Path, path: str | Path, *, count: int = 64, columns: int = 8, seed: int = 0) -> Path:
    """Save a grid of images that the run's generator makes of fresh noise.

    Parameters
    ----------
    folder : path
        Of the run.
    path : path
        Of the PNG; one that is there is replaced.
    count, columns : int
        Images in all, and in a row.
    seed : int
        Of the noise.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    ConfigError
        `count` or `columns` is less than 1.
    RunError
        The folder is not a run, or `path` cannot be written.
    CheckpointError
        The run's weights are missing, damaged, or do not fit.
    """
    for name, value in (("count", count), ("columns", columns)):
        if value < 1:
            raise ConfigError(f"expected {name} to be at least 1, got {value}")
    config, gan = load_run(folder)
    noise = draw_noise(Stream(seed, "sample"), count, gan.latent_size, config.noise)
    images = backend.asnumpy(gan.generator.predict(noise))
    try:
        plots.save_grid(path, images, gan.output_range, columns)
    except OSError as error:
        raise RunError(f"expected a file that can be written, got {path}: {error.strerror}") from None
    return Path(path)
