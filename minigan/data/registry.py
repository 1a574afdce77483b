"""Data sets by name."""

import os.path
from pathlib import Path

from minigan.data import arrays, cifar10, digits, folder, mnist, stacked, toy
from minigan.data.dataset import Dataset
from minigan.data.points import Points
from minigan.errors import DataError
from minigan.numbers import whole

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

    Parameters
    ----------
    name : str
        One of the above.
    image_size : int or (int, int), optional
        The height and width the images must have; one number for squares. Only images of ``folder:PATH`` are
        cropped and resized to it; with any other set, another size is an error, and so is any size with points.
    channels : {1, 3}, optional
        The channels the images must have. Only images of ``folder:PATH`` are converted. An error with points.
    value_range : (float, float), optional
        The range of the stored values. Default for uint8: (0, 255); all others need it. An error with points.
    split : {"train", "test"}
        Sets of points have both, and so have ``mnist``, ``fashion-mnist``, ``cifar10`` and stacks of them.
    background, skip_bad, cache
        Only for ``folder:PATH``: see `minigan.data.folder.load`.

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
    if name.startswith("folder:") and name != "folder:":
        _refuse_test(name, split)
        path = Path(os.path.expanduser(name.removeprefix("folder:")))
        return folder.load(
            path,
            image_size=image_size,
            channels=channels,
            value_range=value_range,
            background=background,
            skip_bad=skip_bad,
            cache=cache,
        )
    if background is not None or skip_bad:
        setting = "--skip-bad" if background is None else "--background"
        raise DataError(f"{name}: expected {setting} only with pictures of a folder, as folder:photos")
    if name in toy.SETS:
        _refuse_settings(name, image_size=image_size, channels=channels, value_range=value_range)
        return toy.SETS[name](split=split)
    dataset = _images(name, value_range, split)
    _check_fit(dataset, image_size, channels)
    return dataset


def _images(name: str, value_range: tuple[float, float] | None, split: str) -> Dataset:
    """The images called `name`, of whatever size."""
    kind, colon, place = name.partition(":")
    path = Path(os.path.expanduser(place))  # Path.expanduser raises where there is no such user
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
        return arrays.load(Path(os.path.expanduser(name)), value_range=value_range)
    raise DataError(
        f"unknown data set {name!r}: expected {', '.join(NAMES)}, folder:PATH, or a file PATH.npy or PATH.npz"
    )


def _refuse_test(name: str, split: str) -> None:
    if split != "train":
        has = ", ".join([*mnist.SOURCES, "cifar10", *toy.SETS])
        raise DataError(f"{name}: has no split {split}: only {has} do")


def _refuse_settings(name: str, **settings: object) -> None:
    """Refuse an image size, channels or a value range: points have none."""
    for setting, value in settings.items():
        if value is not None:
            raise DataError(f"{name}: is a set of points, which have no {setting.replace('_', ' ')}, got {value}")


def _check_fit(dataset: Dataset, image_size: int | tuple[int, int] | None, channels: int | None) -> None:
    """Raise unless the images have the size and channels asked for."""
    height, width, depth = dataset.shape
    side = whole(image_size)
    size = image_size if side is None else (side, side)
    if size is not None and tuple(size) != (height, width):
        raise DataError(f"{dataset.name}: expected images of {size[0]}x{size[1]}, got {height}x{width}")
    if channels not in (None, depth):
        raise DataError(f"{dataset.name}: expected images of channels {channels}, got {depth}")
