"""One vector and many rows: adding or multiplying it to each, and sums over all.

NumPy runs its inner loop over the last axis. Where that is short, as 64 channels are, starting the loop costs as much
as its work: so neighbouring rows are joined to long ones, and the vector is repeated as often.
"""

import math
from functools import lru_cache

import numpy as np

__all__ = ["row_dot", "row_sum", "tile_row"]

#: Entries of a row that is long enough.
LONG = 2048


def tile_row(vector: np.ndarray, image: tuple[int, ...]) -> np.ndarray:
    """A vector of the last axis, repeated for as many places of an image (..., C) as divide it and make a long row."""
    c = len(vector)
    long = np.empty((times(c, math.prod(image[:-1])), c), vector.dtype)
    long[...] = vector
    return long.reshape(-1)


@lru_cache(maxsize=256)
def times(c: int, places: int) -> int:
    """How many of so many places, with c entries each, make a long row; a divisor of their number."""
    return max((k for k in range(1, max(1, LONG // c) + 1) if places % k == 0), default=1)


def row_sum(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """The sum over all axes but the last: of long rows, then of what stands in one.

    BLAS would be a little faster alone, as a product with ones, but two threads of it get in each other's way.
    """
    return joined(np.add.reduce(long_rows(x), axis=0), x.shape[-1], out)


def row_dot(x: np.ndarray, y: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """As `row_sum` of ``x * y``, which is never written down."""
    return joined(np.einsum("ij,ij->j", long_rows(x), long_rows(y)), x.shape[-1], out)


def long_rows(x: np.ndarray) -> np.ndarray:
    """The same as long rows: a view."""
    c = x.shape[-1]
    return x.reshape(-1, c * times(c, math.prod(x.shape[1:-1])))


def joined(row: np.ndarray, c: int, out: np.ndarray | None) -> np.ndarray:
    """What a long row has for each channel, added up."""
    return np.add.reduce(row.reshape(-1, c), axis=0, out=out)
