"""CIFAR-10: 60,000 colour photographs of ten classes, from the archive its authors publish for Python.

The archive, ``cifar-10-python.tar.gz``, is read in memory; nothing is extracted to the disk. It holds pickles, which
`minigan.data.pickles` reads without running them::

    cifar-10-batches-py/data_batch_1 ... data_batch_5      50,000 images to train
    cifar-10-batches-py/test_batch                         10,000 images to test

Each is a dictionary with ``data``, bytes (10000, 3072), one row per image: 1,024 of red, then green, then blue, row by
row; and ``labels``, a list of 10,000 numbers from 0 to 9: airplane, automobile, bird, cat, deer, dog, frog, horse,
ship, truck. See Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
"""

import gzip
import hashlib
import io
import os.path
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from minigan.data import pickles
from minigan.data.dataset import Dataset
from minigan.data.download import download
from minigan.errors import DataError
from minigan.io.cache_folder import cache_folder
from minigan.io.messages import one_line
from minigan.io.safe_read import read_bytes

__all__ = ["ARCHIVE", "MIRRORS", "SHA256", "load"]

ARCHIVE = "cifar-10-python.tar.gz"
MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"

#: The batches of each split.
FILES = {"train": tuple(f"data_batch_{number}" for number in range(1, 6)), "test": ("test_batch",)}
FOLDER = "cifar-10-batches-py"
CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CLASSES = len(CLASS_NAMES)

#: Maximum size in bytes of an archive, packed (the published one has 170,498,071) and unpacked (about 186 million), and
#: of one batch (31 million).
PACKED, UNPACKED, BATCH = 200_000_000, 220_000_000, 40_000_000


def load(path: Path | None = None, *, split: str = "train", value_range: tuple[float, float] | None = None) -> Dataset:
    """CIFAR-10: images of 32x32x3 uint8 with labels from 0 to 9, 50,000 to train and 10,000 to test.

    Parameters
    ----------
    path : Path, optional
        An archive in this format, or the folder that holds it; its images may be any. Default: the published one,
        from the cache, else downloaded into it.
    split : {"train", "test"}
    value_range : (float, float), optional

    Raises
    ------
    DataError
        The archive is missing, cannot be downloaded, is damaged, is too large, or holds
        anything but such images and their labels.
    """
    name = "cifar10" if path is None else f"cifar10:{path}"
    batches = _batches(_published() if path is None else _given(path), FILES[split], name)
    images, labels = zip(*(_parsed(batches.pop(file), f"{name}: {file}") for file in FILES[split]))
    facts: dict[str, Any] = {"name": name, "value_range": value_range, "class_names": CLASS_NAMES}
    return Dataset(np.concatenate(images), np.concatenate(labels), **facts)


def _given(path: Path) -> bytes:
    """The archive that the user named."""
    file = path / ARCHIVE if os.path.isdir(path) else path
    try:
        return read_bytes(file, PACKED)
    except FileNotFoundError:
        raise DataError(f"no such file: {file}") from None
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {one_line(error)}") from None


def _published() -> bytes:
    """The archive as its authors published it, from the cache, else downloaded."""
    home = cache_folder() / "cifar10"
    damaged = ""
    if (home / ARCHIVE).is_file():
        try:
            return _verified(_given(home), home / ARCHIVE)
        except DataError as error:
            damaged = f"; {error}"
    try:
        return download([mirror + ARCHIVE for mirror in MIRRORS], home / ARCHIVE, lambda b: _verified(b, ARCHIVE))
    except DataError as error:
        raise DataError(
            f"cifar10: {error}{damaged}; put {ARCHIVE} into {home} by hand, set MINIGAN_DATA to the folder that holds "
            "the folder cifar10, or name the archive: cifar10:PATH"
        ) from None


def _verified(content: bytes, what: object) -> bytes:
    """`content`, if it is the published archive."""
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise DataError(f"{what}: expected sha256 {SHA256}, got {found}")
    return content


class _Bounded:
    """A stream of at most `limit` bytes: a small archive can unpack to a very large one."""

    def __init__(self, stream: gzip.GzipFile, limit: int) -> None:
        self.stream, self.limit, self.given = stream, limit, 0

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`."""
        content = self.stream.read(size)
        # At the end count the requested size: otherwise tarfile would search a file of 2**88 bytes for ever.
        self.given += len(content) or size
        if self.given > self.limit:
            raise DataError(f"expected at most {self.limit:,} bytes unpacked, got more")
        return content


def _batches(content: bytes, files: tuple[str, ...], name: str) -> dict[str, bytes]:
    """These files of an archive's folder; others are skipped."""
    wanted = {f"{FOLDER}/{file}": file for file in files}
    found: dict[str, bytes] = {}
    try:
        with gzip.open(io.BytesIO(content)) as unpacked:
            stream: Any = _Bounded(unpacked, UNPACKED)  # tarfile only reads from it
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    file = wanted.get(member.name.removeprefix("./"))
                    if file is not None and member.isfile():
                        found[file] = _extracted(archive, member)
            while stream.read(1 << 20):  # to the end, where gzip has its checksum
                pass
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
    except Exception as error:  # a damaged archive can raise almost anything
        raise DataError(f"{name}: a damaged archive, or no .tar.gz file: {one_line(error)}") from None
    missing = [file for file in wanted if wanted[file] not in found]
    if missing:
        raise DataError(f"{name}: expected {', '.join(missing)} in the archive, found {len(found)} of {len(files)}")
    return found


def _extracted(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """The content of one file of the archive, if a batch can be as large."""
    if member.size > BATCH:
        raise DataError(f"expected {member.name} to have at most {BATCH:,} bytes, got {member.size:,}")
    file = archive.extractfile(member)
    if file is None:
        raise DataError(f"expected {member.name} to be a regular file")
    return file.read()


def _parsed(content: bytes, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 32, 32, 3) and labels (n,) of one batch."""
    batch = pickles.loads(content, what)
    if type(batch) is not dict:
        raise DataError(f"{what}: expected a dictionary, got {type(batch).__name__}")
    data, labels = batch.get(b"data"), batch.get(b"labels")
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != 3072 or len(data) == 0:
        got = f"bytes {data.shape}" if isinstance(data, np.ndarray) else type(data).__name__
        raise DataError(f"{what}: expected 'data' to be bytes (N, 3072), got {got}")
    if type(labels) is not list or len(labels) != len(data):
        got = f"{len(labels)}" if type(labels) is list else type(labels).__name__
        raise DataError(f"{what}: expected 'labels' to be a list of {len(data)}, got {got}")
    if not all(type(label) is int and 0 <= label < CLASSES for label in labels):
        raise DataError(f"{what}: expected labels from 0 to {CLASSES - 1}, got something else")
    images = data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), np.array(labels, np.uint8)
