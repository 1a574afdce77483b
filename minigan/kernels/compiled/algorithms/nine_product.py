"""The upsampled convolution by nine products, with compiled loops from products to outputs and back."""

import numpy as np

from minigan.kernels.compiled.algorithms.slab_activations import CompiledActivations
from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.algorithms import nine_product
from minigan.kernels.cpu.algorithms.gemm import matrix
from minigan.kernels.cpu.algorithms.slab_activations import activate
from minigan.kernels.cpu.algorithms.small_gemm import matmul, matmul_tn
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.affine import LINEAR, Activation

__all__ = ["NineProduct", "rectifier"]


@compiled
def spread(
    taps: np.ndarray,
    bias: np.ndarray,
    slope: float,
    zeros: np.ndarray,
    strip: np.ndarray,
    rows: np.ndarray,
    y: np.ndarray,
) -> None:
    """From the taps a, m, c to ``y = f(z + b)``, ``z[2i] = a[i-1] + m[i] + c[i], z[2i+1] = a[i] + m[i] + c[i+1]``.

    Rows do so, and then columns; f has a slope below zero. `taps` is (3, 3, N H, W F), `strip` (2, 3, W, F), `rows` the
    same memory as (2, 3, W F), and `zeros` W F zeros.
    """
    n, h, w, f = y.shape[0], y.shape[1] // 2, y.shape[2] // 2, y.shape[3]
    for b in range(n):
        for i in range(h):
            place = b * h + i
            for column in range(3):
                a, m, c = taps[0, column, place], taps[1, column, place], taps[2, column, place]
                above = taps[0, column, place - 1] if i > 0 else zeros
                below = taps[2, column, place + 1] if i < h - 1 else zeros
                even, odd = rows[0, column], rows[1, column]
                for k in range(w * f):
                    even[k] = above[k] + m[k] + c[k]
                    odd[k] = a[k] + m[k] + below[k]
            for row in range(2):
                s, out = strip[row], y[b, 2 * i + row]
                for j in range(w):
                    a, m, c = s[0, j], s[1, j], s[2, j]
                    left, right = s[0, j - 1] if j > 0 else zeros, s[2, j + 1] if j < w - 1 else zeros
                    even, odd = out[2 * j], out[2 * j + 1]
                    for k in range(f):
                        z = left[k] + m[k] + c[k] + bias[k]
                        even[k] = z if not z <= 0 else slope * z
                        z = a[k] + m[k] + right[k] + bias[k]
                        odd[k] = z if not z <= 0 else slope * z


@compiled
def collect(dz: np.ndarray, zeros: np.ndarray, strip: np.ndarray, rows: np.ndarray, taps: np.ndarray) -> None:
    """The adjoint of `spread` without bias and activation.

    ``a[i] = dz[2i+1] + dz[2i+2], m[i] = dz[2i] + dz[2i+1], c[i] = dz[2i] + dz[2i-1]`` for columns, and then for rows.
    `strip` is (2 H + 2, W, 3, F), of which the first and the last row become zeros; `rows` is the same memory as
    (2 H + 2, W, 3 F), and `taps` is (N, H, W, 3, 3 F).
    """
    n, h, w, f = taps.shape[0], taps.shape[1], taps.shape[2], dz.shape[3]
    strip[0] = 0
    strip[2 * h + 1] = 0
    for b in range(n):
        for i in range(2 * h):
            row = dz[b, i]
            for j in range(w):
                even, odd = row[2 * j], row[2 * j + 1]
                before, after = row[2 * j - 1] if j > 0 else zeros, row[2 * j + 2] if j < w - 1 else zeros
                a, m, c = strip[i + 1, j, 0], strip[i + 1, j, 1], strip[i + 1, j, 2]
                for k in range(f):
                    a[k] = odd[k] + after[k]
                    m[k] = even[k] + odd[k]
                    c[k] = even[k] + before[k]
        for i in range(h):
            for j in range(w):
                before, even, odd, after = rows[2 * i, j], rows[2 * i + 1, j], rows[2 * i + 2, j], rows[2 * i + 3, j]
                a, m, c = taps[b, i, j, 0], taps[b, i, j, 1], taps[b, i, j, 2]
                for k in range(3 * f):
                    a[k] = odd[k] + after[k]
                    m[k] = even[k] + odd[k]
                    c[k] = even[k] + before[k]


class NineProduct(CompiledActivations, nine_product.NineProduct):
    """Doubling by repetition, then a convolution with 3 x 3 taps that keeps the size."""

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        self.forward(x, None, LINEAR, y)

    def forward(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        n, (h, w), f = len(x), self.image, self.filters
        taps = scratch("taps", (3, 3, n, h, w, f), x.dtype)
        matmul(matrix(x), self.kernel, taps.reshape(3, 3, -1, f))
        shift, slope = rectifier(bias, activation, y)
        strip, zeros = scratch("strip", (2, 3, w, f), x.dtype), np.zeros(w * f, x.dtype)
        spread(taps.reshape(3, 3, n * h, w * f), shift, slope, zeros, strip, strip.reshape(2, 3, w * f), y)
        if activation.name != "leaky_relu":
            activate(y, activation)

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        n, (h, w), f = len(dz), self.image, self.filters
        taps = scratch("taps", (n, h, w, 3, 3 * f), dz.dtype)
        strip, zeros = scratch("strip", (2 * h + 2, w, 3, f), dz.dtype), np.zeros(f, dz.dtype)
        collect(dz, zeros, strip, strip.reshape(2 * h + 2, w, 3 * f), taps)
        taps = taps.reshape(-1, 9 * f)
        if dx is not None:
            matmul(taps, self.by_tap, matrix(dx))
        if x is not None and dw is not None:
            matmul_tn(matrix(x), taps, dw.reshape(x.shape[-1], -1))


def rectifier(bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> tuple[np.ndarray, np.floating]:
    """The bias or zeros, and the slope below zero that a loop applies with it: 1 where it leaves z as it is."""
    slope = activation.slope if activation.name == "leaky_relu" else 1
    return np.zeros(y.shape[-1], y.dtype) if bias is None else bias, y.dtype.type(slope)
