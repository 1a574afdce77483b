"""MNIST and Fashion-MNIST: the same four idx files from two sources.

Files are verified by the MD5 of their decompressed bytes, because the compressed ones differ if the
files are packed again (as Debian does).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minigan.data import idx, idx_folder
from minigan.data.dataset import Dataset
from minigan.data.download import download
from minigan.data.idx_folder import FILES
from minigan.errors import DataError
from minigan.io.cache_folder import cache_folder
from minigan.io.messages import one_line
from minigan.io.safe_read import read_bytes

__all__ = ["FILES", "SOURCES", "Source", "load"]


@dataclass(frozen=True)
class Source:
    """The addresses and checksums of a data set's files.

    Attributes
    ----------
    name : str
    mirrors : tuple of str
        Addresses that end in ``/``, tried in order; each has the four files, with ``.gz`` added.
    md5 : dict of str to str
        For each file, the checksum of its decompressed bytes.
    folders : tuple of Path
        Where an operating system's package puts the files.
    class_names : tuple of str, or None
        The names of the ten classes; None for digits, whose numbers are their names.
    """

    name: str
    mirrors: tuple[str, ...]
    md5: dict[str, str]
    folders: tuple[Path, ...] = ()
    class_names: tuple[str, ...] | None = None


SOURCES = {
    "mnist": Source(
        name="mnist",
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        md5={
            "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
            "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
            "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
            "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
        },
    ),
    "fashion-mnist": Source(
        name="fashion-mnist",
        mirrors=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        ),
        md5={
            "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
            "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
            "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
        },
        folders=(Path("/usr/share/datasets/fashion-mnist"),),
        class_names=(
            "T-shirt",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
    ),
}


def load(
    name: str,
    folder: Path | None = None,
    *,
    split: str = "train",
    value_range: tuple[float, float] | None = None,
) -> Dataset:
    """MNIST or Fashion-MNIST: images of 28x28x1 uint8 with labels, 60,000 to train and 10,000 to test.

    Parameters
    ----------
    name : {"mnist", "fashion-mnist"}
    folder : Path, optional
        Read the files from there, and take any images in this format (`minigan.data.idx_folder`). Default: the
        published files, from the cache or a system folder, else downloaded into the cache.
    split : {"train", "test"}
    value_range : (float, float), optional

    Raises
    ------
    DataError
        A file of images is missing, a file is damaged or cannot be downloaded, or there are not as many labels as
        images.
    """
    source = SOURCES[name]
    if folder is not None:
        images, labels = idx_folder.read(folder, split)
        dataset = Dataset(images, labels, name=f"{name}:{folder}", value_range=value_range)
        if labels is None:
            dataset.without_labels = f"expected a file {FILES[split][1]} beside the images"
    else:
        arrays = (_published(source, file, ndim) for file, ndim in zip(FILES[split], (3, 1)))
        dataset = Dataset(*arrays, name=name, value_range=value_range)
    names = source.class_names
    if names is not None and dataset.labels is not None and dataset.labels.max() < len(names):
        return dataset.with_labels(dataset.labels, names)
    return dataset


def _published(source: Source, file: str, ndim: int) -> np.ndarray:
    """`file` as the authors published it, from this machine, else downloaded."""
    md5 = source.md5[file]
    home = cache_folder() / source.name
    damaged = []
    for folder in (home, *source.folders):
        for path in idx_folder.candidates(folder, file):
            try:
                return idx.parse(_verified(read_bytes(path), md5, path), ndim, path)
            except (DataError, OSError) as error:
                damaged.append(one_line(error))
    target = home / f"{file}.gz"
    urls = [f"{mirror}{file}.gz" for mirror in source.mirrors]
    try:
        return idx.parse(download(urls, target, lambda content: _verified(content, md5, file)), ndim, file)
    except DataError as error:
        found = "".join(f"; {reason}" for reason in damaged)
        files = " and ".join(f"{name}.gz" for pair in FILES.values() if file in pair for name in pair)
        raise DataError(
            f"{source.name}: {error}{found}; put {files} into {home} by hand, set MINIGAN_DATA to the folder "
            f"that holds the folder {source.name}, or name the files' folder: {source.name}:FOLDER"
        ) from None


def _verified(content: bytes, md5: str, what: object) -> bytes:
    """`content`, decompressed, if that has the checksum `md5`."""
    content = idx.unpack(content, what)
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != md5:
        raise DataError(f"{what}: expected md5 {md5} of the decompressed file, got {found}")
    return content
