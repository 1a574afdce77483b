"""Any convolution by the windows of a slab as rows of a matrix, gathered and added up again by compiled loops.

Window (p, q) has its tap (i, j) at the pixel

    (r, s) = (p sh + i dh - top, q sw + j dw - left)

of the image, and a zero where that is outside. `im2col` reads x there; its adjoint adds to dx there. Neither needs a
copy of the images with zeros around them. Where the taps of a row are neighbours (dw is 1), so are their channels in
memory: they are copied or added in one run.
"""

from functools import cached_property
from typing import Any

import numpy as np

from minigan.kernels.compiled.algorithms.slab_activations import CompiledActivations
from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.algorithms import im2col as numpy_twin
from minigan.kernels.cpu.algorithms.gemm import matrix
from minigan.kernels.cpu.algorithms.small_gemm import matmul
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.scratch import scratch

__all__ = ["Im2col"]

#: With fewer channels, the gradients of all taps come from one product: each alone would be a narrow matrix.
FEW = 8

#: The type of an index that is not negative: Numba then leaves out Python's rule for negative indices, with which LLVM
#: would not know that a loop reads neighbours.
index = np.uintp


@compiled
def gather(x: np.ndarray, sh: int, sw: int, starts: np.ndarray, rows: np.ndarray) -> None:
    """Copy the windows of x to rows (N, OH, OW, runs, numbers); `starts` has the pixels of the first window's runs."""
    n, h, w, c = x.shape
    _, oh, ow, runs, run = rows.shape
    source, target, to = x.reshape(-1), rows.reshape(-1), 0
    for b in range(n):
        for p in range(oh):
            for q in range(ow):
                for i in range(runs):
                    r, s = p * sh + starts[i, 0], q * sw + starts[i, 1]
                    first, last = -s * c, (w - s) * c  # the part of the run that is in the image
                    place = ((b * h + r) * w + s) * c
                    if 0 <= r < h and first <= 0 and run <= last:
                        for k in range(run):
                            target[index(to + k)] = source[index(place + k)]
                    else:
                        for k in range(run):
                            seen = 0 <= r < h and first <= k < last
                            target[index(to + k)] = source[index(place + k)] if seen else 0
                    to += run


@compiled
def scatter_runs(rows: np.ndarray, sh: int, sw: int, starts: np.ndarray, dx: np.ndarray) -> None:
    """The adjoint of `gather`: add every run to dx where it was read."""
    n, h, w, c = dx.shape
    _, oh, ow, runs, run = rows.shape
    source, target, place = rows.reshape(-1), dx.reshape(-1), 0
    target[:] = 0
    for b in range(n):
        for p in range(oh):
            for q in range(ow):
                for i in range(runs):
                    r, s = p * sh + starts[i, 0], q * sw + starts[i, 1]
                    if 0 <= r < h:
                        to = ((b * h + r) * w + s) * c
                        for k in range(max(0, -s * c), min(run, (w - s) * c)):
                            target[index(to + k)] += source[index(place + k)]
                    place += run


@compiled
def scatter_pixels(taps: np.ndarray, sh: int, sw: int, starts: np.ndarray, dx: np.ndarray) -> None:
    """``dx[b, r, s] <- sum taps[i, b, p, q]``, row by row of dx; `starts` has the pixels of the first window's taps."""
    n, h, w, c = dx.shape
    count, _, oh, ow, _ = taps.shape
    source, target = taps.reshape(-1, c), dx.reshape(-1, c)
    for b in range(n):
        for r in range(h):
            row = (b * h + r) * w
            target[row : row + w] = 0
            for i in range(count):
                p = (r - starts[i, 0]) // sh
                if p * sh + starts[i, 0] == r and 0 <= p < oh:
                    place = ((i * n + b) * oh + p) * ow
                    for q in range(ow):
                        s = q * sw + starts[i, 1]
                        if 0 <= s < w:
                            for k in range(c):
                                target[index(row + s), k] += source[index(place + q), k]


class Im2col(CompiledActivations, numpy_twin.Im2col):
    """The convolution of images (H, W) with a kernel (KH, KW, C, F) to images (OH, OW)."""

    @cached_property
    def transposed(self) -> np.ndarray:
        """The kernel from filters to the channels of all taps: the order that the backward with few channels needs."""
        return memory_pool.contiguous(self.weights.T)

    @cached_property
    def tap_starts(self) -> np.ndarray:
        """The pixel of every tap of the first window, relative to the image."""
        (top, _), (left, _) = self.pads
        return np.ascontiguousarray(np.indices(self.size).reshape(2, -1).T * self.dilation - (top, left))

    @cached_property
    def run_starts(self) -> np.ndarray:
        """The same of every run: a row of taps, or a tap."""
        return self.tap_starts[:: self.size[1]].copy() if self.dilation[1] == 1 else self.tap_starts

    def rows(self, images: int, dtype: Any) -> np.ndarray:
        """Scratch memory for the windows of images: (N, OH, OW, runs, the numbers of a run)."""
        runs = len(self.run_starts)
        return scratch("im2col", (images, *self.out_size, runs, len(self.weights) // runs), dtype)

    def im2col(self, x: np.ndarray) -> np.ndarray:
        rows = self.rows(len(x), x.dtype)
        gather(x, *self.strides, self.run_starts, rows)
        return rows.reshape(-1, len(self.weights))

    def scatter(self, dz: np.ndarray, dx: np.ndarray) -> None:
        n, oh, ow, _ = dz.shape
        if self.channels < FEW:
            rows = self.rows(n, dz.dtype)
            matmul(matrix(dz), self.transposed, rows.reshape(-1, len(self.weights)))
            scatter_runs(rows, *self.strides, self.run_starts, dx)
        else:
            taps = scratch("im2col", (len(self.tap_starts), n, oh, ow, self.channels), dz.dtype)
            matmul(matrix(dz), self.by_tap, taps.reshape(*self.size, -1, self.channels))
            scatter_pixels(taps, *self.strides, self.tap_starts, dx)
