"""Points in a plane or on a line, so few dimensions that a picture shows them all."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigan import backend
from minigan.backend import Array
from minigan.data.checks import checked_batch_dtype, checked_class_names, checked_labels
from minigan.data.thumbnail import scatter
from minigan.errors import DataError
from minigan.io.html import paragraph

__all__ = ["Points"]


class Points:
    """Points of D coordinates each, with labels, modes and a density if they are known.

    Unlike an image, a point has no range of values to scale from: a batch is the points as they are.

    If `modes` are given, the points are a sample of the even mixture of M normal distributions, and
    `density` is that mixture's. A point x is called good when it is no further than three standard deviations from
    the mode nearest to it (Lin et al., "PacGAN", arXiv:1712.04086, section 4.1).

    Parameters
    ----------
    points : ndarray, shape (N, D)
        Finite real numbers; kept as float32.
    labels : ndarray of int, shape (N,) or (N, 1), optional
        With modes, the index of each point's mode.
    name : str
        The name of the set in error messages.
    modes : ndarray, shape (M, D), optional
        The centres of the mixture.
    mode_stddev : float, optional
        The standard deviation of each coordinate about its mode; goes with `modes`.

    Attributes
    ----------
    points : ndarray of float32, shape (N, D)
    labels : ndarray of int, shape (N,), or None
    name : str
    modes : ndarray of float64, shape (M, D), or None
    mode_stddev : float, or None
    class_names : None
        As the attribute of `Dataset`: modes have numbers only.

    Raises
    ------
    DataError
        A shape or dtype does not fit, there is no point, a number is not finite (in float32), or modes and their
        standard deviation do not belong together.

    Examples
    --------
    >>> import numpy as np
    >>> square = Points(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), name="square")
    >>> square
    Points('square': 4 points of 2 coordinates)
    >>> square.batch([3, 0]).tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """

    class_names: tuple[str, ...] | None = None
    without_labels = ""

    def __init__(
        self,
        points: np.ndarray,
        labels: np.ndarray | None = None,
        *,
        name: str = "points",
        modes: np.ndarray | None = None,
        mode_stddev: float | None = None,
    ) -> None:
        self.name = name
        self.points = _checked_points(np.asarray(points), name)
        self.labels = checked_labels(labels, len(self.points), name)
        if (modes is None) != (mode_stddev is None):
            raise DataError(f"{name}: expected modes and mode_stddev, or neither, got only one of them")
        self.modes = None if modes is None else _checked_modes(np.asarray(modes), self.shape, name)
        self.mode_stddev = None if mode_stddev is None else _checked_stddev(mode_stddev, name)

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        (size,) = self.shape
        coordinates = "1 coordinate" if size == 1 else f"{size} coordinates"
        modes = "" if self.modes is None else f", {len(self.modes)} mode{'' if len(self.modes) == 1 else 's'}"
        labelled = "" if self.labels is None else ", labelled"
        return f"Points({self.name!r}: {len(self)} points of {coordinates}{modes}{labelled})"

    def _repr_html_(self) -> str:
        """The line of `repr` and some of the points, for a notebook."""
        return paragraph(repr(self)) + scatter(self.points)

    @property
    def shape(self) -> tuple[int]:
        """One point's shape, (D,)."""
        return (self.points.shape[1],)

    def with_labels(self, labels: np.ndarray, class_names: Sequence[str] | None = None) -> "Points":
        """The same points with other labels."""
        other = copy.copy(self)
        other.labels = checked_labels(labels, len(self), self.name)
        other.class_names = checked_class_names(class_names, other.labels, self.name)
        return other

    def batch(
        self,
        indices: Sequence[int] | np.ndarray | slice,
        output_range: tuple[float, float] | None = None,
        dtype: Any = np.float32,
    ) -> Array:
        """The points at `indices`, as they are, in the active backend's memory.

        Parameters
        ----------
        indices : sequence of int, ndarray of int, or slice
            In host memory; n of them, in any order, repeats allowed.
        output_range : None, always
            What `Dataset.batch` scales images to. Points are not scaled.
        dtype : dtype
            float32 or float64.

        Returns
        -------
        array, shape (n, D)
            A new array.

        Raises
        ------
        DataError
            An output range is given.
        DtypeError
            `dtype` is neither float32 nor float64.
        IndexError
            An index is out of bounds.
        """
        dtype = checked_batch_dtype(dtype, self.name)
        if output_range is not None:
            raise DataError(f"{self.name}: expected no output range, for points are not scaled, got {output_range}")
        return backend.asarray(self.points[indices]).astype(dtype)

    def density(self, x: np.ndarray) -> np.ndarray:
        """The probability density that the points were drawn from, at `x`.

        It is that of the even mixture::

            p(x) = 1/M  sum over m of  (2 pi s^2)^(-D/2)  exp(-|x - mode_m|^2 / (2 s^2))

        with s for `mode_stddev`.

        Parameters
        ----------
        x : ndarray, shape (n, D)
            For D of 1 also (n,).

        Returns
        -------
        ndarray, shape (n,)
            In the dtype of `x`; float64 where `x` holds whole numbers.

        Raises
        ------
        DataError
            No modes are known, or `x` is of another shape.

        Examples
        --------
        >>> from minigan import data
        >>> data.load("gaussian").density([4.0]).round(4).tolist()  # 1 / (1.25 sqrt(2 pi))
        [0.3192]
        """
        if self.modes is None or self.mode_stddev is None:
            raise DataError(f"{self.name}: expected a mixture with known modes, got points whose density is not known")
        x = np.asarray(x)
        if x.dtype.kind != "f":
            x = x.astype(np.float64)
        (size,) = self.shape
        if size == 1 and x.ndim == 1:
            x = x[:, np.newaxis]
        if x.ndim != 2 or x.shape[1] != size:
            raise DataError(f"{self.name}: expected x of shape (n, {size}), got {x.shape}")
        modes, stddev = self.modes.astype(x.dtype), x.dtype.type(self.mode_stddev)
        total = np.zeros(len(x), x.dtype)
        # Mode by mode, because the distances of many points to all modes are a large array.
        for mode in modes:
            total += np.exp(-0.5 * np.square((x - mode) / stddev).sum(axis=1))
        return total / x.dtype.type(len(modes) * (np.sqrt(2 * np.pi) * self.mode_stddev) ** size)


