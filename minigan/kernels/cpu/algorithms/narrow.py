"""Convolutions with few filters: the taps are multiplied first and shifted afterwards.

In one dimension ``y[p] = sum_i x[p + i - 1] w_i``. One may gather the neighbours of each pixel and multiply them all at
once (`minigan.kernels.cpu.algorithms.im2col`). Or one may multiply every pixel by every tap, ``z_i = x w_i``, and add
the shifted products, ``y[p] = sum_i z_i[p + i - 1]``. The multiplications are the same. But im2col copies the wide side
x, and this algorithm adds up the narrow side y: that is faster where few channels come out, as where a generator makes
its image.
"""

import numpy as np

from minigan.kernels.cpu.algorithms.gemm import SlabAlgorithm, by_tap, matrix
from minigan.kernels.cpu.algorithms.im2col import window_view, zero_padded
from minigan.kernels.cpu.algorithms.small_gemm import matmul, matmul_nt, matmul_tn
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.padding import Pads, Pair

__all__ = ["Narrow"]


class Narrow(SlabAlgorithm):
    """A convolution of stride 1 from many channels to few."""

    title = "taps first"

    def __init__(self, kernel: np.ndarray, image: Pair, out_size: Pair, pads: Pads) -> None:
        kh, kw, c, f = self.shape = kernel.shape
        self.order: tuple[int, ...] = kh, kw, f, c
        self.out_size, self.image, self.pads = out_size, image, pads
        # In dz the windows of a pixel of x come in the opposite order: the last tap belongs to the first window.
        self.by_tap = by_tap(kernel[::-1, ::-1]).reshape(-1, c)
        self.bytes_each = image[0] * image[1] * sum(self.by_tap.shape) * kernel.itemsize

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        kh, kw, _, f = self.shape
        n, (h, w), (oh, ow), ((top, _), (left, _)) = len(x), self.image, self.out_size, self.pads
        taps = scratch("im2col", (kh, kw, f, n, h, w), x.dtype)
        matmul_nt(self.by_tap, matrix(x), taps.reshape(kh * kw * f, -1))
        y.fill(0)
        for i in range(kh):
            rows, from_rows = overlap(kh - 1 - i - top, oh, h)
            for j in range(kw):
                cols, from_cols = overlap(kw - 1 - j - left, ow, w)
                for k in range(f):
                    y[:, rows, cols, k] += taps[i, j, k][:, from_rows, from_cols]

    @property
    def around(self) -> Pads:
        """The frame of zeros around dz, so that each pixel of x has a window."""
        (kh, kw, *_), ((top, bottom), (left, right)) = self.shape, self.pads
        return (kh - 1 - top, kh - 1 - bottom), (kw - 1 - left, kw - 1 - right)

    def windows(self, dz: np.ndarray) -> np.ndarray:
        """What each pixel of x sees of dz: a row for each."""
        kh, kw, _, f = self.shape
        view = window_view(zero_padded(dz, self.around), (kh, kw), (1, 1), self.image)
        taps = scratch("im2col", view.shape, dz.dtype)
        np.copyto(taps, view)
        return taps.reshape(-1, kh * kw * f)

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        taps = self.windows(dz)
        if dx is not None:
            matmul(taps, self.by_tap, matrix(dx))
        if x is not None and dw is not None:
            matmul_tn(taps, matrix(x), dw.reshape(-1, self.shape[2]))

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        return dw[::-1, ::-1].transpose(0, 1, 3, 2)


def overlap(shift: int, size: int, source: int) -> tuple[slice, slice]:
    """The slice of the places p below `size` for which ``p + shift`` is below `source`, and that slice shifted."""
    start, stop = max(0, -shift), min(size, source - shift)
    return slice(start, stop), slice(start + shift, stop + shift)
