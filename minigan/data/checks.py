"""Checks that images and points share: of their labels, and of the dtype of their batches."""

from typing import Any

import numpy as np

from minigan.errors import DataError, DtypeError

__all__ = ["checked_batch_dtype", "checked_labels"]


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
