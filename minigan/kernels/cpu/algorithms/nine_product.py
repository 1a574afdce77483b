"""A convolution after an upsampling, by nine products for four pixels instead of 36.

x is doubled by repetition before the convolution. Both copies of a pixel have the same products with the kernel. So the
small image is multiplied by the nine taps, and not the large one. In one dimension, with the products
``a, m, c = x w_0, x w_1, x w_2``, the two outputs at i are

    y[2i] = a[i-1] + m[i] + c[i],        y[2i + 1] = a[i] + m[i] + c[i+1],

and in two dimensions rows and columns do so one after the other. The gradients are the adjoints: with
``e, o = dy[2i], dy[2i + 1]``,

    da[i] = e[i+1] + o[i],    dm[i] = e[i] + o[i],    dc[i] = e[i] + o[i-1],

and then ``dx = da w_0^T + dm w_1^T + dc w_2^T`` and ``dw_0 = x^T da`` and so on are one product each. The upsampled
image is never made.
"""

from functools import cached_property
from typing import Any

import numpy as np

from minigan.kernels.cpu.algorithms.gemm import SlabAlgorithm, by_tap, matrix
from minigan.kernels.cpu.algorithms.im2col import window_view
from minigan.kernels.cpu.algorithms.small_gemm import matmul, matmul_tn
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.padding import Pair

__all__ = ["NineProduct"]


class NineProduct(SlabAlgorithm):
    """Doubling by repetition, then a convolution with 3 x 3 taps that keeps the size."""

    title = "nine products"

    def __init__(self, kernel: np.ndarray, image: Pair) -> None:
        self.filters = kernel.shape[3]
        self.image = image
        self.kernel = kernel
        #: Products of one image with a tap's matrix.
        self.products = 9 * image[0] * image[1]
        self.order: tuple[int, ...] = kernel.shape[2], 3, 3, self.filters
        self.bytes_each = image[0] * image[1] * 9 * self.filters * kernel.itemsize

    @cached_property
    def by_tap(self) -> np.ndarray:
        """The kernel in the order that the backward needs."""
        return by_tap(self.kernel).reshape(9 * self.filters, -1)

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        n, (h, w), f = len(x), self.image, self.filters
        taps = scratch("taps", (3, 3, n, h, w, f), x.dtype)
        matmul(matrix(x), self.kernel, taps.reshape(3, 3, -1, f))
        rows = scratch("rows", (3, 2, n, h, w, f), x.dtype)
        spread(taps, rows.swapaxes(0, 1), ROWS)
        phases = scratch("phases", (2, 2, n, h, w, f), x.dtype)
        spread(rows, phases.swapaxes(0, 1), COLUMNS)
        np.copyto(self.by_phase(y), phases)

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        n, (h, w), f = len(dz), self.image, self.filters
        phases = scratch("phases", (2, 2, n, h, w, f), dz.dtype)
        np.copyto(phases, self.by_phase(dz))
        taps = scratch("taps", (n, h, w, 3, 3, f), dz.dtype)
        for rows, i in collect(phases, ROWS):
            for pixels, j in collect(rows, COLUMNS):
                part = taps[:, :, :, i, j]
                np.copyto(part, window_view(pixels, part.shape[3:5], (1, 1), (h, w)))
        taps = taps.reshape(-1, 9 * f)
        if dx is not None:
            matmul(taps, self.by_tap, matrix(dx))
        if x is not None and dw is not None:
            matmul_tn(matrix(x), taps, dw.reshape(x.shape[-1], -1))

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        return dw.transpose(1, 2, 0, 3)

    def by_phase(self, large: np.ndarray) -> np.ndarray:
        """The large image as four small ones (2, 2, N, H, W, F), of its even and odd rows and columns: a view.

        Copies of these are summed: a sum over every other pixel starts NumPy's inner loop again at each pixel.
        """
        h, w = self.image
        return large.reshape(-1, h, 2, w, 2, self.filters).transpose(2, 4, 0, 1, 3, 5)


#: The axes of rows and of columns, counted from the last.
ROWS, COLUMNS = -3, -2


def part(axis: int, start: int | None, stop: int | None) -> tuple[Any, ...]:
    """The index of a range along an axis that is counted from the last."""
    return (..., slice(start, stop), *(slice(None),) * (-1 - axis))


def spread(taps: np.ndarray, phases: np.ndarray, axis: int) -> None:
    """From a, m, c to the two phases: ``even[i] = m[i] + c[i] + a[i-1]``, ``odd[i] = m[i] + a[i] + c[i+1]``."""
    (a, m, c), (even, odd) = taps, phases
    first, last = part(axis, None, -1), part(axis, 1, None)
    np.add(m, c, out=even)
    even[last] += a[first]
    np.add(m, a, out=odd)
    odd[first] += c[last]


def collect(phases: np.ndarray, axis: int) -> tuple[tuple[np.ndarray, slice], tuple[np.ndarray, slice]]:
    """The adjoint of `spread`, in scratch memory: two arrays, each with the slice of the taps that it holds.

    The first is m. As ``a[i] = even[i+1] + odd[i]`` and ``c[i] = even[i] + odd[i-1]``, the second is c, and one place
    further on a.
    """
    even, odd = phases
    shape = list(even.shape)
    same = np.add(even, odd, out=scratch(f"same {axis}", even.shape, even.dtype))
    shape[axis] += 1
    shifted = scratch(f"shifted {axis}", tuple(shape), even.dtype)
    start, end, first, last = part(axis, None, 1), part(axis, -1, None), part(axis, None, -1), part(axis, 1, None)
    shifted[start] = even[start]
    np.add(even[last], odd[first], out=shifted[part(axis, 1, -1)])
    shifted[end] = odd[end]
    return (same, slice(1, 2)), (shifted, slice(None, None, -2))
