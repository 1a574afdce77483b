"""The classes of a batch's examples, for the layers that need them."""

import numpy as np

from minigan import backend
from minigan.backend import Array, array_module
from minigan.errors import ConfigError, DataError, DtypeError, ShapeError
from minigan.layers.base import Context, Layer
from minigan.layers.checks import check_array

__all__ = ["labels_of", "one_hot"]


def labels_of(layer: Layer, ctx: Context, x: Array, classes: int) -> Array:
    """The labels (N,) of the context, one for each example of `x`.

    Raises
    ------
    ConfigError, ShapeError, DtypeError, BackendError, DataError
        There are none; there is not one for each example; they are no whole numbers; they are on another backend than
        x; some are no class. In training on a GPU the last is not checked: the caller that makes the labels
        (`minigan.Trainer` does) checks them before they are copied there.
    """
    labels = ctx.labels
    expected = f"{layer.title}: expected labels ({len(x)},) from 0 to {classes - 1} in Context(labels=...)"
    if labels is None:
        raise ConfigError(f"{expected}, got none")
    check_array(layer.title, "labels", labels, "int64")
    if labels.shape != x.shape[:1]:
        raise ShapeError(f"{expected}, got an array of shape {labels.shape}")
    if labels.dtype.kind not in "iu":
        raise DtypeError(f"{expected}, got {labels.dtype}")
    backend.check_same(layer.title, array_module(x).__name__, labels=labels)
    # An index below 0 counts from the end, and on a GPU one that is too large is no error either. But a check there
    # waits for the device, which a training step must not do.
    checked = labels.size and (array_module(labels) is np or not ctx.training)
    if checked and not 0 <= (low := int(labels.min())) <= (high := int(labels.max())) < classes:
        raise DataError(f"{expected}, got {low if low < 0 else high}")
    return labels


def one_hot(labels: Array, classes: int, like: Array) -> Array:
    """``H[n, k] = 1`` where example n is of class k, else 0; (N, classes), in the dtype of `like`.

    ``H^T g`` adds up the rows of g (N, D) class by class: the gradient of a table from which row ``labels[n]`` went
    to example n. A row that was used twice gets both gradients.
    """
    return (labels[:, None] == array_module(labels).arange(classes)).astype(like.dtype)
