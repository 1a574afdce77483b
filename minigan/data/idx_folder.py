"""Images and labels in the idx files of a folder, under the names that such files have.

MNIST's files are called ``train-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``. Programs that unpack them, and
copies, write a dot for the second hyphen: ``train-images.idx3-ubyte``. EMNIST has several sets in one folder, with
their names in front and "test" for "t10k": ``emnist-letters-test-images-idx3-ubyte``. Its images have rows and columns
exchanged, and are turned back here (Cohen et al., "EMNIST: an extension of MNIST to handwritten letters",
arXiv:1702.05373).
"""

import os.path
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from minigan.data import idx
from minigan.errors import DataError
from minigan.io.messages import listed, one_line

__all__ = ["FILES", "candidates", "read"]

#: The images and the labels of each split, as MNIST's authors call them.
FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}

#: Any name of such a file: the set, the split, images or labels, the number of dimensions and the type of the values.
NAME = re.compile(
    r"(?:(.+)-)?(train|t10k|test)-(images|labels)[-.]idx[134]-(?:ubyte|byte|short|int|float|double)(?:\.gz)?"
)

#: The dimensions that images may have, in grey and in colour, and that labels have.
IMAGES, LABELS = (3, 4), 1


def candidates(folder: Path, file: str) -> Iterator[Path]:
    """The existing paths of `file` in `folder`, plain or gzipped, that are not folders."""
    dotted = file.replace("-idx", ".idx")
    places = (folder / f"{name}{end}" for name in (file, dotted) for end in ("", ".gz"))
    return (path for path in places if os.path.lexists(path) and not os.path.isdir(path))


def read(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray | None]:
    """The images of a split, and its labels if there are any.

    Parameters
    ----------
    folder : Path
        A folder; or in it the name of one of several sets, such as ``FOLDER/emnist-letters``.
    split : {"train", "test"}

    Raises
    ------
    DataError
        There is no such folder, no file of images in it, or several sets; a file is damaged.
    """
    home, wanted = (folder, None) if os.path.isdir(folder) else (folder.parent, folder.name)
    files = _files(home, split, folder)
    sets = sorted({name for name, kind in files if kind == "images"})
    if wanted is not None and not any(name == wanted for name, _ in files):
        raise DataError(f"no such folder: {folder}")
    if wanted is None and len(sets) > 1 and "" not in sets:
        raise DataError(f"{folder}: expected one set of images, found {listed(sets)}: name one, as {folder}/{sets[0]}")
    chosen = wanted if wanted is not None else ("" if "" in sets or not sets else sets[0])
    path = files.get((chosen, "images"))
    if path is None:
        raise DataError(_nothing(home, split, wanted))
    images = idx.read(path, IMAGES)
    if chosen.startswith("emnist"):
        images = images.swapaxes(1, 2)
    labels = files.get((chosen, "labels"))
    return images, None if labels is None else idx.read(labels, LABELS)


def _files(home: Path, split: str, folder: Path) -> dict[tuple[str, str], Path]:
    """The idx files of a split in a folder: by the name of the set and what is in them."""
    try:
        names = sorted(os.listdir(home), key=lambda name: (name.endswith(".gz"), ".idx" in name, name))
    except OSError:
        raise DataError(f"no such folder: {folder}") from None
    found: dict[tuple[str, str], Path] = {}
    for name in names:
        match = NAME.fullmatch(name)
        if match and (match[2] == "train") == (split == "train") and not os.path.isdir(home / name):
            found.setdefault((match[1] or "", match[3]), home / name)
    return found


def _nothing(home: Path, split: str, wanted: str | None) -> str:
    """The message for a folder without images."""
    file = FILES[split][0] if wanted is None else f"{wanted}-{split}-images-idx3-ubyte"
    try:
        found = one_line(listed([name for name in os.listdir(home) if "idx" in name]))
    except OSError:
        found = "none"
    dotted = file.replace("-idx", ".idx")
    return f"{home}: expected a file {file} or {file}.gz, also as {dotted}, found {found}"
