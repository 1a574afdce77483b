"""One vector and many rows: adding or multiplying it to each, and the sum of all.

NumPy runs its inner loop over the last axis. Where that is short, as 64 channels are, starting the loop costs as much
as its work: so neighbouring rows are joined to long ones, and the vector is repeated as often.
"""

import math
from functools import lru_cache

import numpy as np

from minigan.kernels.cpu.slabs import scratch

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
    """The sum over all axes but the last, as products with ones: BLAS reads it fastest.

    Image by image first: a sum of sums keeps more float32 digits than one long running sum.
    """
    if x.ndim > 2:
        sums = scratch("sums", (len(x), 1, x.shape[-1]), x.dtype)
        x = np.matmul(ones(math.prod(x.shape[1:-1]), x.dtype), x.reshape(len(x), -1, x.shape[-1]), out=sums)[:, 0]
    return np.matmul(ones(len(x), x.dtype)[0], x, out=out)


@lru_cache(maxsize=256)
def ones(count: int, dtype: np.dtype) -> np.ndarray:
    """A row of ones, which nobody is to change."""
    row = np.ones((1, count), dtype)
    row.flags.writeable = False
    return row
