"""Data sets by name."""

from pathlib import Path

from minigan.data import arrays, digits, folder, mnist
from minigan.data.dataset import Dataset
from minigan.errors import DataError

__all__ = ["NAMES", "load"]

#: The data sets that have a name of their own.
NAMES = ("digits", *mnist.SOURCES)


def load(
    name: str = "digits",
    *,
    image_size: int | None = None,
    channels: int | None = None,
    value_range: tuple[float, float] | None = None,
    split: str = "train",
) -> Dataset:
    """The data set called `name`.

    ============================  ==========================================================================
    name                          data
    ============================  ==========================================================================
    ``digits``                    5,000 digits of MNIST, 28x28x1; in the package, no network needed
    ``mnist``                     60,000 digits, 28x28x1; cached, downloaded if need be
    ``fashion-mnist``             60,000 pictures of clothes, 28x28x1; cached, downloaded if need be
    ``mnist:FOLDER``              the same idx files, or your own in this format, plain or ``.gz``
    ``fashion-mnist:FOLDER``      likewise
    ``folder:PATH``               all images below a folder: png, jpg, gif, bmp, webp, tif ...
    ``PATH.npy``, ``PATH.npz``    images (N, H, W) or (N, H, W, C) from a NumPy file
    ============================  ==========================================================================

    The cache is the folder ``MINIGAN_DATA``, or else the user's cache folder.

    Parameters
    ----------
    name : str
        One of the above.
    image_size : int, optional
        The height and width the images must have. Only images of ``folder:PATH`` are cropped and resized
        to it; with any other set, another size is an error.
    channels : {1, 3}, optional
        The channels the images must have. Only images of ``folder:PATH`` are converted.
    value_range : (float, float), optional
        The range of the stored values. Default for uint8: (0, 255); all others need it.
    split : {"train", "test"}
        Only idx sets have images to test.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        The name is unknown, or the data are missing, damaged, or do not fit what was asked for.

    Examples
    --------
    >>> from minigan import data
    >>> data.load("digits").shape
    (28, 28, 1)
    """
    if split not in mnist.FILES:
        raise DataError(f"unknown split {split!r}: expected {' or '.join(mnist.FILES)}")
    kind, colon, place = name.partition(":")
    path = Path(place).expanduser()
    if kind in mnist.SOURCES and bool(colon) == bool(place):
        dataset = mnist.load(kind, path if place else None, split=split, value_range=value_range)
    elif name == "digits":
        _refuse_test(name, split)
        dataset = digits.load(value_range=value_range)
    elif kind == "folder" and place:
        _refuse_test(name, split)
        dataset = folder.load(path, image_size=image_size, channels=channels, value_range=value_range)
    elif name.lower().endswith((".npy", ".npz")):
        _refuse_test(name, split)
        dataset = arrays.load(Path(name).expanduser(), value_range=value_range)
    else:
        raise DataError(
            f"unknown data set {name!r}: expected {', '.join(NAMES)}, folder:PATH, or a file PATH.npy or PATH.npz"
        )
    _check_fit(dataset, image_size, channels)
    return dataset


def _refuse_test(name: str, split: str) -> None:
    if split != "train":
        raise DataError(f"{name}: has no split {split}: only {' and '.join(mnist.SOURCES)} do")


def _check_fit(dataset: Dataset, image_size: int | None, channels: int | None) -> None:
    """Raise unless the images have the size and channels asked for."""
    height, width, depth = dataset.shape
    if image_size not in (None, height) or image_size not in (None, width):
        raise DataError(f"{dataset.name}: expected images of {image_size}x{image_size}, got {height}x{width}")
    if channels not in (None, depth):
        raise DataError(f"{dataset.name}: expected images of channels {channels}, got {depth}")
