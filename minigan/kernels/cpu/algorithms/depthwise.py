"""A convolution of each channel by itself: tap by tap, without any matrix.

Where a filter sees one channel, a window has KH*KW numbers for one output, and a product of matrices would have one
column. So the pixels at one place of all windows, a view of the images, are multiplied by the numbers of this tap, and
the taps are added up.
"""

from collections.abc import Iterator

import numpy as np

from minigan.kernels.cpu.algorithms.gemm import SlabAlgorithm
from minigan.kernels.cpu.algorithms.im2col import zero_padded
from minigan.kernels.cpu.parallel.broadcast import row_sum
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.padding import Pads, Pair, crop

__all__ = ["Depthwise"]


class Depthwise(SlabAlgorithm):
    """The convolution of images (H, W, C) with a kernel (KH, KW, 1, F) in C groups, to images (OH, OW, F)."""

    title = "depthwise"

    def __init__(
        self, kernel: np.ndarray, image: Pair, out_size: Pair, strides: Pair, pads: Pads, dilation: Pair, channels: int
    ) -> None:
        self.size, self.filters, self.order = kernel.shape[:2], kernel.shape[3], kernel.shape
        self.kernel, self.each = kernel, self.filters // channels
        self.out_size, self.strides, self.pads, self.dilation = out_size, strides, pads, dilation
        self.padded = image[0] + sum(pads[0]), image[1] + sum(pads[1])
        # A row of outputs at once: NumPy's inner loop would be short over the channels alone.
        self.rows = np.repeat(kernel, out_size[1], axis=2)
        self.bytes_each = (
            2 * self.filters * kernel.itemsize * (self.padded[0] * self.padded[1] + out_size[0] * out_size[1])
        )

    def taps(self, padded: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
        """Each tap with the pixels at its place of all windows: a view (N, OH, OW, F)."""
        (oh, ow), (sh, sw), (dh, dw) = self.out_size, self.strides, self.dilation
        for i in range(self.size[0]):
            for j in range(self.size[1]):
                rows, columns = (
                    slice(i * dh, i * dh + (oh - 1) * sh + 1, sh),
                    slice(j * dw, j * dw + (ow - 1) * sw + 1, sw),
                )
                yield i, j, padded[:, rows, columns]

    def repeated(self, x: np.ndarray) -> np.ndarray:
        """The padded images with each channel as often as it has filters, in scratch memory or as they are."""
        padded = zero_padded(x, self.pads)
        if self.each == 1:
            return padded
        wide = scratch("repeated", (*padded.shape, self.each), x.dtype)
        wide[...] = padded[..., None]
        return wide.reshape(*padded.shape[:3], self.filters)

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        part = scratch("part", y.shape, y.dtype)
        y.fill(0)
        for i, j, pixels in self.taps(self.repeated(x)):
            np.multiply(pixels, self.rows[i, j], out=part)
            y += part

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        if x is not None and dw is not None:
            self.kernel_product(x, dz, dw)
        if dx is not None:
            total = scratch("total", (len(dz), *self.padded, self.filters), dz.dtype)
            self.scatter(dz, total)
            inner = crop(total, self.pads)
            np.copyto(dx, inner[..., :: self.each])
            for k in range(1, self.each):
                dx += inner[..., k :: self.each]

    def kernel_product(self, x: np.ndarray, dz: np.ndarray, dw: np.ndarray) -> None:
        """Write the gradient with respect to w to dw."""
        part = scratch("part", dz.shape, dz.dtype)
        for i, j, pixels in self.taps(self.repeated(x)):
            np.multiply(pixels, dz, out=part)
            row_sum(part, dw[i, j, 0])

    def scatter(self, dz: np.ndarray, total: np.ndarray) -> None:
        """Write the gradient with respect to the padded and repeated images to `total`."""
        part = scratch("part", dz.shape, dz.dtype)
        total.fill(0)
        for i, j, pixels in self.taps(total):
            np.multiply(dz, self.rows[i, j], out=part)
            pixels += part

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        return dw
