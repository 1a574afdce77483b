"""Distances between two sets of vectors, a block of rows at a time, so that sets of any size fit into memory."""

from collections.abc import Iterator

import numpy as np

from minigan.errors import DtypeError, ShapeError

__all__ = ["as_vectors", "check_sets", "distance_blocks", "nearest_distances"]

#: Entries of one block of distances: 32 MB of float64.
BLOCK_ENTRIES = 1 << 22


def as_vectors(array: np.ndarray) -> np.ndarray:
    """Images or points (N, ...) as float64 vectors (N, D)."""
    return array.reshape(len(array), -1).astype(np.float64, copy=False)


def check_sets(least: int = 1, **sets: np.ndarray) -> None:
    """Refuse arrays that are not sets (N, D) of at least `least` floating-point vectors of one length D.

    Raises
    ------
    ShapeError
        An array has another number of axes, too few rows, or rows of another length than the first.
    DtypeError
        An array holds no floating-point numbers: distances of bytes would wrap around.
    """
    length: int | None = None
    for name, array in sets.items():
        if array.ndim != 2 or length not in (None, array.shape[1]):
            raise ShapeError(f"expected {name} (N, {length or 'D'}), got {array.shape}")
        if len(array) < least:
            raise ShapeError(f"expected {name} of at least {least} vectors, got {len(array)}")
        if array.dtype.kind != "f":
            raise DtypeError(f"expected {name} of a floating dtype, got {array.dtype}")
        length = array.shape[1]


def distance_blocks(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Squared Euclidean distances of all of `x` (N, D) to all of `y` (M, D), a block of rows at a time.

    ``|x - y|^2 = |x|^2 - 2 <x, y> + |y|^2``: one matrix product instead of N M subtractions. In float64, since the
    three terms nearly cancel where x and y are close: float32 would be wrong in the third digit there.

    Yields
    ------
    rows : slice
        The rows of `x` in this block.
    block : ndarray of float64 (rows, M)
        At least 0; a new array each time, which may be changed.
    """
    check_sets(x=x, y=y)
    centre = y.mean(axis=0, dtype=np.float64)  # a common shift changes no distance, and shortens the vectors
    y = y - centre
    y_squares = np.einsum("md,md->m", y, y)
    step = max(1, BLOCK_ENTRIES // len(y))
    for start in range(0, len(x), step):
        rows = slice(start, min(start + step, len(x)))
        part = x[rows] - centre
        block = part @ y.T
        block *= -2
        block += np.einsum("nd,nd->n", part, part)[:, np.newaxis]
        block += y_squares
        yield rows, np.maximum(block, 0, out=block)


def nearest_distances(x: np.ndarray, y: np.ndarray, count: int) -> np.ndarray:
    """The distances of each of `x` (N, D) to the `count` nearest of `y` (M, D), nearest first: (N, count) float64.

    Where `x` is `y`, the nearest of each is itself, at 0.

    Raises
    ------
    ShapeError
        The vectors differ in length, or `y` has fewer than `count`.
    """
    check_sets(x=x, y=y)
    check_sets(count, y=y)
    found = np.empty((len(x), count))
    for rows, block in distance_blocks(x, y):
        block.partition(count - 1, axis=1)
        found[rows] = np.sort(block[:, :count], axis=1)
    return np.sqrt(found, out=found)
