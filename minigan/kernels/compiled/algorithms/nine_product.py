"""The upsampled convolution by nine products, with compiled loops from products to outputs and back."""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.algorithms import nine_product
from minigan.kernels.cpu.algorithms.gemm import matrix
from minigan.kernels.cpu.algorithms.slab_activations import activate
from minigan.kernels.cpu.algorithms.small_gemm import matmul, matmul_tn
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.affine import LINEAR, Activation

__all__ = ["NineProduct"]


@compiled
def spread(taps: np.ndarray, bias: np.ndarray, slope: float, y: np.ndarray) -> None:
    """From the products to ``y = f(z + b)``, with the slope of f below zero.

    Row ``2 i + p`` of z has the taps p, 1 and 2 of the rows ``i - 1 + p``, i and i, or i, i and ``i + 1``; so have
    columns. Outside of the image the products are zero.
    """
    n, h, w, f = taps.shape[2:]
    none = np.zeros(f, taps.dtype)
    for b in range(n):
        for r in range(2 * h):
            i, far_row = r // 2, r // 2 - 1 + r % 2 * 2
            row, far = 2 - r % 2 * 2, r % 2 * 2
            has_row = 0 <= far_row < h
            for s in range(2 * w):
                j, far_column = s // 2, s // 2 - 1 + s % 2 * 2
                column, beyond = 2 - s % 2 * 2, s % 2 * 2
                has_column = 0 <= far_column < w
                t0, t1 = taps[1, 1, b, i, j], taps[1, column, b, i, j]
                t2, t3 = taps[row, 1, b, i, j], taps[row, column, b, i, j]
                t4 = taps[1, beyond, b, i, far_column] if has_column else none
                t5 = taps[row, beyond, b, i, far_column] if has_column else none
                t6 = taps[far, 1, b, far_row, j] if has_row else none
                t7 = taps[far, column, b, far_row, j] if has_row else none
                t8 = taps[far, beyond, b, far_row, far_column] if has_row and has_column else none
                out = y[b, r, s]
                for k in range(f):
                    z = t0[k] + t1[k] + t2[k] + t3[k] + t4[k] + t5[k] + t6[k] + t7[k] + t8[k] + bias[k]
                    out[k] = z if not z <= 0 else slope * z


@compiled
def collect(dz: np.ndarray, taps: np.ndarray) -> None:
    """The adjoint of `spread` without bias and activation: the sum over all outputs that have a product.

    Tap 0 of row i is in the rows ``2 i + 1`` and ``2 i + 2`` of dz, tap 1 in ``2 i`` and ``2 i + 1``, tap 2 in ``2 i``
    and ``2 i - 1``; so are columns.
    """
    n, h, w, _, _, f = taps.shape
    none = np.zeros(f, dz.dtype)
    for b in range(n):
        for i in range(h):
            for j in range(w):
                for row in range(3):
                    r, far_row = 2 * i + (row == 0), 2 * i + (2, 1, -1)[row]
                    has_row = 0 <= far_row < 2 * h
                    for column in range(3):
                        s, far_column = 2 * j + (column == 0), 2 * j + (2, 1, -1)[column]
                        has_column = 0 <= far_column < 2 * w
                        z0 = dz[b, r, s]
                        z1 = dz[b, r, far_column] if has_column else none
                        z2 = dz[b, far_row, s] if has_row else none
                        z3 = dz[b, far_row, far_column] if has_row and has_column else none
                        out = taps[b, i, j, row, column]
                        for k in range(f):
                            out[k] = z0[k] + z1[k] + z2[k] + z3[k]


class NineProduct(nine_product.NineProduct):
    """Doubling by repetition, then a convolution with 3 x 3 taps that keeps the size."""

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        self.forward(x, None, LINEAR, y)

    def forward(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        n, (h, w), f = len(x), self.image, self.filters
        taps = scratch("taps", (3, 3, n, h, w, f), x.dtype)
        matmul(matrix(x), self.kernel, taps.reshape(3, 3, -1, f))
        slope = activation.slope if activation.name == "leaky_relu" else 1
        spread(taps, np.zeros(f, x.dtype) if bias is None else bias, x.dtype.type(slope), y)
        if activation.name != "leaky_relu":
            activate(y, activation)

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        n, (h, w), f = len(dz), self.image, self.filters
        taps = scratch("taps", (n, h, w, 3, 3, f), dz.dtype)
        collect(dz, taps)
        taps = taps.reshape(-1, 9 * f)
        if dx is not None:
            matmul(taps, self.by_tap, matrix(dx))
        if x is not None and dw is not None:
            matmul_tn(matrix(x), taps, dw.reshape(x.shape[-1], -1))
