"""Any convolution, by its windows as rows of a matrix ("im2col"), a slab at a time.

The formulas are those of `minigan.kernels.reference.convolution`. What makes it fast: the matrix of a few images stays
in the cache between being written and being multiplied, and its memory is that of the slab before.
"""

import itertools
from functools import cached_property

import numpy as np

from minigan.kernels.cpu.algorithms.gemm import by_tap, matrix
from minigan.kernels.cpu.algorithms.small_gemm import correlate, multiply
from minigan.kernels.cpu.parallel.slabs import scratch
from minigan.kernels.reference.padding import Pads, Pair, crop

__all__ = ["Columns", "framed", "windows"]


def framed(x: np.ndarray, pads: Pads) -> np.ndarray:
    """Images with a frame of zeros around them, in scratch memory; without a frame, the images."""
    if not any(map(any, pads)):
        return x
    n, h, w, c = x.shape
    frame = scratch("frame", (n, h + sum(pads[0]), w + sum(pads[1]), c), x.dtype)
    (top, _), (left, _) = pads
    frame[:, :top] = frame[:, top + h :] = 0
    frame[:, top : top + h, :left] = frame[:, top : top + h, left + w :] = 0
    crop(frame, pads)[...] = x
    return frame


def windows(x: np.ndarray, size: Pair, strides: Pair, fit: Pair) -> np.ndarray:
    """All windows of contiguous images as a view (N, OH, OW, KH, KW, C); `fit` is (OH, OW)."""
    per_image, per_row, per_pixel, per_channel = x.strides
    steps = per_image, per_row * strides[0], per_pixel * strides[1], per_row, per_pixel, per_channel
    return np.ndarray((len(x), *fit, *size, x.shape[3]), x.dtype, x, 0, steps)


class Columns:
    """The convolution of images (H, W) with a kernel (KH, KW, C, F) to images (OH, OW)."""

    title = "columns"

    def __init__(self, kernel: np.ndarray, image: Pair, fit: Pair, strides: Pair, pads: Pads) -> None:
        self.size, self.channels, self.order = kernel.shape[:2], kernel.shape[2], kernel.shape
        self.kernel = kernel
        self.weights = kernel.reshape(-1, kernel.shape[3])
        self.image, self.fit, self.strides, self.pads = image, fit, strides, pads
        self.bytes_each = fit[0] * fit[1] * sum(self.weights.shape) * kernel.itemsize

    @cached_property
    def by_tap(self) -> np.ndarray:
        """The kernel as the way back needs it."""
        return by_tap(self.kernel)

    def columns(self, x: np.ndarray) -> np.ndarray:
        """The windows of x as rows, in scratch memory."""
        view = windows(framed(x, self.pads), self.size, self.strides, self.fit)
        rows = scratch("columns", view.shape, x.dtype)
        np.copyto(rows, view)
        return rows.reshape(-1, len(self.weights))

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        multiply(self.columns(x), self.weights, matrix(y))

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        if x is not None and dw is not None:
            correlate(self.columns(x), matrix(dz), dw.reshape(self.weights.shape))
        if dx is not None:
            self.scatter(dz, dx)

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        return dw

    def scatter(self, dz: np.ndarray, dx: np.ndarray) -> None:
        """Every pixel of dx adds up what all the windows that it lies in owe it.

        With strides, a tap owes to every other row and column only. NumPy would begin anew at each pixel: so pixels of
        equal remainders are added up side by side, as small images, and put in their places at the end.
        """
        n, oh, ow, _ = dz.shape
        taps = scratch("columns", (*self.size, n, oh, ow, self.channels), dz.dtype)
        multiply(matrix(dz), self.by_tap, taps.reshape(*self.size, -1, self.channels))
        (sh, sw), ((top, bottom), (left, right)), (h, w) = self.strides, self.pads, self.image
        rows, columns = -(-(top + h + bottom) // sh), -(-(left + w + right) // sw)
        phases = scratch("frame", (sh, sw, n, rows, columns, self.channels), dz.dtype)
        phases.fill(0)
        for i, j in itertools.product(*map(range, self.size)):
            phases[i % sh, j % sw, :, i // sh : i // sh + oh, j // sw : j // sw + ow] += taps[i, j]
        for i, j in itertools.product(range(sh), range(sw)):
            (to_rows, from_rows), (to_columns, from_columns) = interleaved(i, sh, top, h), interleaved(j, sw, left, w)
            dx[:, to_rows, to_columns] = phases[i, j, :, from_rows, from_columns]


def interleaved(phase: int, stride: int, before: int, size: int) -> tuple[slice, slice]:
    """The places of `size` that, with so many `before`, are `phase` more than a multiple; and these multiples."""
    first = (phase - before) % stride
    start = (first + before - phase) // stride
    return slice(first, None, stride), slice(start, start + len(range(first, size, stride)))
