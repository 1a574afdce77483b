"""Images from NumPy files, .npy and .npz, without ever unpickling."""

from pathlib import Path
from typing import TypeAlias

import numpy as np

from minigan.data.dataset import Dataset
from minigan.errors import DataError
from minigan.io.messages import one_line
from minigan.io.npz import Archive, ObjectsError, TooLargeError, read_array
from minigan.io.safe_read import most_in_memory, open_file, size_of

__all__ = ["load"]

#: The names that images and their labels have in an .npz file.
KEYS = {"images": "labels", "x_train": "y_train"}

#: The name that the names of the classes have there.
CLASS_NAMES = "class_names"


def load(path: Path, *, value_range: tuple[float, float] | None = None, labels: Path | None = None) -> Dataset:
    """The images in a NumPy file.

    Parameters
    ----------
    path : Path
        An .npy file, or an .npz file with the images as ``images`` (labels: ``labels``), as ``x_train``
        (labels: ``y_train``), or as its only array; with labels, ``class_names`` may be an array of texts.
    value_range : (float, float), optional
        As for `Dataset`: only uint8 images have a default.
    labels : Path, optional
        An .npy file with a label for each image.

    Raises
    ------
    DataError
        There is no such file, it is damaged, needs pickle, has no images by those names, is larger than
        the memory when it is unpacked, or `Dataset` refuses them.
    """
    images, own, class_names = _read(path)
    if labels is not None:
        own, _, _ = _read(labels)
    dataset = Dataset(images, own, name=str(path), value_range=value_range, class_names=class_names)
    if own is None:
        dataset.without_labels = (
            "expected --labels FILE.npy with a label for each image"
            if path.suffix.lower() == ".npy"
            else f"expected an array {' or '.join(KEYS.values())} beside the images"
        )
    return dataset


#: Images, and their labels and the names of the classes if there are any.
Arrays: TypeAlias = tuple[np.ndarray, np.ndarray | None, list[str] | None]


def _read(path: Path) -> Arrays:
    """The arrays of a file."""
    try:
        with open_file(path) as file:
            magic = file.read(6)
            file.seek(0)
            if magic.startswith(b"PK"):
                return _pick(Archive(file, most_in_memory), path)
            if magic == b"\x93NUMPY":
                return read_array(file, size_of(file)), None, None
            raise DataError(f"{path}: no .npy or .npz file, or damaged (a pickle is refused)")
    except DataError:
        raise
    except (FileNotFoundError, IsADirectoryError):
        raise DataError(f"no such file: {path}") from None
    except ObjectsError as error:
        raise DataError(f"{path}: {error}") from None
    except TooLargeError as error:
        raise DataError(f"{path}: {error}: save the images as .npy, which takes no more than it holds") from None
    except Exception as error:  # a damaged file can raise almost anything
        raise DataError(f"{path}: damaged, or no NumPy file: {one_line(error)}") from None


def _pick(content: Archive, path: Path) -> Arrays:
    """The images, labels and names of classes of an .npz file."""
    keys = [key for key in content.names if key != CLASS_NAMES]
    key = next((key for key in KEYS if key in keys), keys[0] if len(keys) == 1 else None)
    if key is None:
        found = one_line(", ".join(keys) or "none")
        raise DataError(f"{path}: expected an array named {' or '.join(KEYS)}, or only one, found {found}")
    label_key = KEYS.get(key)
    labels = content[label_key] if label_key in keys else None
    if labels is None or CLASS_NAMES not in content.names:
        return content[key], labels, None
    return content[key], labels, _texts(content[CLASS_NAMES], path)


def _texts(array: np.ndarray, path: Path) -> list[str]:
    """The names of the classes."""
    if array.ndim != 1 or array.dtype.kind not in "US":
        raise DataError(f"{path}: expected {CLASS_NAMES} as an array of texts, got {array.dtype} of {array.shape}")
    return [str(name) for name in (np.char.decode(array, "utf-8") if array.dtype.kind == "S" else array)]
