"""One vector and many rows: it is added to each or multiplied with each, and rows are summed.

NumPy's inner loop runs over the last axis. Where that is short, such as 64 channels, starting the loop takes as long as
its work. So neighbouring rows are joined to long rows, and the vector is repeated to the same length.
"""

import math
from functools import lru_cache

import numpy as np

__all__ = ["fold_row", "long_rows", "row_dot", "row_sum", "tile_row"]

#: Entries of a long row.
LONG = 2048


def tile_row(vector: np.ndarray, image: tuple[int, ...]) -> np.ndarray:
    """A vector of C numbers, repeated to a long row. An image (..., C) is a whole number of such rows."""
    c = len(vector)
    long = np.empty((repeats(c, math.prod(image[:-1])), c), vector.dtype)
    long[...] = vector
    return long.reshape(-1)


@lru_cache(maxsize=256)
def repeats(c: int, places: int) -> int:
    """How many of the places, with c entries each, make a long row; a divisor of `places`."""
    return max((k for k in range(1, max(1, LONG // c) + 1) if places % k == 0), default=1)


def row_sum(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """The sum over all axes but the last: over long rows first, then within the one that is left.

    A BLAS product with a vector of ones is a little faster on one thread, but slower on several.
    """
    return fold_row(np.add.reduce(long_rows(x), axis=0), x.shape[-1], out)


def row_dot(x: np.ndarray, y: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """As `row_sum` of ``x * y``, without an array for the product."""
    return fold_row(np.einsum("ij,ij->j", long_rows(x), long_rows(y)), x.shape[-1], out)


def long_rows(x: np.ndarray) -> np.ndarray:
    """The array as long rows, each a whole number of times C numbers: a view."""
    c = x.shape[-1]
    return x.reshape(-1, c * repeats(c, math.prod(x.shape[1:-1])))


def fold_row(row: np.ndarray, c: int, out: np.ndarray | None) -> np.ndarray:
    """The sum of a long row over its repeats, for each channel."""
    return np.add.reduce(row.reshape(-1, c), axis=0, out=out)
