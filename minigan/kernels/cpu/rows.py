"""One vector and many rows: adding or multiplying it to each, and the sum of all.

NumPy runs its inner loop over the last axis. Where that is short, as 64 channels are, starting the loop costs as much
as its work: so neighbouring rows are joined to long ones, and the vector is repeated as often.
"""

import math

import numpy as np

from minigan.kernels.cpu.slabs import scratch

__all__ = ["lengthened", "row_sum"]

#: Entries of a row that is long enough.
LONG = 2048


def lengthened(vector: np.ndarray, image: tuple[int, ...]) -> np.ndarray:
    """A vector of the last axis, repeated for as many places of an image (..., C) as divide it and make a long row."""
    c, places = len(vector), math.prod(image[:-1])
    times = max((k for k in range(1, max(1, LONG // c) + 1) if places % k == 0), default=1)
    return np.tile(vector, times)


def row_sum(x: np.ndarray) -> np.ndarray:
    """The sum over all axes but the last, as products with ones: BLAS reads it fastest.

    Image by image first: a sum of sums keeps more float32 digits than one long running sum.
    """
    if x.ndim > 2:
        ones = scratch("ones", (1, math.prod(x.shape[1:-1])), x.dtype)
        ones.fill(1)
        x = (ones @ x.reshape(len(x), -1, x.shape[-1]))[:, 0]
    ones = scratch("ones", (len(x),), x.dtype)
    ones.fill(1)
    return ones @ x
