"""Data sets by name."""

import os.path
from collections import Counter
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from minigan.data import arrays, cifar10, digits, folder, mnist, stacked, toy
from minigan.data.dataset import Dataset
from minigan.data.labels import by_folder, by_table, table_beside
from minigan.data.places import KINDS
from minigan.data.points import Points
from minigan.errors import DataError
from minigan.io.messages import one_line
from minigan.numbers import image_size as height_width
from minigan.numbers import size_text

__all__ = ["NAMES", "SPLITS", "load"]

#: The data sets that have a name of their own.
NAMES = ("digits", *mnist.SOURCES, "cifar10", "stacked-digits", *toy.SETS)

#: The parts of a data set.
SPLITS = ("train", "test")


def load(
    name: str = "digits",
    *,
    image_size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    value_range: tuple[float, float] | None = None,
    split: str = "train",
    labels: str | Path | None = None,
    background: str | None = None,
    skip_bad: bool = False,
    cache: bool = True,
) -> Dataset | Points:
    """The data set called `name`.

    ============================  ==========================================================================
    name                          data
    ============================  ==========================================================================
    ``digits``                    5,000 digits of MNIST, 28x28x1; in the package, no network needed
    ``mnist``                     60,000 digits, 28x28x1; cached, downloaded on first use
    ``fashion-mnist``             60,000 pictures of clothes, 28x28x1; cached, downloaded on first use
    ``cifar10``                   50,000 photographs, 32x32x3; cached, downloaded on first use
    ``stacked-digits``            25,600 images 28x28x3 of three of the ``digits``: 1,000 modes
    ``gaussian``                  50,000 points on a line, from one normal distribution
    ``ring``, ``grid``            50,000 points in the plane, from 8 and from 25 normal distributions
    ``spiral``, ``line``          50,000 points in the plane, on a curve
    ``moons``                     50,000 points in the plane, on two half circles
    ``mnist:FOLDER``              the same idx files, or your own in this format, plain or ``.gz``
    ``fashion-mnist:FOLDER``      likewise
    ``cifar10:PATH``              the same archive, or your own in this format, or the folder that holds it
    ``stacked-digits:NAME``       three images of the set ``NAME``, as ``stacked-digits:mnist``
    ``folder:PATH``               all images below a folder: png, jpg, gif, bmp, webp, tif ...
    ``PATH.npy``, ``PATH.npz``    images (N, H, W) or (N, H, W, C) from a NumPy file
    ============================  ==========================================================================

    The cache is the folder ``MINIGAN_DATA``, or else the user's cache folder. Sets that are drawn at random are the
    same in every run.

    Pictures of ``folder:PATH`` have labels if each lies in a folder of its class directly below PATH, or if there is a
    table of file names and labels: `labels`, or else a file ``labels.csv`` in PATH (`minigan.data.labels`).

    Parameters
    ----------
    name : str
        One of the above.
    image_size : int or (int, int), optional
        The height and width the images must have, one number for a square. Only images of ``folder:PATH`` are cropped
        and resized to it; with any other set, another size is an error, and so is any size with points.
    channels : {1, 3}, optional
        The channels the images must have. Only images of ``folder:PATH`` are converted. An error with points.
    value_range : (float, float), optional
        The range of the stored values. Default for uint8: (0, 255); all others need it. An error with points.
    split : {"train", "test"}
        Sets of points have both, and so have ``mnist``, ``fashion-mnist``, ``cifar10`` and stacks of them.
    labels : path, optional
        A table of file names and labels for ``folder:PATH``, or an ``.npy`` file of labels for ``PATH.npy``.
    background : str, optional
        The colour behind transparent pictures of ``folder:PATH``; default: black.
    skip_bad : bool
        Leave out files of ``folder:PATH`` that cannot be read. Otherwise the first such file is an error.
    cache : bool
        Keep the decoded images of ``folder:PATH`` for the next start: see `minigan.data.folder.load`.

    Returns
    -------
    Dataset or Points
        Images, or points.

    Raises
    ------
    DataError
        The name is unknown, or the data are missing, damaged, or do not have the requested size or channels.

    Examples
    --------
    >>> from minigan import data
    >>> data.load("digits").shape
    (28, 28, 1)
    >>> data.load("ring")
    Points('ring': 50000 points of 2 coordinates, 8 modes, labelled)
    """
    if split not in SPLITS:
        raise DataError(f"unknown split {split!r}: expected {' or '.join(SPLITS)}")
    size = None if image_size is None else height_width(image_size)
    if image_size is not None and size is None:
        raise DataError(f"{name}: expected an image size such as 28 or 28x56 (height x width), got {image_size}")
    kind = name.partition(":")[0]
    pictures = {"background": background, "skip_bad": skip_bad or None}
    if kind != "folder":
        _refuse(name, "it is for pictures of a folder, as folder:photos", **pictures)
    if name in toy.SETS:
        words = "it is a set of points, which have none"
        _refuse(name, words, labels=labels, image_size=image_size, channels=channels, value_range=value_range)
        return toy.SETS[name](split=split)
    if kind == "folder" and len(name) > len("folder:"):
        _refuse_test(name, split)
        given: dict[str, Any] = {"image_size": image_size, "channels": channels, "value_range": value_range}
        given |= {"background": background, "skip_bad": skip_bad, "cache": cache}
        return _pictures(_path(name[len("folder:") :]), labels, **given)
    if labels is not None and not name.lower().endswith(".npy"):
        _refuse(name, "it is for pictures from a folder:PATH and for a PATH.npy", labels=labels)
    dataset = _images(name, value_range, split, labels)
    _check_fit(dataset, size, channels)
    return dataset


