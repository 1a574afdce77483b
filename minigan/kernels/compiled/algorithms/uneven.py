"""Images with a number so large that sums of neighbours lose the small ones, found by compiled loops."""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.algorithms.uneven import RATIO
from minigan.kernels.cpu.parallel.scratch import scratch

__all__ = ["uneven"]


@compiled(reassociate=True)
def pixel_sizes(images: np.ndarray, sizes: np.ndarray) -> None:
    """The sum of the squares of each pixel's channels."""
    for b in range(images.shape[0]):
        for i in range(images.shape[1]):
            for j in range(images.shape[2]):
                size = images[b, i, j, 0] * images[b, i, j, 0]
                for c in range(1, images.shape[3]):
                    size += images[b, i, j, c] * images[b, i, j, c]
                sizes[b, i, j] = size


@compiled
def find_uneven(
    sizes: np.ndarray, rows: np.ndarray, columns: np.ndarray, part: float, infinity: float, found: np.ndarray
) -> None:
    """For each image whether the largest pixel in a window is less than `part` of the largest of all, but not 0.

    `rows` and `columns` are the begin and the end of all windows.
    """
    for b in range(sizes.shape[0]):
        largest, finite = sizes[b, 0, 0], True
        for i in range(sizes.shape[1]):
            for j in range(sizes.shape[2]):
                largest = max(largest, sizes[b, i, j])
                finite = finite and sizes[b, i, j] < infinity
        least, small = largest * part, False
        for p in range(rows.shape[0]):
            for q in range(columns.shape[0]):
                seen = largest - largest
                for i in range(rows[p, 0], rows[p, 1]):
                    for j in range(columns[q, 0], columns[q, 1]):
                        if sizes[b, i, j] > seen:
                            seen = sizes[b, i, j]
                    if seen >= least:
                        break
                small = small or 0 < seen < least
        found[b] = small or not finite


def uneven(images: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """For each of the images whether it is uneven, as `minigan.kernels.cpu.algorithms.uneven` says it.

    `rows` and `columns` have, for each row and each column of the outputs, the first pixel that it sees and the end.
    """
    sizes = scratch("sizes", images.shape[:3], images.dtype)
    found = np.empty(len(images), np.bool_)
    pixel_sizes(images, sizes)
    find_uneven(sizes, rows, columns, images.dtype.type(RATIO**-2), images.dtype.type(np.inf), found)
    return found
