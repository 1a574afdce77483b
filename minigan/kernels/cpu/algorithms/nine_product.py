"""Convolutions whose taps are multiplied first and shifted afterwards.

``y[p] = sum_i x[p + i - 1] w_i``, in one dimension: one may gather the neighbours of a pixel and multiply them all at
once (`minigan.kernels.cpu.algorithms.im2col`), or multiply every pixel by every tap, ``z_i = x w_i``, and add up what
lies where: ``y[p] = sum_i z_i[p + i - 1]``. The multiplications are the same;
what is copied and added is the narrow side y instead of the wide side x. Two cases gain by that.

`Narrow`: few channels come out, as where a generator makes its image.

`Upsampled`: x is doubled by repetition before the convolution. Both copies of a pixel have the same products, so the
small image is multiplied, by nine taps, and not the large one: nine products for four pixels of y instead of 36. With
``a, m, c = x w_0, x w_1, x w_2`` the two outputs at i are

    y[2i] = a[i-1] + m[i] + c[i],        y[2i + 1] = a[i] + m[i] + c[i+1],

and rows and columns do so one after the other. The gradients are the adjoints: with ``e, o = dy[2i], dy[2i + 1]``,

    da[i] = e[i+1] + o[i],    dm[i] = e[i] + o[i],    dc[i] = e[i] + o[i-1],

and then ``dx = da w_0^T + dm w_1^T + dc w_2^T`` and ``dw_0 = x^T da`` and so on are one product each. The upsampled
image never exists.
"""

from functools import cached_property
from typing import Any

import numpy as np

from minigan.kernels.cpu.algorithms.gemm import by_tap, matrix
from minigan.kernels.cpu.algorithms.im2col import framed, windows
from minigan.kernels.cpu.algorithms.small_gemm import correlate, multiply, multiply_rows
from minigan.kernels.cpu.parallel.slabs import scratch
from minigan.kernels.reference.padding import Pads, Pair

__all__ = ["Narrow", "Upsampled"]


class Narrow:
    """A convolution of stride 1 from many channels to few."""

    title = "taps first"

    def __init__(self, kernel: np.ndarray, image: Pair, fit: Pair, pads: Pads) -> None:
        kh, kw, c, f = self.shape = kernel.shape
        self.order: tuple[int, ...] = kh, kw, f, c
        self.fit, self.image, self.pads = fit, image, pads
        # In dz a pixel of x finds its windows in the opposite order: the last tap reads the first.
        self.by_tap = by_tap(kernel[::-1, ::-1]).reshape(-1, c)
        self.bytes_each = image[0] * image[1] * sum(self.by_tap.shape) * kernel.itemsize

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        kh, kw, _, f = self.shape
        n, (h, w), (oh, ow), ((top, _), (left, _)) = len(x), self.image, self.fit, self.pads
        taps = scratch("columns", (kh, kw, f, n, h, w), x.dtype)
        multiply_rows(self.by_tap, matrix(x), taps.reshape(kh * kw * f, -1))
        y.fill(0)
        for i in range(kh):
            rows, from_rows = overlap(kh - 1 - i - top, oh, h)
            for j in range(kw):
                cols, from_cols = overlap(kw - 1 - j - left, ow, w)
                for k in range(f):
                    y[:, rows, cols, k] += taps[i, j, k][:, from_rows, from_cols]

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        kh, kw, c, f = self.shape
        ((top, bottom), (left, right)) = self.pads
        around = (kh - 1 - top, kh - 1 - bottom), (kw - 1 - left, kw - 1 - right)
        view = windows(framed(dz, around), (kh, kw), (1, 1), self.image)
        taps = scratch("columns", view.shape, dz.dtype)
        np.copyto(taps, view)
        taps = taps.reshape(-1, kh * kw * f)
        if dx is not None:
            multiply(taps, self.by_tap, matrix(dx))
        if x is not None and dw is not None:
            correlate(taps, matrix(x), dw.reshape(-1, c))

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        return dw[::-1, ::-1].transpose(0, 1, 3, 2)


def overlap(shift: int, size: int, source: int) -> tuple[slice, slice]:
    """The places p of `size` for which ``p + shift`` is one of `source`, and these."""
    start, stop = max(0, -shift), min(size, source - shift)
    return slice(start, stop), slice(start + shift, stop + shift)


class Upsampled:
    """Doubling by repetition, then a convolution of 3 x 3 taps that keeps the size."""

    title = "nine products"

    def __init__(self, kernel: np.ndarray, image: Pair) -> None:
        self.filters = kernel.shape[3]
        self.image = image
        self.kernel = kernel
        self.order: tuple[int, ...] = kernel.shape[2], 3, 3, self.filters
        self.bytes_each = image[0] * image[1] * 9 * self.filters * kernel.itemsize

    @cached_property
    def by_tap(self) -> np.ndarray:
        """The kernel as the way back needs it; the way there does not."""
        return by_tap(self.kernel).reshape(9 * self.filters, -1)

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        n, (h, w), f = len(x), self.image, self.filters
        taps = scratch("taps", (3, 3, n, h, w, f), x.dtype)
        multiply(matrix(x), self.kernel, taps.reshape(3, 3, -1, f))
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
                np.copyto(part, windows(pixels, part.shape[3:5], (1, 1), (h, w)))
        taps = taps.reshape(-1, 9 * f)
        if dx is not None:
            multiply(taps, self.by_tap, matrix(dx))
        if x is not None and dw is not None:
            correlate(matrix(x), taps, dw.reshape(x.shape[-1], -1))

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        return dw.transpose(1, 2, 0, 3)

    def by_phase(self, large: np.ndarray) -> np.ndarray:
        """The large image as four small ones (2, 2, N, H, W, F), of its even and odd rows and columns: a view.

        Sums are made of copies of these: for a sum of every other pixel, NumPy begins anew at each pixel.
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
    """The adjoint of `spread`, in scratch memory, as two arrays, each with the taps it holds.

    One is m. As ``a[i] = even[i+1] + odd[i]`` and ``c[i] = even[i] + odd[i-1]``, the other is c, and a one place on.
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
