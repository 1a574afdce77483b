"""Squared distances of single pairs, right to the last bit.

The sum of D numbers in floating point depends on their order: five times 0.36 can come out as 1.7999999999999998 or as
1.8, by their places among zeros. So two pairs of pictures that differ in equally many pixels would have different
distances. Here the rounding error of every addition is computed too, and added at the end.
"""

import numpy as np

__all__ = ["accurate_sums", "numbers_of_vectors", "squared_distances"]

#: Entries that are summed at a time: they fit the cache of a core.
ENTRIES = 1 << 15


def squared_distances(x: np.ndarray, y: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """``|x_i - y_j|^2`` (P,) of the pairs of rows i of `x` (N, D) and j of `y` (M, D)."""
    found = np.empty(len(i))
    step = max(1, ENTRIES // x.shape[1])
    for start in range(0, len(i), step):
        part = slice(start, start + step)
        terms = x[i[part]]
        terms -= y[j[part]]
        terms *= terms
        found[part] = accurate_sums(terms)
    return found


def accurate_sums(terms: np.ndarray) -> np.ndarray:
    """The sum of each row of `terms` (P, D), as if it was computed with twice the digits and then rounded.

    The second half of each row is added to the first, entry by entry, until one is left. The error of an addition
    ``s = a + b`` is itself a floating-point number, ``(a - (s - t)) + (b - t)`` with ``t = s - a``. All operations are
    those of single entries, so a sum does not depend on the other rows.

    Notes
    -----
    Knuth, "The art of computer programming", volume 2, section 4.2.2, theorem B; Ogita, Rump and Oishi, "Accurate sum
    and dot product", SIAM Journal on Scientific Computing 26 (2005).
    """
    sums, errors = terms.copy(), np.zeros_like(terms)
    while (width := sums.shape[1]) > 1:
        half = (width + 1) // 2
        a, b = sums[:, : width - half], sums[:, half:]
        s = a + b
        t = s - a
        b -= t
        t -= s
        a += t  # a - (s - t)
        a += b
        errors[:, : width - half] += errors[:, half:]
        errors[:, : width - half] += a
        a[...] = s
        sums, errors = sums[:, :half], errors[:, :half]
    return sums[:, 0] + errors[:, 0]


def numbers_of_vectors(*sets: np.ndarray) -> tuple[np.ndarray, ...]:
    """A number for each row of some sets (N, D): the same for equal rows, from 0."""
    numbers: dict[bytes, int] = {}
    # adding 0 turns -0, which is equal to 0 but has other bytes, into 0
    return tuple(np.array([numbers.setdefault((row + 0.0).tobytes(), len(numbers)) for row in set_]) for set_ in sets)
