"""Saves images from a run's generator."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from minigan import backend, plots
from minigan.backend import Array
from minigan.errors import ConfigError, RunError
from minigan.io.messages import listed
from minigan.io.targets import check_target, explained
from minigan.models import GAN, classes_in_turn, draw_noise
from minigan.numbers import count_of
from minigan.plots.formats import IMAGES, format_of
from minigan.random import Stream
from minigan.runs.start import load_run

__all__ = ["sample_run"]

#: Names of classes in a message.
SHOWN = 30


def sample_run(
    folder: str | Path,
    path: str | Path,
    *,
    count: int = 64,
    columns: int = 8,
    seed: int = 0,
    label: int | str | None = None,
    truncation: float | None = None,
) -> Path:
    """Save a grid of images that the run's generator makes from new noise.

    Parameters
    ----------
    folder : path
        Of the run.
    path : path
        The file; its suffix chooses the format: .png, .jpg, .webp, .avif or .tiff. An existing file is replaced; a pipe
        or a device is written to, and gets a PNG if it has no suffix.
    count, columns : int
        Total number of images, and images in a row.
    seed : int
        Seed of the noise.
    label : int or str, optional
        The class to draw, for a conditional GAN, by its name or its number; default: all in turn.
    truncation : float, optional
        Limit of the noise, in standard deviations: see `minigan.models.draw_noise`.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    ConfigError
        `count` or `columns` is less than 1; there is no such class; the truncation is too small; no picture has the
        suffix.
    RunError, CheckpointError
        `load_run` refuses the folder; the run is one of points; `path` cannot be written.
    """
    count, columns = count_of("count", count), count_of("columns", columns)
    config, gan = load_run(folder)
    with explained(path):
        check_target(path)
    format_of(path, IMAGES)
    if gan.output_range is None:
        raise RunError(f"expected a run of images, got one of points: minigan plot {folder} draws it")
    noise = draw_noise(Stream(seed, "sample"), count, gan.latent_size, config.noise, truncation)
    labels = classes_to_draw(gan, count, label, config.class_names)
    images = backend.asnumpy(gan.generator.predict(noise, labels=labels))
    with explained(path):
        plots.save_grid(path, images, gan.output_range, columns)
    return Path(path)


def classes_to_draw(gan: GAN, count: int, label: int | str | None, names: Sequence[str] | None = None) -> Array | None:
    """The class of each image: always `label`, or all in turn; None for a GAN without classes."""
    if label is None:
        return classes_in_turn(count, gan.classes)
    if not gan.classes:
        raise ConfigError(f"expected no class, got {label}: --class needs a run trained with --conditional")
    return backend.asarray(np.full(count, class_number(str(label), gan.classes, names)))


def class_number(label: str, classes: int, names: Sequence[str] | None) -> int:
    """The number of the class that is called `label`; where no class has a number for its name, also by its number."""
    if names is not None and label in names:
        return names.index(label)
    counted = names is None or not any(name.isdigit() for name in names)
    if counted and label.isascii() and label.isdigit() and len(label) < 10 and int(label) < classes:
        return int(label)
    expected = f"a class from 0 to {classes - 1}" if names is None else f"one of the classes {listed(names, SHOWN)}"
    close = get_close_matches(label, names or (), 1)
    raise ConfigError(f"--class: expected {expected}, got {label}" + (f": did you mean {close[0]}?" if close else ""))
