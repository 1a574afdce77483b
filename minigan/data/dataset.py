"""Images in host memory, as they are stored, and the batches made of them."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigan import backend
from minigan.backend import Array
from minigan.data.checks import checked_batch_dtype, checked_class_names, checked_labels
from minigan.data.thumbnail import thumbnail
from minigan.errors import DataError
from minigan.io.html import paragraph

__all__ = ["Dataset"]

#: Images that a notebook shows: one row.
SHOWN = 12


class Dataset:
    """Images with their value range, and optional labels.

    The images stay as they are stored: one byte per pixel in most sets, a quarter of float32.
    Only a batch is scaled, from the stored range [a, b] to the network's range [low, high]::

        t = (x - a) / (b - a)
        y = (1 - t) * low + t * high

    which in this form is exact at both ends: a becomes low and b becomes high, to the last bit.

    Parameters
    ----------
    images : ndarray, shape (N, H, W) or (N, H, W, C)
        Real numbers, with C of 1 (grey) or 3 (colour); (N, H, W) becomes (N, H, W, 1). Not copied, except to
        put an array in C order and in the machine's byte order.
    labels : ndarray of int, shape (N,) or (N, 1), optional
    name : str
        The name of the set in error messages.
    value_range : (float, float), optional
        The least and the greatest value a stored pixel can have. For uint8 the default is (0, 255); for any
        other dtype it must be stated, since a guess from the values found would differ from set to set.
    class_names : sequence of str, optional
        The name of each class, in the order of their numbers.

    Attributes
    ----------
    images : ndarray, shape (N, H, W, C)
    labels : ndarray of int, shape (N,), or None
    name : str
    value_range : (float, float)
    class_names : tuple of str, or None
        None where the classes have only numbers, or there are no labels.
    without_labels : str
        What a data set without labels would need to have some; "" if nothing is known of that.

    Raises
    ------
    DataError
        A shape or dtype does not fit, there is no image, the value range is missing or is no range, a
        value is NaN or outside it, or there are other labels than names.

    Examples
    --------
    >>> import numpy as np
    >>> squares = Dataset(np.array([[[0, 255], [255, 0]]], np.uint8), name="squares")
    >>> squares
    Dataset('squares': 1 images of 2x2x1, uint8 from 0 to 255)
    >>> squares.batch([0])[0, :, :, 0].tolist()
    [[-1.0, 1.0], [1.0, -1.0]]
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray | None = None,
        *,
        name: str = "images",
        value_range: tuple[float, float] | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self.name = name
        self.images = _checked_images(np.asarray(images), name)
        self.labels = checked_labels(labels, len(self.images), name)
        self.value_range = _checked_range(value_range, self.images, name)
        self.class_names = checked_class_names(class_names, self.labels, name)
        self.without_labels = ""

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        size = "x".join(map(str, self.shape))
        low, high = self.value_range
        labelled = "" if self.labels is None else ", labelled"
        return (
            f"Dataset({self.name!r}: {len(self)} images of {size}, "
            f"{self.images.dtype} from {low:g} to {high:g}{labelled})"
        )

    def _repr_html_(self) -> str:
        """The line of `repr` and the first images, for a notebook."""
        pixels = np.rint(backend.asnumpy(self.batch(slice(SHOWN), (0.0, 255.0)))).astype(np.uint8)
        names = [""] * SHOWN if self.labels is None else [self._class_name(label) for label in self.labels[:SHOWN]]
        return paragraph(repr(self)) + "".join(thumbnail(image, name) for image, name in zip(pixels, names))

    def _class_name(self, label: int) -> str:
        return str(label) if self.class_names is None else self.class_names[label]

    @property
    def shape(self) -> tuple[int, int, int]:
        """One image's shape, (H, W, C)."""
        _, height, width, channels = self.images.shape
        return height, width, channels

    def with_labels(self, labels: np.ndarray, class_names: Sequence[str] | None = None) -> "Dataset":
        """The same images with other labels."""
        other = copy.copy(self)
        other.labels = checked_labels(labels, len(self), self.name)
        other.class_names = checked_class_names(class_names, other.labels, self.name)
        return other

    def mean(self, output_range: tuple[float, float] = (0.0, 1.0)) -> np.ndarray:
        """The mean image (H, W, C), scaled to `output_range`; float64, in host memory."""
        (least, greatest), (low, high) = self.value_range, output_range
        return (self.images.mean(axis=0, dtype=np.float64) - least) / (greatest - least) * (high - low) + low

    def batch(
        self,
        indices: Sequence[int] | np.ndarray | slice,
        output_range: tuple[float, float] | None = (-1.0, 1.0),
        dtype: Any = np.float32,
    ) -> Array:
        """The images at `indices`, scaled to `output_range`, in the active backend's memory.

        Parameters
        ----------
        indices : sequence of int, ndarray of int, or slice
            In host memory; n of them, in any order, repeats allowed.
        output_range : (float, float), optional
            The values that the two ends of `value_range` become. None leaves the stored values as they are.
        dtype : dtype
            float32 or float64; all arithmetic is done in it.

        Returns
        -------
        array, shape (n, H, W, C)
            A new array.

        Raises
        ------
        DtypeError
            `dtype` is neither float32 nor float64.
        IndexError
            An index is out of bounds.
        """
        dtype = checked_batch_dtype(dtype, self.name)
        # Copy first, convert later: bytes are copied to a GPU four times faster than floats.
        t = backend.asarray(self.images[indices]).astype(dtype)
        if output_range is None:
            return t
        least, greatest = map(dtype.type, self.value_range)
        low, high = map(dtype.type, output_range)
        t -= least
        t /= greatest - least
        rest = 1 - t
        rest *= low
        t *= high
        t += rest
        return t


def _checked_images(images: np.ndarray, name: str) -> np.ndarray:
    """`images` as (N, H, W, C), C contiguous, in native byte order."""
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in (1, 3)):
        raise DataError(f"{name}: expected shape (N, H, W) or (N, H, W, C) with C of 1 or 3, got {images.shape}")
    if 0 in images.shape:
        raise DataError(f"{name}: expected at least one image of at least one pixel, got {images.shape}")
    if images.dtype.kind not in "uif" or images.dtype.itemsize > 8:
        raise DataError(f"{name}: expected images of uint8 or another real number type, got {images.dtype}")
    images = np.ascontiguousarray(images, images.dtype.newbyteorder("="))
    return images[..., np.newaxis] if images.ndim == 3 else images


def _checked_range(value_range: tuple[float, float] | None, images: np.ndarray, name: str) -> tuple[float, float]:
    """The range of the stored values; all of them must be in it."""
    if value_range is None:
        if images.dtype != np.uint8:
            raise DataError(
                f"{name}: {images.dtype} images need the range of their values: "
                "--data-range LOW HIGH, or value_range=(LOW, HIGH)"
            )
        return 0.0, 255.0
    low, high = map(float, value_range)
    remedy = "state the range that the values have: --data-range LOW HIGH"
    # Compared in float32, because the division by high - low is done in it.
    if not (np.isfinite([low, high]).all() and np.float32(low) < np.float32(high)):
        raise DataError(f"{name}: expected a value range LOW < HIGH, got {low:g} {high:g}")
    with np.errstate(invalid="ignore"):  # a NaN raises an error below, without a warning
        least, greatest = images.min(), images.max()
    if np.isnan(least):
        raise DataError(f"{name}: expected values from {low:g} to {high:g}, got NaN")
    if least < low or greatest > high:
        raise DataError(f"{name}: expected values from {low:g} to {high:g}, got {least:g} to {greatest:g}: {remedy}")
    return low, high
