"""Images from NumPy files, .npy and .npz, without ever unpickling."""

from pathlib import Path

import numpy as np

from minigan.data.dataset import Dataset
from minigan.errors import DataError
from minigan.io.messages import one_line
from minigan.io.npz import Archive, ObjectsError, read_array
from minigan.io.safe_read import open_file, size_of

__all__ = ["load"]

#: The names that images and their labels have in an .npz file.
KEYS = {"images": "labels", "x_train": "y_train"}


def load(path: Path, *, value_range: tuple[float, float] | None = None) -> Dataset:
    """The images in a NumPy file.

    Parameters
    ----------
    path : Path
        An .npy file, or an .npz file with the images as ``images`` (labels: ``labels``), as ``x_train``
        (labels: ``y_train``), or as its only array.
    value_range : (float, float), optional
        As for `Dataset`: only uint8 images have a default.

    Raises
    ------
    DataError
        There is no such file, it is damaged, needs pickle, has no images by those names, has an implausible
        compression ratio, or `Dataset` refuses them.
    """
    images, labels = _read(path)
    return Dataset(images, labels, name=str(path), value_range=value_range)


def _read(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """The images and, if there are any, the labels."""
    try:
        with open_file(path) as file:
            magic = file.read(6)
            file.seek(0)
            if magic.startswith(b"PK"):
                return _pick(Archive(file), path)
            if magic == b"\x93NUMPY":
                return read_array(file, size_of(file)), None
            raise DataError(f"{path}: no .npy or .npz file, or damaged (a pickle is refused)")
    except DataError:
        raise
    except (FileNotFoundError, IsADirectoryError):
        raise DataError(f"no such file: {path}") from None
    except ObjectsError as error:
        raise DataError(f"{path}: {error}") from None
    except Exception as error:  # a damaged file can raise almost anything
        raise DataError(f"{path}: damaged, or no NumPy file: {one_line(error)}") from None


def _pick(content: Archive, path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """The images and labels of an .npz file."""
    keys = content.names
    key = next((key for key in KEYS if key in keys), keys[0] if len(keys) == 1 else None)
    if key is None:
        found = one_line(", ".join(keys) or "none")
        raise DataError(f"{path}: expected an array named {' or '.join(KEYS)}, or only one, found {found}")
    label_key = KEYS.get(key)
    return content[key], content[label_key] if label_key in keys else None
