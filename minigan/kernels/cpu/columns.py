"""Any convolution, by its windows as rows of a matrix ("im2col"), a slab at a time.

The formulas are those of `minigan.kernels.reference.convolution`. What makes it fast: the matrix of a few images stays
in the cache between being written and being multiplied, and its memory is that of the slab before.
"""

import numpy as np

from minigan.kernels.cpu.maps import matrix
from minigan.kernels.cpu.slabs import scratch
from minigan.kernels.reference.windows import Pads, Pair, crop

__all__ = ["Columns", "framed", "windows"]


def framed(x: np.ndarray, pads: Pads) -> np.ndarray:
    """Images with a frame of zeros around them, in scratch memory; without a frame, the images."""
    if not any(map(any, pads)):
        return x
    n, h, w, c = x.shape
    frame = scratch("frame", (n, h + sum(pads[0]), w + sum(pads[1]), c), x.dtype)
    frame.fill(0)
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
        self.weights = kernel.reshape(-1, kernel.shape[3])
        self.image, self.fit, self.strides, self.pads = image, fit, strides, pads
        self.bytes_each = fit[0] * fit[1] * sum(self.weights.shape) * kernel.itemsize

    def columns(self, x: np.ndarray) -> np.ndarray:
        """The windows of x as rows, in scratch memory."""
        view = windows(framed(x, self.pads), self.size, self.strides, self.fit)
        rows = scratch("columns", view.shape, x.dtype)
        np.copyto(rows, view)
        return rows.reshape(-1, len(self.weights))

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        np.matmul(self.columns(x), self.weights, out=matrix(y))

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        if x is not None and dw is not None:
            np.matmul(self.columns(x).T, matrix(dz), out=dw.reshape(self.weights.shape))
        if dx is not None:
            self.scatter(dz, dx)

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        return dw

    def scatter(self, dz: np.ndarray, dx: np.ndarray) -> None:
        """Every pixel of dx adds up what all the windows that it lies in owe it."""
        (kh, kw), c = self.size, self.channels
        taps = scratch("columns", (*dz.shape[:3], kh, kw, c), dz.dtype)
        np.matmul(matrix(dz), self.weights.T, out=taps.reshape(-1, len(self.weights)))
        height, width = (extent + sum(pads) for extent, pads in zip(self.image, self.pads))
        total = scratch("frame", (len(dz), height, width, c), dz.dtype)
        total.fill(0)
        for i in range(kh):
            for j in range(kw):
                place = total[:, i : i + height - kh + 1 : self.strides[0], j : j + width - kw + 1 : self.strides[1]]
                place += taps[:, :, :, i, j]
        dx[...] = crop(total, self.pads)
