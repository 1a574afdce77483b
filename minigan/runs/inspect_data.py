"""What training would see of a data set, in words and as a picture."""

import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigan import backend, data, models, plots
from minigan.data import Dataset, Points
from minigan.data.description import counted, describe, range_notice
from minigan.data.folder import FolderDataset
from minigan.data.folder.header import read_head
from minigan.errors import RunError
from minigan.io.messages import one_line
from minigan.plots.pixels import enlargement
from minigan.plots.scatter import save_scatter
from minigan.random import Stream
from minigan.runs.config import ModelConfig, TrainConfig, training_field
from minigan.runs.misfit import flags_for
from minigan.runs.run_data import data_settings, in_order

__all__ = ["DataConfig", "DataReport", "inspect_data", "save_picture"]

#: Images in the picture: of a set without classes; of each class; and the maximum number of classes.
COUNT, PER_CLASS, MOST_CLASSES = 64, 10, 20

#: Lines on sizes, and on classes.
SIZES, CLASSES = 5, 20


@dataclass(frozen=True, repr=False)
class DataConfig(ModelConfig):
    """The settings that decide what training sees of a data set; the model decides the size."""

    model: str = training_field("model")
    data_range: tuple[float, float] | None = training_field("data_range")
    labels: str | None = training_field("labels")
    class_names: tuple[str, ...] | None = training_field("class_names")
    background: str | None = training_field("background")
    skip_bad: bool = training_field("skip_bad")


class DataReport(NamedTuple):
    """A data set, and what there is to say about it.

    Attributes
    ----------
    data : Dataset or Points
        Of the size that the networks would get.
    lines : list of (str, str)
        A word and a sentence each.
    """

    data: Dataset | Points
    lines: list[tuple[str, str]]


def inspect_data(config: TrainConfig) -> DataReport:
    """Load the data that the settings name, and describe them.

    Raises
    ------
    DataError
        The data are missing or damaged.
    ConfigError
        The model does not have such options.
    """
    config = config.resolved()
    settings = data_settings(config)
    if config.data.startswith("folder:"):
        gan = models.build(config.model, config.seed, **config.model_options())
        if len(gan.image_shape) == 3:
            height, width, settings["channels"] = gan.image_shape
            settings["image_size"] = height, width
    found = data.load(config.data, **settings)
    if config.class_names is not None:
        found = in_order(found, config.class_names)
    return DataReport(found, list(lines_of(config, found)))


def lines_of(config: TrainConfig, found: Dataset | Points) -> Iterator[tuple[str, str]]:
    """What there is to say about the data."""
    yield "data", describe(found)
    if isinstance(found, FolderDataset):
        yield "sizes", sizes_text(found)
        yield "stored as", ", ".join(found.pictures.depths)
    yield "values", values_text(found)
    if found.labels is None:
        yield "classes", f"none: {found.without_labels}" if found.without_labels else "none"
    else:
        yield from classes_lines(found, found.labels)
    if isinstance(found, FolderDataset):
        yield from (("note", note) for note in found.notes)
    if (notice := range_notice(found)) is not None:
        yield "note", notice
    yield "to train", command(config, found)


def sizes_text(found: FolderDataset) -> str:
    """The most frequent sizes of the files, and how many there are."""
    sizes = Counter(read_head(found.folder / name).size for name in found.files)
    shown = [f"{height}x{width} ({count:,})" for (width, height), count in sizes.most_common(SIZES)]
    rest = f" and {counted(len(sizes) - SIZES, 'other size')}" if len(sizes) > SIZES else ""
    return f"{', '.join(shown)}{rest}, height x width (files)"


def values_text(found: Dataset | Points) -> str:
    """The values that the data have."""
    if isinstance(found, Points):
        ends = zip(found.points.min(axis=0).tolist(), found.points.max(axis=0).tolist())
        return ", ".join(f"{low:.4g} to {high:.4g}" for low, high in ends)
    (low, high), images = found.value_range, found.images
    least, greatest, mean = float(images.min()), float(images.max()), float(images.mean(dtype=np.float64))
    return f"{least:g} to {greatest:g} of {low:g}..{high:g}, mean {mean:.4g}"


def classes_lines(found: Dataset | Points, labels: np.ndarray) -> Iterator[tuple[str, str]]:
    """The number of examples of each class, with its name."""
    numbers, counts = np.unique(labels, return_counts=True)
    names = [one_line(found.class_names[number]) if found.class_names else f"{number}" for number in numbers.tolist()]
    least, most = counts.min(), counts.max()
    yield "classes", f"{len(names):,}, of {least:,} {'examples each' if least == most else f'to {most:,} examples'}"
    for name, count in list(zip(names, counts.tolist()))[:CLASSES]:
        yield "", f"{name}: {count:,}"
    if len(names) > CLASSES:
        yield "", f"and {len(names) - CLASSES:,} more"


def command(config: TrainConfig, found: Dataset | Points) -> str:
    """The command that trains on these data, or why the model cannot."""
    typed: dict[str, Any] = {"--data": config.data, "--labels": config.labels, "--background": config.background}
    options = [f"{flag} {shlex.quote(value)}" for flag, value in typed.items() if value]
    if config.data_range is not None:
        options.append("--data-range {:g} {:g}".format(*config.data_range))
    options += [*["--skip-bad"][: config.skip_bad], *flags_for(config, found)]
    classes = "; --conditional for its classes" if found.labels is not None and isinstance(found, Dataset) else ""
    return f"minigan train {' '.join(options)}{classes}"


def save_picture(path: str | Path, found: Dataset | Points, seed: int = 0) -> bool:
    """Save some of the data as a picture: rows of each class, or any images, or points; False if it cannot be drawn.

    Raises
    ------
    RunError
        The file cannot be written.
    """
    try:
        if isinstance(found, Points):
            if found.shape[0] > 2:
                return False
            save_scatter(path, found.points, found.labels, found.name)
        else:
            save_images(path, found, seed)
    except OSError as error:
        raise RunError(f"expected a file that can be written, got {path}: {error.strerror}") from None
    return True


def save_images(path: str | Path, found: Dataset, seed: int) -> None:
    """Save a row of images of each class, or any images."""
    order = Stream(seed, "picture of the data").permutation(len(found))
    labels = found.labels
    classes = [] if labels is None else np.unique(labels).tolist()[:MOST_CLASSES]
    if labels is None or len(classes) < 2:
        scale = max(1, enlargement(found.shape[0]) - 1)
        plots.save_grid(path, backend.asnumpy(found.batch(order[:COUNT])), (-1, 1), scale=scale)
        return
    shuffled = labels[order]
    # A class of few images shows them again.
    chosen = np.stack([np.resize(order[shuffled == number][:PER_CLASS], PER_CLASS) for number in classes])
    images = backend.asnumpy(found.batch(chosen.reshape(-1))).reshape(*chosen.shape, *found.shape)
    names = [found.class_names[number] if found.class_names else str(number) for number in classes]
    plots.save_classes(path, images, (-1, 1), names)
