"""Any convolution by the windows of a slab as rows of a matrix, gathered and added up again by compiled loops.

Window (p, q) has its tap (i, j) at the pixel

    (r, s) = (p sh + i dh - top, q sw + j dw - left)

of the image, and a zero where that is outside. `im2col` reads x there; its adjoint adds to dx there. Neither needs a
copy of the images with zeros around them. Where the taps of a row are neighbours (dw is 1), so are their channels in
memory: they are copied or added in one run.
"""

import math
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import numpy as np

from minigan.kernels.compiled.algorithms.slab_activations import CompiledActivations
from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.algorithms import im2col as numpy_twin
from minigan.kernels.cpu.algorithms.gemm import matrix
from minigan.kernels.cpu.algorithms.small_gemm import matmul
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.padding import Pair

__all__ = ["Im2col"]

#: Of images: (N, H, W, C).
Shape: TypeAlias = tuple[int, int, int, int]

#: With fewer channels, the gradients of all taps come from one product: each alone would be a narrow matrix.
FEW = 8

#: The type of an index that is not negative: Numba then leaves out Python's rule for negative indices, with which LLVM
#: would not know that a loop reads neighbours.
index = np.uintp


@compiled
def gather(x: np.ndarray, shape: Shape, starts: np.ndarray, strides: Pair, out_size: Pair, rows: np.ndarray) -> None:
    """Copy the windows of images to rows of runs (N, OH, OW, runs, numbers); x and `rows` are flat.

    `starts` has the pixels at which the runs of the first window begin.
    """
    (n, h, w, c), (sh, sw), (oh, ow), runs = shape, strides, out_size, len(starts)
    run, to = rows.size // (n * oh * ow * runs), 0
    for b in range(n):
        for p in range(oh):
            for q in range(ow):
                for i in range(runs):
                    r, s = p * sh + starts[i, 0], q * sw + starts[i, 1]
                    first, last = -s * c, (w - s) * c  # the part of the run that is in the image
                    place = ((b * h + r) * w + s) * c
                    if 0 <= r < h and first <= 0 and run <= last:
                        for k in range(run):
                            rows[index(to + k)] = x[index(place + k)]
                    else:
                        for k in range(run):
                            seen = 0 <= r < h and first <= k < last
                            rows[index(to + k)] = x[index(place + k)] if seen else 0
                    to += run


@compiled
def scatter_runs(
    rows: np.ndarray, shape: Shape, starts: np.ndarray, strides: Pair, out_size: Pair, dx: np.ndarray
) -> None:
    """The adjoint of `gather`: add every run to dx where it was read."""
    (n, h, w, c), (sh, sw), (oh, ow), runs = shape, strides, out_size, len(starts)
    run, place = rows.size // (n * oh * ow * runs), 0
    dx[:] = 0
    for b in range(n):
        for p in range(oh):
            for q in range(ow):
                for i in range(runs):
                    r, s = p * sh + starts[i, 0], q * sw + starts[i, 1]
                    if 0 <= r < h:
                        to = ((b * h + r) * w + s) * c
                        for k in range(max(0, -s * c), min(run, (w - s) * c)):
                            dx[index(to + k)] += rows[index(place + k)]
                    place += run


@compiled
def scatter_pixels(
    taps: np.ndarray, shape: Shape, starts: np.ndarray, strides: Pair, out_size: Pair, dx: np.ndarray
) -> None:
    """The same for vectors `taps` (taps, N, OH, OW), pixel by pixel, each row of dx after the other.

    `starts` has the pixels of the first window's taps. The arrays are matrices with a pixel in each row.
    """
    (n, h, w, c), (sh, sw), (oh, ow) = shape, strides, out_size
    for b in range(n):
        for r in range(h):
            row = (b * h + r) * w
            dx[row : row + w] = 0
            for i in range(len(starts)):
                p = (r - starts[i, 0]) // sh
                if p * sh + starts[i, 0] == r and 0 <= p < oh:
                    place = ((i * n + b) * oh + p) * ow
                    for q in range(ow):
                        s = q * sw + starts[i, 1]
                        if 0 <= s < w:
                            for k in range(c):
                                dx[index(row + s), k] += taps[index(place + q), k]


@lru_cache(maxsize=64)
def starts_of(size: Pair, dilation: Pair, corner: Pair) -> np.ndarray:
    """The pixel of every tap of the first window, which begins before the image by `corner`."""
    return np.ascontiguousarray(np.indices(size).reshape(2, -1).T * dilation - corner)


class Im2col(CompiledActivations, numpy_twin.Im2col):
    """The convolution of images (H, W) with a kernel (KH, KW, C, F) to images (OH, OW)."""

    @cached_property
    def transposed(self) -> np.ndarray:
        """The kernel from filters to the channels of all taps: the order that the backward with few channels needs."""
        return memory_pool.contiguous(self.weights.T)

    @property
    def corner(self) -> Pair:
        """Where the first window begins, before the image."""
        return self.pads[0][0], self.pads[1][0]

    @property
    def tap_starts(self) -> np.ndarray:
        """The pixel of every tap of the first window, relative to the image."""
        return starts_of(self.size, self.dilation, self.corner)

    @property
    def run_starts(self) -> np.ndarray:
        """The same of every run: a row of taps, or a tap."""
        size = (self.size[0], 1) if self.dilation[1] == 1 else self.size
        return starts_of(size, self.dilation, self.corner)

    def rows(self, images: int, dtype: Any) -> np.ndarray:
        """Scratch memory for the windows of images as rows."""
        return scratch("im2col", (images * math.prod(self.out_size), len(self.weights)), dtype)

    def im2col(self, x: np.ndarray) -> np.ndarray:
        rows = self.rows(len(x), x.dtype)
        gather(x.reshape(-1), x.shape, self.run_starts, self.strides, self.out_size, rows.reshape(-1))
        return rows

    def scatter(self, dz: np.ndarray, dx: np.ndarray) -> None:
        if self.channels < FEW:
            rows = self.rows(len(dz), dz.dtype)
            matmul(matrix(dz), self.transposed, rows)
            scatter_runs(rows.reshape(-1), dx.shape, self.run_starts, self.strides, self.out_size, dx.reshape(-1))
        else:
            dz, dx_pixels = matrix(dz), matrix(dx)
            taps = scratch("im2col", (*self.size, len(dz), self.channels), dz.dtype)
            matmul(dz, self.by_tap, taps)
            scatter_pixels(matrix(taps), dx.shape, self.tap_starts, self.strides, self.out_size, dx_pixels)
