"""One vector and many rows: adding or multiplying it to each, and the sum of all.

NumPy runs its inner loop over the last axis. Where that is short, as 64 channels are, starting the loop costs as much
as its work: so neighbouring rows are joined to long ones, and the vector is repeated as often.
"""

import math
from functools import lru_cache

import numpy as np

__all__ = ["lengthened", "row_sum"]

#: Entries of a row that is long enough.
LONG = 2048


def lengthened(vector: np.ndarray, image: tuple[int, ...]) -> np.ndarray:
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
    c = x.shape[-1]
    joined = np.add.reduce(x.reshape(-1, c * times(c, math.prod(x.shape[1:-1]))), axis=0)
    return np.add.reduce(joined.reshape(-1, c), axis=0, out=out)
