"""A convolution of each channel by itself: one loop over windows, taps and channels for each of its three products."""

import numpy as np

from minigan.kernels.compiled.algorithms.slab_activations import CompiledActivations
from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.algorithms import depthwise
from minigan.kernels.reference.padding import Pair

__all__ = ["Depthwise"]


@compiled
def convolve(x: np.ndarray, kernel: np.ndarray, strides: Pair, dilation: Pair, y: np.ndarray) -> None:
    """``y[b, p, q] <- sum_ij x[b, p sh + i dh, q sw + j dw] w[i, j]``, number by number of these vectors."""
    (n, oh, ow, f), (kh, kw, _) = y.shape, kernel.shape
    for b in range(n):
        for p in range(oh):
            for q in range(ow):
                y[b, p, q] = 0
                for i in range(kh):
                    for j in range(kw):
                        r, s = p * strides[0] + i * dilation[0], q * strides[1] + j * dilation[1]
                        for k in range(f):
                            y[b, p, q, k] += x[b, r, s, k] * kernel[i, j, k]


@compiled
def convolve_grads(x: np.ndarray, dz: np.ndarray, strides: Pair, dilation: Pair, dw: np.ndarray) -> None:
    """``dw[i, j] <- sum_bpq x[b, p sh + i dh, q sw + j dw] dz[b, p, q]``, number by number of these vectors."""
    (n, oh, ow, f), (kh, kw, _) = dz.shape, dw.shape
    dw[:] = 0
    for b in range(n):
        for p in range(oh):
            for q in range(ow):
                for i in range(kh):
                    for j in range(kw):
                        r, s = p * strides[0] + i * dilation[0], q * strides[1] + j * dilation[1]
                        for k in range(f):
                            dw[i, j, k] += x[b, r, s, k] * dz[b, p, q, k]


@compiled
def scatter(dz: np.ndarray, kernel: np.ndarray, strides: Pair, dilation: Pair, dx: np.ndarray) -> None:
    """``dx[b, p sh + i dh, q sw + j dw] <- sum dz[b, p, q] w[i, j]``, number by number of these vectors."""
    (n, oh, ow, f), (kh, kw, _) = dz.shape, kernel.shape
    dx[:] = 0
    for b in range(n):
        for p in range(oh):
            for q in range(ow):
                for i in range(kh):
                    for j in range(kw):
                        r, s = p * strides[0] + i * dilation[0], q * strides[1] + j * dilation[1]
                        for k in range(f):
                            dx[b, r, s, k] += dz[b, p, q, k] * kernel[i, j, k]


class Depthwise(CompiledActivations, depthwise.Depthwise):
    """The convolution of images (H, W, C) with a kernel (KH, KW, 1, F) in C groups, to images (OH, OW, F)."""

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        convolve(self.repeated(x), self.kernel[:, :, 0], self.strides, self.dilation, y)

    def kernel_product(self, x: np.ndarray, dz: np.ndarray, dw: np.ndarray) -> None:
        convolve_grads(self.repeated(x), dz, self.strides, self.dilation, dw[:, :, 0])

    def scatter(self, dz: np.ndarray, total: np.ndarray) -> None:
        scatter(dz, self.kernel[:, :, 0], self.strides, self.dilation, total)
