"""Convolutions with few filters, taps first, with compiled loops from the products to the outputs and back."""

import numpy as np

from minigan.kernels.compiled.algorithms.slab_activations import CompiledActivations
from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.algorithms import narrow
from minigan.kernels.cpu.algorithms.gemm import matrix
from minigan.kernels.cpu.algorithms.im2col import zero_padded
from minigan.kernels.cpu.algorithms.small_gemm import matmul_nt
from minigan.kernels.cpu.parallel.scratch import scratch

__all__ = ["Narrow"]


@compiled
def add_taps(taps: np.ndarray, down: int, across: int, row: np.ndarray, y: np.ndarray) -> None:
    """``y[p, q, k] = sum_ij taps[i, j, k, p + down - i, q + across - j]``, without what is outside of the image.

    `row` is a row of outputs, in which the sum stays in the first-level cache.
    """
    kh, kw, f, n, h, w = taps.shape
    for b in range(n):
        for p in range(y.shape[1]):
            for k in range(f):
                row[:] = 0
                for i in range(max(0, p + down - h + 1), min(kh, p + down + 1)):
                    for j in range(kw):
                        start, stop = max(0, j - across), min(y.shape[2], w + j - across)
                        part, out = taps[i, j, k, b, p + down - i, start + across - j :], row[start:]
                        for q in range(stop - start):
                            out[q] += part[q]
                for q in range(y.shape[2]):
                    y[b, p, q, k] = row[q]


@compiled
def copy_windows(dz: np.ndarray, f: int, taps: np.ndarray) -> None:
    """Each pixel's window of the padded images (N, H, W F), as the rows (N, H, W, KH, KW F)."""
    n, h, w, kh, size = taps.shape
    for b in range(n):
        for r in range(h):
            for s in range(w):
                for i in range(kh):
                    for k in range(size):
                        taps[b, r, s, i, k] = dz[b, r + i, s * f + k]


class Narrow(CompiledActivations, narrow.Narrow):
    """A convolution of stride 1 from many channels to few."""

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        kh, kw, _, f = self.shape
        (h, w), ((top, _), (left, _)) = self.image, self.pads
        taps = scratch("im2col", (kh, kw, f, len(x), h, w), x.dtype)
        matmul_nt(self.by_tap, matrix(x), taps.reshape(kh * kw * f, -1))
        add_taps(taps, kh - 1 - top, kw - 1 - left, scratch("row", (y.shape[2],), x.dtype), y)

    def windows(self, dz: np.ndarray) -> np.ndarray:
        (kh, kw, _, f), (h, w) = self.shape, self.image
        taps = scratch("im2col", (len(dz), h, w, kh, kw * f), dz.dtype)
        padded = zero_padded(dz, self.around)
        copy_windows(padded.reshape(len(dz), padded.shape[1], padded.shape[2] * f), f, taps)
        return taps.reshape(-1, kh * kw * f)
