"""Winograd's transforms as loops: a sparse matrix times vectors of channels, for every window of an image.

A window's numbers are in the fastest cache while they are copied from the image, multiplied by the matrix, and written.
`minigan.kernels.compiled.algorithms.points` has the matrices. `windows` are six integers: the height and width of the
windows, how far they are apart, and how far the first begins above and left of the image. `near` and `found` are
memory for the numbers of one window, a row for each place.
"""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.reference.padding import Pair

__all__ = ["Windows", "add_windows", "transform_kernel", "transform_windows", "write_windows"]

Windows = tuple[int, int, int, int, int, int]


@compiled
def combine(places: np.ndarray, factors: np.ndarray, rows: np.ndarray, results: np.ndarray) -> None:
    """``results[i] = sum_t factors[i, t] rows[places[i, t]]``; a factor of 0 ends a sum."""
    for i in range(results.shape[0]):
        factor, place = factors[i, 0], places[i, 0]
        for c in range(results.shape[1]):
            results[i, c] = factor * rows[place, c]
        for t in range(1, factors.shape[1]):
            factor, place = factors[i, t], places[i, t]
            if factor == 0:
                break
            for c in range(results.shape[1]):
                results[i, c] += factor * rows[place, c]


@compiled
def transform_windows(
    places: np.ndarray,
    factors: np.ndarray,
    x: np.ndarray,
    first: int,
    left_out: np.ndarray,
    windows: Windows,
    near: np.ndarray,
    results: np.ndarray,
) -> None:
    """The matrix times every window of x, of some channels from `first` on; zeros for images that are left out.

    The results are (N, rows, columns, numbers, channels).
    """
    height, width, down, across, above, before = windows
    n, h, w, channels = x.shape[0], x.shape[1], x.shape[2], near.shape[1]
    for b in range(n):
        if left_out[b]:
            results[b] = 0
            continue
        for row in range(results.shape[1]):
            for column in range(results.shape[2]):
                top, left = row * down - above, column * across - before
                for i in range(height):
                    for j in range(width):
                        place = i * width + j
                        if 0 <= top + i < h and 0 <= left + j < w:
                            pixel = x[b, top + i, left + j, first : first + channels]
                            for c in range(channels):
                                near[place, c] = pixel[c]
                        else:
                            for c in range(channels):
                                near[place, c] = 0
                combine(places, factors, near, results[b, row, column])


@compiled
def add_windows(
    places: np.ndarray,
    factors: np.ndarray,
    numbers: np.ndarray,
    windows: Windows,
    near: np.ndarray,
    first: int,
    dx: np.ndarray,
) -> None:
    """The adjoint of `transform_windows`: add the matrix times the numbers of every window to dx, which is 0 before."""
    height, width, down, across, above, before = windows
    n, h, w, channels = dx.shape[0], dx.shape[1], dx.shape[2], near.shape[1]
    for b in range(n):
        for i in range(h):
            for j in range(w):
                pixel = dx[b, i, j, first : first + channels]
                for c in range(channels):
                    pixel[c] = 0
        for row in range(numbers.shape[1]):
            for column in range(numbers.shape[2]):
                combine(places, factors, numbers[b, row, column], near)
                top, left = row * down - above, column * across - before
                for i in range(max(0, -top), min(height, h - top)):
                    for j in range(max(0, -left), min(width, w - left)):
                        place = i * width + j
                        pixel = dx[b, top + i, left + j, first : first + channels]
                        for c in range(channels):
                            pixel[c] += near[place, c]


@compiled
def write_windows(
    places: np.ndarray,
    factors: np.ndarray,
    numbers: np.ndarray,
    windows: Windows,
    near: np.ndarray,
    bias: np.ndarray,
    slope: float,
    y: np.ndarray,
) -> None:
    """``y = f(z + b)``, where every window of z is the matrix times its numbers; f has a slope below zero."""
    height, width, down, across, _, _ = windows
    n, h, w, filters = y.shape
    for b in range(n):
        for row in range(numbers.shape[1]):
            for column in range(numbers.shape[2]):
                combine(places, factors, numbers[b, row, column], near)
                top, left = row * down, column * across
                for i in range(min(height, h - top)):
                    for j in range(min(width, w - left)):
                        place = i * width + j
                        for c in range(filters):
                            value = near[place, c] + bias[c]
                            y[b, top + i, left + j, c] = value if not value <= 0 else slope * value


@compiled
def transform_kernel(
    places: np.ndarray,
    factors: np.ndarray,
    kernel: np.ndarray,
    start: Pair,
    size: Pair,
    near: np.ndarray,
    found: np.ndarray,
    results: np.ndarray,
    begin: Pair,
) -> None:
    """The matrix times a block of matrices, from a kernel (taps, C, F) to results (slots, C, F).

    The block of this `size` starts at channel and filter `start` of the kernel, and begins at `begin` of the results.
    The matrices lie powers of 2 apart, so that a cache would hold few of them at once: a few filters are copied
    to where they lie close together.
    """
    for channel in range(size[0]):
        for first in range(0, size[1], near.shape[1]):
            count = min(near.shape[1], size[1] - first)
            for tap in range(near.shape[0]):
                row = kernel[tap, start[0] + channel, start[1] + first : start[1] + first + count]
                for k in range(count):
                    near[tap, k] = row[k]
            combine(places, factors, near, found)
            for slot in range(found.shape[0]):
                row = results[slot, begin[0] + channel, begin[1] + first : begin[1] + first + count]
                for k in range(count):
                    row[k] = found[slot, k]
