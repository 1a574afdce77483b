"""The data of a run: where they are, whether the networks fit them, and their classes."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from minigan import data, models
from minigan.data import Dataset, Points
from minigan.data.description import describe, range_notice
from minigan.data.folder import FolderDataset
from minigan.data.places import absolute, place_of, with_place
from minigan.errors import DataError
from minigan.io.atomic_write import write_text
from minigan.io.messages import listed, one_line
from minigan.io.safe_read import read_bytes
from minigan.models import GAN
from minigan.models.options import option_names
from minigan.runs.config import TrainConfig
from minigan.runs.misfit import check_fit
from minigan.training.events import Notice

__all__ = ["PLACES", "at_its_place", "data_settings", "load_data", "notices_of", "with_classes", "write_places"]

#: The file of a run with the places of its data, and its maximum size in bytes.
PLACES, BYTES = "data.json", 2**20


def data_settings(config: TrainConfig) -> dict[str, Any]:
    """The settings of `minigan.data.load`, except for the name, the size and the channels."""
    return {
        "value_range": config.data_range,
        "labels": config.labels,
        "background": config.background,
        "skip_bad": config.skip_bad,
    }


def load_data(config: TrainConfig, gan: GAN, folder: Path | None = None) -> Dataset | Points:
    """Load the data that the settings name: images of the generator's size, or points.

    Parameters
    ----------
    config : TrainConfig
    gan : GAN
    folder : Path, optional
        Of a run, which knows where its data were.

    Raises
    ------
    DataError
        The data are missing or damaged, or do not fit the networks, or have other classes than the run's.
    """
    if folder is not None:
        config = at_its_place(config, folder)
    settings = data_settings(config)
    pictures = config.data.startswith("folder:") and len(gan.image_shape) == 3
    if pictures:
        height, width, settings["channels"] = gan.image_shape
        settings["image_size"] = height, width
    dataset = data.load(config.data, **settings)
    check_fit(config, gan, dataset)
    return dataset if config.class_names is None else in_order(dataset, config.class_names)


# Where they are


def write_places(folder: Path, config: TrainConfig, dataset: Dataset | Points) -> None:
    """Write where the data are, for a run that is later used from another folder, and what was made of them."""
    typed = {"data": place_of(config.data), "labels": config.labels}
    places = {name: absolute(place) for name, place in typed.items() if place is not None}
    content = {"data": config.data, "labels": config.labels, "places": places, "description": describe(dataset)}
    write_text(folder / PLACES, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def at_its_place(config: TrainConfig, folder: Path) -> TrainConfig:
    """The settings with the path where the data of the run are now: where they were, or as it was typed.

    Raises
    ------
    DataError
        They are at neither place.
    """
    known = read_places(folder)
    changes: dict[str, Any] = {}
    for name, typed in (("data", place_of(config.data)), ("labels", config.labels)):
        before = known.get("places", {}).get(name)
        if typed is None or before is None or known.get(name) != getattr(config, name):
            continue  # other data were named since
        places = list(dict.fromkeys([before, absolute(typed)]))
        found = next((place for place in places if os.path.lexists(place)), None)
        if found is None:
            raise DataError(
                f"{name}: no such file or folder: {' and '.join(map(one_line, places))}; if the data were moved: "
                f"minigan train --resume {one_line(str(folder))} --accept {name} --{name} "
                f"{with_place(config.data, 'PATH') if name == 'data' else 'PATH'}"
            )
        if found != absolute(typed):
            changes[name] = with_place(config.data, found) if name == "data" else found
    return replace(config, **changes)


def read_places(folder: Path) -> dict[str, Any]:
    """What `write_places` wrote; empty for a run that has no such file, or a damaged one."""
    try:
        content = json.loads(read_bytes(folder / PLACES, BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    places = content.get("places") if isinstance(content, dict) else None
    if not isinstance(places, dict) or not all(isinstance(place, str) for place in places.values()):
        return {}
    return content


# Their classes


def with_classes(config: TrainConfig, dataset: Dataset | Points) -> tuple[TrainConfig, Dataset | Points]:
    """The settings with the classes found in the labels, and the data with these classes numbered from 0.

    Labels that leave numbers out, such as 1 to 26, are names of classes then: each is drawn by ``--class LABEL``.
    """
    if dataset.labels is None:
        need = dataset.without_labels or "expected data with labels"
        raise DataError(f"--conditional needs labels, and {dataset.name} has none: {need}")
    numbers, labels = np.unique(dataset.labels, return_inverse=True)
    names = config.class_names or dataset.class_names
    if names is None and not np.array_equal(numbers, np.arange(len(numbers))):
        names = tuple(map(str, numbers.tolist()))
        dataset = dataset.with_labels(labels.reshape(-1), names)
    elif names is not None:
        dataset = in_order(dataset, names)
    classes = len(numbers) if names is None else len(names)
    if classes > len(dataset):
        raise DataError(f"--conditional: expected no more classes than images, got {classes} in {dataset.name}")
    options = option_names(models.MODELS[config.model])
    if options is None or "conditioning" in options:  # models with one form of it do not take the option
        config = replace(config, conditioning=config.conditioning or models.CONDITIONINGS[0])
    return replace(config, classes=classes, class_names=names), dataset


def in_order(dataset: Dataset | Points, names: tuple[str, ...]) -> Dataset | Points:
    """The data with its classes in the order of these names; numbers without names get the name at their place."""
    if dataset.labels is None or dataset.class_names == names:
        return dataset
    own = dataset.class_names
    numbers = np.unique(dataset.labels)
    if own is None and not {*map(str, numbers.tolist())} <= {*names}:
        return dataset.with_labels(dataset.labels, names)
    called = {number: str(number) if own is None else own[number] for number in numbers.tolist()}
    strange = [name for name in called.values() if name not in names]
    if strange:
        raise DataError(
            f"{dataset.name}: expected the classes {listed(names)}, got also {listed(strange)}: --class-names has "
            "their names in the order of their numbers"
        )
    places = {number: names.index(name) for number, name in called.items()}
    return dataset.with_labels(np.array([places[number] for number in dataset.labels.tolist()], np.int64), names)


# What the user should know of them


def notices_of(config: TrainConfig, dataset: Dataset | Points) -> Iterator[Notice]:
    """The notices at the start of a run: values that may not be meant so, files left out, classes without numbers."""
    if (text := range_notice(dataset)) is not None:
        yield Notice(0, "data range", text)
    if isinstance(dataset, FolderDataset):
        for text in dataset.notes:
            yield Notice(0, "data", text)
    names = config.class_names
    if names is not None and all(name.isdigit() for name in names) and names != tuple(map(str, range(len(names)))):
        text = f"{len(names)} classes, whose labels are {in_short(names)}; minigan sample --class takes these"
        yield Notice(0, "classes", text)


def in_short(names: tuple[str, ...]) -> str:
    """Some names, or the first and the last of many."""
    return ", ".join(names) if len(names) < 5 else f"{names[0]}, {names[1]} ... {names[-1]}"