def _path(place: str) -> Path:
    """The path that was typed, with ``~`` replaced (Path.expanduser raises where there is no such user)."""
    return Path(os.path.expanduser(place))


def _pictures(path: Path, labels: str | Path | None, **settings: Any) -> Dataset:
    """The pictures of a folder, labelled by class folders or by a table if they can be."""
    dataset = folder.load(path, **settings)
    table = _path(str(labels)) if labels is not None else table_beside(path)
    if table is None:
        found = by_folder(dataset.files, str(path))
    else:
        try:
            found = by_table(table, dataset.files, [name for name, _ in dataset.skipped])
        except DataError as error:
            if labels is not None:
                raise
            found = str(error)  # nobody asked for this table: it matters only to those who want labels
    if isinstance(found, str):
        dataset.without_labels = found
        return dataset
    if table is not None and table.parent == path:  # it is not one of the files that were left out
        pictures, others = dataset.pictures, Counter(dataset.pictures.others)
        dataset.pictures = pictures._replace(others=others - Counter([table.suffix.lower()]))
    return dataset.with_labels(*found)


def _images(name: str, value_range: tuple[float, float] | None, split: str, labels: str | Path | None) -> Dataset:
    """The images called `name`, of whatever size."""
    kind, colon, place = name.partition(":")
    path = _path(place)
    if kind in mnist.SOURCES and bool(colon) == bool(place):
        return mnist.load(kind, path if place else None, split=split, value_range=value_range)
    if kind == "cifar10" and bool(colon) == bool(place):
        return cifar10.load(path if place else None, split=split, value_range=value_range)
    if kind == "stacked-digits" and bool(colon) == bool(place):
        source = load(place or "digits", value_range=value_range, split=split)
        return stacked.stack(source, name=name, split=split)
    if name == "digits":
        _refuse_test(name, split)
        return digits.load(value_range=value_range)
    if name.lower().endswith((".npy", ".npz")):
        _refuse_test(name, split)
        return arrays.load(_path(name), value_range=value_range, labels=None if labels is None else _path(str(labels)))
    names = f"{', '.join(NAMES)}, folder:PATH, or a file PATH.npy or PATH.npz"
    raise DataError(f"unknown data set {name!r}: {_hint(name)}expected {names}")


def _hint(name: str) -> str:
    """What may have been meant by an unknown name."""
    kind, _, place = name.partition(":")
    for path in filter(None, dict.fromkeys((name, place))):
        if os.path.isdir(_path(path)):
            return f"did you mean folder:{one_line(path)}? Otherwise "
        if os.path.isfile(_path(path)):
            parent = os.path.dirname(path) or "."
            return f"{one_line(path)} is a file; pictures are read from their folder, as folder:{one_line(parent)}. "
    close = get_close_matches(kind.lower(), [*NAMES, *KINDS], 1)
    meant = {"folder": "folder:PATH"}.get(close[0], close[0]) if close else ""
    return f"did you mean {meant}? Otherwise " if meant and meant != name else ""


def _refuse_test(name: str, split: str) -> None:
    if split != "train":
        has = ", ".join([*mnist.SOURCES, "cifar10", *toy.SETS])
        raise DataError(f"{name}: has no split {split}: only {has} do")


def _refuse(name: str, reason: str, **settings: object) -> None:
    """Refuse settings that this data set does not use."""
    for setting, value in settings.items():
        if value is not None:
            flag = {"value_range": "--data-range"}.get(setting, f"--{setting.replace('_', '-')}")
            raise DataError(f"{name} takes no {flag}: {reason}")


def _check_fit(dataset: Dataset, size: tuple[int, int] | None, channels: int | None) -> None:
    """Raise unless the images have the size and channels asked for."""
    height, width, depth = dataset.shape
    if size not in (None, (height, width)):
        asked = f"{size[0]}x{size[1]}" if size else ""
        raise DataError(
            f"{dataset.name}: expected images of {asked} (height x width), got {height}x{width}: "
            f"--image-size {size_text(height, width)}"
        )
    if channels not in (None, depth):
        raise DataError(f"{dataset.name}: expected images of channels {channels}, got {depth}: --channels {depth}")
