"""Checks that images and points share: of their labels, and of the dtype of their batches."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigan.errors import DataError, DtypeError
from minigan.io.messages import listed

__all__ = ["checked_batch_dtype", "checked_class_names", "checked_labels"]


def checked_labels(labels: Any, count: int, name: str) -> np.ndarray | None:
    """`labels` as (count,) whole numbers; None stays None.

    Raises
    ------
    DataError
        There are more or fewer than `count`, or they are no whole numbers.
    """
    if labels is None:
        return None
    labels = np.asarray(labels)
    if labels.shape not in ((count,), (count, 1)) or labels.dtype.kind not in "ui":
        raise DataError(
            f"{name}: expected {count} labels as whole numbers of shape ({count},), "
            f"got {labels.dtype} of shape {labels.shape}"
        )
    return labels.reshape(count)


def checked_class_names(
    class_names: Sequence[str] | None, labels: np.ndarray | None, name: str
) -> tuple[str, ...] | None:
    """`class_names` as a tuple of different texts, one for each class; None stays None.

    Raises
    ------
    DataError
        There are no labels to name, a label has no name, or a name is no printable text or is another class's, too.
    """
    if class_names is None:
        return None
    names = tuple(str(each) for each in class_names)
    if labels is None:
        raise DataError(f"{name}: expected labels with the names of classes, got none")
    if labels.min() < 0 or labels.max() >= len(names):
        got = f"{labels.min()} to {labels.max()}"
        raise DataError(f"{name}: expected labels from 0 to {len(names) - 1}, one for each name of a class, got {got}")
    if len(set(names)) < len(names) or not all(each and each.isprintable() for each in names):
        raise DataError(f"{name}: expected different printable names of classes, got {listed(names)}")
    return names


def checked_batch_dtype(dtype: Any, name: str) -> np.dtype:
    """`dtype`, if a network can compute in it.

    Raises
    ------
    DtypeError
        It is neither float32 nor float64.
    """
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise DtypeError(f"{name}: expected a batch dtype of float32 or float64, got {dtype}")
    return dtype
