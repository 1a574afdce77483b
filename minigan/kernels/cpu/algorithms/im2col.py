"""Any convolution, by the windows of a slab as rows of a matrix ("im2col").

The formulas are those of `minigan.kernels.reference.convolution`. It is fast because the matrix of a slab stays in the
cache between being written and being multiplied, and because each slab uses the same memory.
"""

import itertools
from functools import cached_property

import numpy as np

from minigan.kernels.cpu.algorithms.gemm import SlabAlgorithm, by_tap, matrix
from minigan.kernels.cpu.algorithms.small_gemm import matmul, matmul_tn
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.padding import Pads, Pair, crop
from minigan.kernels.reference.windows import DENSE

__all__ = ["Im2col", "window_view", "zero_padded"]


def zero_padded(x: np.ndarray, pads: Pads) -> np.ndarray:
    """Images with zeros around them, in scratch memory; without padding, the images themselves."""
    if not any(map(any, pads)):
        return x
    n, h, w, c = x.shape
    padded = scratch("padded", (n, h + sum(pads[0]), w + sum(pads[1]), c), x.dtype)
    (top, _), (left, _) = pads
    padded[:, :top] = padded[:, top + h :] = 0
    padded[:, top : top + h, :left] = padded[:, top : top + h, left + w :] = 0
    crop(padded, pads)[...] = x
    return padded


def window_view(x: np.ndarray, size: Pair, strides: Pair, out_size: Pair, dilation: Pair = DENSE) -> np.ndarray:
    """All windows of contiguous images as a view (N, OH, OW, KH, KW, C); `out_size` is (OH, OW)."""
    per_image, per_row, per_pixel, per_channel = x.strides
    apart = per_row * strides[0], per_pixel * strides[1], per_row * dilation[0], per_pixel * dilation[1]
    return np.ndarray((len(x), *out_size, *size, x.shape[3]), x.dtype, x, 0, (per_image, *apart, per_channel))


class Im2col(SlabAlgorithm):
    """The convolution of images (H, W) with a kernel (KH, KW, C, F) to images (OH, OW)."""

    title = "im2col"

    def __init__(
        self, kernel: np.ndarray, image: Pair, out_size: Pair, strides: Pair, pads: Pads, dilation: Pair = DENSE
    ) -> None:
        self.size, self.channels, self.order = kernel.shape[:2], kernel.shape[2], kernel.shape
        self.kernel = kernel
        self.weights = kernel.reshape(-1, kernel.shape[3])
        self.image, self.out_size, self.strides, self.pads = image, out_size, strides, pads
        self.dilation = dilation
        self.bytes_each = out_size[0] * out_size[1] * sum(self.weights.shape) * kernel.itemsize

    @cached_property
    def by_tap(self) -> np.ndarray:
        """The kernel in the order that the backward needs."""
        return by_tap(self.kernel)

    def im2col(self, x: np.ndarray) -> np.ndarray:
        """The windows of x as rows, in scratch memory."""
        view = window_view(zero_padded(x, self.pads), self.size, self.strides, self.out_size, self.dilation)
        rows = scratch("im2col", view.shape, x.dtype)
        np.copyto(rows, view)
        return rows.reshape(-1, len(self.weights))

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        matmul(self.im2col(x), self.weights, matrix(y))

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        if x is not None and dw is not None:
            matmul_tn(self.im2col(x), matrix(dz), dw.reshape(self.weights.shape))
        if dx is not None:
            self.scatter(dz, dx)

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        return dw

    def scatter(self, dz: np.ndarray, dx: np.ndarray) -> None:
        """Every pixel of dx is the sum of the gradients from all windows that it is in.

        With strides, a tap adds to every other row and column only, and NumPy would start its inner loop again at each
        pixel. So pixels with the same remainder are summed as a small image of their own, and put in their places at
        the end.
        """
        n, oh, ow, _ = dz.shape
        taps = scratch("im2col", (*self.size, n, oh, ow, self.channels), dz.dtype)
        matmul(matrix(dz), self.by_tap, taps.reshape(*self.size, -1, self.channels))
        (sh, sw), ((top, bottom), (left, right)), (h, w) = self.strides, self.pads, self.image
        rows, columns = -(-(top + h + bottom) // sh), -(-(left + w + right) // sw)
        phases = scratch("padded", (sh, sw, n, rows, columns, self.channels), dz.dtype)
        phases.fill(0)
        for tap in itertools.product(*map(range, self.size)):
            i, j = (place * apart for place, apart in zip(tap, self.dilation))
            phases[i % sh, j % sw, :, i // sh : i // sh + oh, j // sw : j // sw + ow] += taps[tap]
        for i, j in itertools.product(range(sh), range(sw)):
            (to_rows, from_rows), (to_columns, from_columns) = interleaved(i, sh, top, h), interleaved(j, sw, left, w)
            dx[:, to_rows, to_columns] = phases[i, j, :, from_rows, from_columns]


def interleaved(phase: int, stride: int, before: int, size: int) -> tuple[slice, slice]:
    """The places p below `size` with ``p + before = k stride + phase``, and their k: two slices."""
    first = (phase - before) % stride
    start = (first + before - phase) // stride
    return slice(first, None, stride), slice(start, start + len(range(first, size, stride)))