def _checked_points(points: np.ndarray, name: str) -> np.ndarray:
    """`points` as (N, D) float32, C contiguous, every number finite."""
    if points.ndim != 2:
        raise DataError(f"{name}: expected points of shape (N, D), got {points.shape}")
    if 0 in points.shape:
        raise DataError(f"{name}: expected at least one point of at least one coordinate, got {points.shape}")
    if points.dtype.kind not in "uif":
        raise DataError(f"{name}: expected points of a real number type, got {points.dtype}")
    with np.errstate(over="ignore"):  # an overflow in float32 raises an error below, without a warning
        points = np.ascontiguousarray(points, np.float32)
    finite = np.isfinite(points)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise DataError(f"{name}: expected finite float32 numbers, got {points[row, column]} in point {row}")
    return points


def _checked_modes(modes: np.ndarray, shape: tuple[int], name: str) -> np.ndarray:
    """`modes` as (M, D) float64, every number finite."""
    (size,) = shape
    if modes.ndim != 2 or len(modes) == 0 or modes.shape[1] != size:
        raise DataError(f"{name}: expected modes of shape (M, {size}), got {modes.shape}")
    if modes.dtype.kind not in "uif" or not np.isfinite(modes).all():
        raise DataError(f"{name}: expected modes of finite real numbers, got {modes.dtype} {modes.tolist()}")
    return modes.astype(np.float64)


def _checked_stddev(stddev: float, name: str) -> float:
    """`stddev` as a finite number above 0."""
    stddev = float(stddev)
    if not (0 < stddev < np.inf):
        raise DataError(f"{name}: expected a mode_stddev above 0, got {stddev:g}")
    return stddev
