"""Winograd's transforms as loops: a sparse matrix times vectors of channels, for every patch and every channel.

A patch is in the cache while it is copied out of its image, multiplied by the matrix, and written as slots; so are its
outputs, with bias, activation and their gradients. `minigan.kernels.compiled.algorithms.points` has the matrices.
"""

import numpy as np

from minigan.kernels.compiled.algorithms.points import Sparse
from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.reference.padding import Pair

__all__ = ["from_outputs", "from_patches", "to_outputs", "to_patches", "transform_kernel"]


#: Numbers of a row that are transformed at once: all rows fit into the smallest cache.
NEAR = 128


@compiled
def combine(matrix: Sparse, rows: np.ndarray, results: np.ndarray) -> None:
    """``results[i] = sum_j matrix[i, j] rows[j]``."""
    starts, places, factors = matrix
    for i in range(results.shape[0]):
        k = starts[i]
        factor, place = factors[k], places[k]
        for c in range(results.shape[1]):
            results[i, c] = factor * rows[place, c]
        for k in range(starts[i] + 1, starts[i + 1]):
            factor, place = factors[k], places[k]
            for c in range(results.shape[1]):
                results[i, c] += factor * rows[place, c]


@compiled
def transform_kernel(
    matrix: Sparse, taps: np.ndarray, at_taps: Pair, slots: np.ndarray, at_slots: Pair, size: Pair
) -> None:
    """The matrix times a block of matrices, of kernels (taps, C, F) and (slots, C, F), that begins at these places.

    The matrices of taps lie a power of 2 apart, so that a cache would hold few of them at once: numbers are copied
    to where they lie close together.
    """
    near, found = np.empty((taps.shape[0], NEAR), taps.dtype), np.empty((slots.shape[0], NEAR), taps.dtype)
    for line in range(size[0]):
        for first in range(0, size[1], NEAR):
            count = min(NEAR, size[1] - first)
            begin = at_taps[1] + first
            for tap in range(taps.shape[0]):
                given = taps[tap, at_taps[0] + line, begin : begin + count]
                for k in range(count):
                    near[tap, k] = given[k]
            combine(matrix, near, found)
            begin = at_slots[1] + first
            for slot in range(slots.shape[0]):
                result = slots[slot, at_slots[0] + line, begin : begin + count]
                for k in range(count):
                    result[k] = found[slot, k]


@compiled
def to_patches(
    matrix: Sparse,
    x: np.ndarray,
    first: int,
    left_out: np.ndarray,
    size: Pair,
    steps: Pair,
    corner: Pair,
    patches: np.ndarray,
) -> None:
    """The slots of all patches (N, rows, columns, slots, C) of x, of C channels from `first` on.

    Patches of `size` pixels are `steps` apart, and the first begins `corner` pixels outside of the image. Images that
    are left out give zeros.
    """
    (n, h, w), channels = x.shape[:3], patches.shape[4]
    pixels = np.empty((size[0] * size[1], channels), x.dtype)
    for b in range(n):
        if left_out[b]:
            patches[b] = 0
            continue
        for row in range(patches.shape[1]):
            for column in range(patches.shape[2]):
                top, left = row * steps[0] - corner[0], column * steps[1] - corner[1]
                for i in range(size[0]):
                    for j in range(size[1]):
                        place = i * size[1] + j
                        if 0 <= top + i < h and 0 <= left + j < w:
                            pixel = x[b, top + i, left + j, first : first + channels]
                            for c in range(channels):
                                pixels[place, c] = pixel[c]
                        else:
                            for c in range(channels):
                                pixels[place, c] = 0
                combine(matrix, pixels, patches[b, row, column])


@compiled
def from_patches(
    matrix: Sparse, patches: np.ndarray, size: Pair, steps: Pair, corner: Pair, first: int, dx: np.ndarray
) -> None:
    """The adjoint of `to_patches`: write C channels of dx from `first` on, where patches overlap."""
    (n, h, w), channels = dx.shape[:3], patches.shape[4]
    pixels = np.empty((size[0] * size[1], channels), dx.dtype)
    for b in range(n):
        for i in range(h):
            for j in range(w):
                dx[b, i, j, first : first + channels] = 0
        for row in range(patches.shape[1]):
            for column in range(patches.shape[2]):
                combine(matrix, patches[b, row, column], pixels)
                top, left = row * steps[0] - corner[0], column * steps[1] - corner[1]
                for i in range(max(0, -top), min(size[0], h - top)):
                    for j in range(max(0, -left), min(size[1], w - left)):
                        place = i * size[1] + j
                        pixel = dx[b, top + i, left + j, first : first + channels]
                        for c in range(channels):
                            pixel[c] += pixels[place, c]


@compiled
def to_outputs(matrix: Sparse, products: np.ndarray, size: Pair, bias: np.ndarray, slope: float, y: np.ndarray) -> None:
    """``y = f(z + b)``, z of the products (N, rows, columns, points, F) of all patches; f has a slope below zero."""
    n, h, w, filters = y.shape
    outputs = np.empty((size[0] * size[1], filters), y.dtype)
    for b in range(n):
        for row in range(products.shape[1]):
            for column in range(products.shape[2]):
                combine(matrix, products[b, row, column], outputs)
                top, left = row * size[0], column * size[1]
                for i in range(min(size[0], h - top)):
                    for j in range(min(size[1], w - left)):
                        place = i * size[1] + j
                        for c in range(filters):
                            value = outputs[place, c] + bias[c]
                            y[b, top + i, left + j, c] = value if not value <= 0 else slope * value


@compiled
def from_outputs(matrix: Sparse, dz: np.ndarray, left_out: np.ndarray, size: Pair, products: np.ndarray) -> None:
    """The adjoint of the linear part of `to_outputs`; zeros for the images that are left out."""
    n, h, w, filters = dz.shape
    outputs = np.empty((size[0] * size[1], filters), dz.dtype)
    for b in range(n):
        if left_out[b]:
            products[b] = 0
            continue
        for row in range(products.shape[1]):
            for column in range(products.shape[2]):
                top, left = row * size[0], column * size[1]
                for i in range(size[0]):
                    for j in range(size[1]):
                        place = i * size[1] + j
                        if top + i < h and left + j < w:
                            for c in range(filters):
                                outputs[place, c] = dz[b, top + i, left + j, c]
                        else:
                            for c in range(filters):
                                outputs[place, c] = 0
                combine(matrix, outputs, products[b, row, column])
