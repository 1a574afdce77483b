"""Distances between two sets of vectors, a block of rows at a time, so that sets of any size fit into memory.

Matrix products give all distances quickly, up to a rounding error with a known bound. That is enough for a mean, but
not to compare two distances: of equal ones either could come out smaller. So `Distances` computes those that a
comparison depends on a second time, from the differences and right to the last bit.
"""

from collections.abc import Iterator

import numpy as np

from minigan.errors import ShapeError
from minigan.metrics.accurate import numbers_of_vectors, squared_distances
from minigan.metrics.checks import check_count, check_sets

__all__ = ["Distances", "as_vectors", "distance_blocks", "nearest_distances"]

#: Entries of one block of distances: 32 MB of float64.
BLOCK_ENTRIES = 1 << 22


def as_vectors(array: np.ndarray) -> np.ndarray:
    """Images or points (N, ...) as float64 vectors (N, D)."""
    return array.reshape(len(array), -1).astype(np.float64, copy=False)


class Distances:
    """The squared Euclidean distances of all of `x` (N, D) to all of `y` (M, D).

    ``|x - y|^2 = |x|^2 - 2 <x, y> + |y|^2``: one matrix product instead of N M subtractions. In float64, since the
    three terms nearly cancel where x and y are close: float32 would be wrong in the third digit there. The error of a
    sum of D products is at most ``D u / (1 - D u)`` times the sum of their sizes, with ``u = 2^-53`` (Higham, "Accuracy
    and stability of numerical algorithms", section 3.1), so that of a distance is at most ``(D + 4) u (|x| + |y|)^2``
    or a little more. Twice as much is allowed for here.

    A distance that decides a comparison is computed exactly: it is the float64 number nearest to the sum of the squared
    differences. So it depends on the two vectors only, not on their places in the sets or on the block. Equal vectors
    are at 0, and the distances of equal pairs are equal.

    Parameters
    ----------
    x, y : ndarray (N, D) and (M, D)
        Finite numbers. `y` may be `x`; then `own` leaves out the distance of each vector to itself.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x, self.y = (np.ascontiguousarray(array, np.float64) for array in (x, y))
        self.numbers: tuple[np.ndarray, ...] = ()

    def blocks(self) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """All distances by matrix products, a block of rows at a time.

        Yields
        ------
        rows : slice
            The rows of `x` in this block.
        block : ndarray of float64 (rows, M)
            At least 0; a new array each time, which may be changed.
        slack : ndarray of float64 (rows, 1)
            No entry of that row is further than this from the true distance.
        """
        centre = self.y.mean(axis=0)  # a common shift changes no distance, and shortens the vectors
        y = self.y - centre
        y_squares = np.einsum("md,md->m", y, y)
        longest = np.sqrt(y_squares.max())
        factor = (y.shape[1] + 8) * np.finfo(np.float64).eps  # eps is 2 u
        step = max(1, BLOCK_ENTRIES // len(y))
        for start in range(0, len(self.x), step):
            rows = slice(start, min(start + step, len(self.x)))
            part = self.x[rows] - centre
            block = part @ y.T
            block *= -2
            squares = np.einsum("nd,nd->n", part, part)[:, np.newaxis]
            block += squares
            block += y_squares
            yield rows, np.maximum(block, 0, out=block), factor * (np.sqrt(squares) + longest) ** 2

    def exact(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """The exact squared distances (P,) of the pairs of ``x[i]`` and ``y[j]``; equal pairs are computed once."""
        if not self.numbers:
            self.numbers = numbers_of_vectors(self.x, self.y)
        first, second = self.numbers[0][i], self.numbers[1][j]
        found = np.zeros(len(i))
        (differ,) = np.nonzero(first != second)
        pairs = first[differ] * (len(self.x) + len(self.y)) + second[differ]
        _, chosen, places = np.unique(pairs, return_index=True, return_inverse=True)
        chosen = differ[chosen]
        found[differ] = squared_distances(self.x, self.y, i[chosen], j[chosen])[places]
        return found

    def within(self, rows: slice, block: np.ndarray, slack: np.ndarray, limits: np.ndarray, closed: bool) -> np.ndarray:
        """Where the vectors of `y` are in balls whose squared radii are `limits`, (rows, 1) or (M,).

        With `closed` also on their surface; the centre is always in its ball. Returns a boolean array like `block`.
        """
        inside = block <= limits + slack
        i, j = np.nonzero(inside & (block >= limits - slack))
        if len(i):
            squares, radii = self.exact(rows.start + i, j), np.broadcast_to(limits, block.shape)[i, j]
            inside[i, j] = squares <= radii if closed else (squares < radii) | (squares == 0)
        return inside

    def nearest(
        self, k: int, own: bool = False, nearer: bool = True
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """The `k` nearest of each of `x`, and all that may be as near, a block of rows at a time.

        Without `nearer` those that are certainly nearer than the k-th are only counted.

        Yields
        ------
        i, j : ndarray of int (P,)
            Indices in `x`, every one of the block at least once, and in `y`.
        squares : ndarray of float64 (P,)
            Exact. Sorted by i, then by the distance, then by j.
        counts : ndarray of int (rows,)
            How many that are nearer were left out, for each row.
        """
        for rows, block, slack in self.blocks():
            if own:
                block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = np.inf
            lowest = block.min(axis=1, keepdims=True) if k == 1 else np.partition(block, k - 1, axis=1)[:, :k]
            limits = lowest[:, -1:]
            counts = np.zeros(len(block), int) if nearer else (lowest < limits - 2 * slack).sum(axis=1)
            i, j = np.nonzero(block <= limits + 2 * slack)
            if not nearer:
                close = block[i, j] >= (limits - 2 * slack)[i, 0]
                i, j = i[close], j[close]
            i += rows.start
            squares = self.exact(i, j)
            order = np.lexsort((j, squares, i))
            yield i[order], j[order], squares[order], counts

    def nearest_squares(self, k: int) -> np.ndarray:
        """The exact squared distances of each of `x` to the `k` nearest of `y`, nearest first: (N, k)."""
        found = np.empty((len(self.x), k))
        for i, _, squares, _ in self.nearest(k):
            rows, starts = np.unique(i, return_index=True)
            found[rows] = squares[starts[:, np.newaxis] + np.arange(k)]
        return found

    def radii(self, k: int) -> np.ndarray:
        """The exact squared distance (N,) of each of `x` to its k-th nearest neighbour other than itself in `y`."""
        found = np.empty(len(self.x))
        for i, _, squares, counts in self.nearest(k, own=True, nearer=False):
            rows, starts = np.unique(i, return_index=True)
            found[rows] = squares[starts + k - 1 - counts]
        return found

    def nearest_tied(self, own: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """The exact squared distance (N,) of each of `x` to its nearest, and how many are as near: (N,)."""
        found, tied = np.empty(len(self.x)), np.empty(len(self.x), int)
        for i, _, squares, _ in self.nearest(1, own):
            rows, starts, counts = np.unique(i, return_index=True, return_counts=True)
            found[rows] = squares[starts]
            tied[rows] = np.add.reduceat(squares == np.repeat(squares[starts], counts), starts, dtype=int)
        return found, tied


def distance_blocks(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """The rows and blocks of `Distances.blocks`, for sums in which the last digits do not matter."""
    check_sets(x=x, y=y)
    for rows, block, _ in Distances(x, y).blocks():
        yield rows, block


def nearest_distances(x: np.ndarray, y: np.ndarray, count: int) -> np.ndarray:
    """The distances of each of `x` (N, D) to the `count` nearest of `y` (M, D), nearest first: (N, count) float64.

    Where `x` is `y`, the nearest of each is itself, at 0. Equal vectors have exactly the distance 0.

    Raises
    ------
    ConfigError
        `count` is no whole number, or less than 1.
    ShapeError
        The vectors differ in length, or `y` has fewer than `count`.
    DataError
        A vector has NaN or infinity.
    """
    count = check_count("count", count)
    check_sets(x=x, y=y)
    if len(y) < count:
        raise ShapeError(f"expected y of at least {count} vectors, got {len(y)}")
    found = Distances(x, y).nearest_squares(count)
    return np.sqrt(found, out=found)
