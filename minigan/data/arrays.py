"""Images from NumPy files, .npy and .npz, without ever unpickling."""

from pathlib import Path

import numpy as np

from minigan.data.dataset import Dataset
from minigan.data.messages import one_line
from minigan.errors import DataError

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
        There is no such file, it is damaged, needs pickle, has no images by those names, or `Dataset` refuses
        them.
    """
    images, labels = _read(path)
    return Dataset(images, labels, name=str(path), value_range=value_range)


def _read(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Images and, where there are some, labels."""
    if not path.is_file():
        raise DataError(f"no such file: {path}")
    try:
        with path.open("rb") as file:
            magic = file.read(6)
            file.seek(0)
            # NumPy takes all other content for a pickle, and says so of any text file.
            if not magic.startswith((b"\x93NUMPY", b"PK")):
                raise DataError(f"{path}: no .npy or .npz file, or damaged (a pickle is refused)")
            content = np.load(file, allow_pickle=False)
            return (content, None) if isinstance(content, np.ndarray) else _pick(content, path)
    except DataError:
        raise
    except Exception as error:  # a damaged file can raise nearly anything
        if "allow_pickle" in str(error):
            raise DataError(f"{path}: holds Python objects: pickle is refused") from None
        raise DataError(f"{path}: damaged, or no NumPy file: {one_line(error)}") from None


def _pick(content: "np.lib.npyio.NpzFile", path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Images and labels out of an .npz file."""
    keys = content.files
    key = next((key for key in KEYS if key in keys), keys[0] if len(keys) == 1 else None)
    if key is None:
        found = ", ".join(keys) or "none"
        raise DataError(f"{path}: expected an array named {' or '.join(KEYS)}, or only one, found {found}")
    label_key = KEYS.get(key)
    return content[key], content[label_key] if label_key in keys else None
