"""The loops of `minigan.kernels.compiled.algorithms.pair_product`: the transforms of pixels, products and kernels.

Each has its formula for one dimension, in a function of numbers, and a loop that applies it to rows and to columns.
What is in between is a strip of memory that stays in the core's cache: `strip` with an axis of pixels and one of
channels, and `rows`, the same memory, with both as one axis. The kinds of products have the order a, p, c, q, r.
"""

import numpy as np

from minigan.kernels.compiled.compiler import compiled

__all__ = ["collect_products", "fold_kernel", "gather_pairs", "spread_products", "to_pairs", "transform_kernel"]


@compiled
def pair(before: float, first: float, second: float, after: float) -> tuple[float, float, float, float]:
    """The pixels of a, of p, of c, and of q and r."""
    return before - second, first + second, after - first, first - second


@compiled
def to_pairs(
    x: np.ndarray, left_out: np.ndarray, zeros: np.ndarray, strip: np.ndarray, rows: np.ndarray, pairs: np.ndarray
) -> None:
    """Write the sums and differences of pixels to `pairs` (4, 4, N H / 2, W / 2 C); zeros of images left out.

    `strip` is (H + 2, 4, W / 2, C), of which the first and the last row become zeros; `zeros` is C zeros.
    """
    n, h, w, c = x.shape
    strip[0] = 0
    strip[h + 1] = 0
    for b in range(n):
        for i in range(h):
            s = strip[i + 1]
            for q in range(w // 2):
                before, first = x[b, i, 2 * q - 1] if q > 0 else zeros, x[b, i, 2 * q]
                second, after = x[b, i, 2 * q + 1], x[b, i, 2 * q + 2] if q < w // 2 - 1 else zeros
                d0, d1, d2, d3 = s[0, q], s[1, q], s[2, q], s[3, q]
                for k in range(c):
                    d0[k], d1[k], d2[k], d3[k] = pair(before[k], first[k], second[k], after[k])
        if left_out[b]:
            strip[:] = 0
        for p in range(h // 2):
            place = b * (h // 2) + p
            for kind in range(4):
                before, first = rows[2 * p, kind], rows[2 * p + 1, kind]
                second, after = rows[2 * p + 2, kind], rows[2 * p + 3, kind]
                d0, d1 = pairs[0, kind, place], pairs[1, kind, place]
                d2, d3 = pairs[2, kind, place], pairs[3, kind, place]
                for k in range(w // 2 * c):
                    d0[k], d1[k], d2[k], d3[k] = pair(before[k], first[k], second[k], after[k])


@compiled
def from_pair(before: float, a: float, p: float, c: float, q: float, r: float, after: float) -> tuple[float, float]:
    """The adjoint of `pair`, where q and r have gradients of their own, and c and a of the neighbours theirs."""
    return p + (q + r) + (before - c), p - (q + r) + (after - a)


@compiled
def gather_pairs(pairs: np.ndarray, zeros: np.ndarray, strip: np.ndarray, rows: np.ndarray, dx: np.ndarray) -> None:
    """The adjoint of `to_pairs`, from five kinds, to dx.

    `strip` is (2, 5, W / 2, C), and `zeros` is as long as one of its rows.
    """
    n, h, w, c = dx.shape
    for b in range(n):
        for p in range(h // 2):
            place = b * (h // 2) + p
            for kind in range(5):
                before = pairs[2, kind, place - 1] if p > 0 else zeros
                d0, d1, d2 = pairs[0, kind, place], pairs[1, kind, place], pairs[2, kind, place]
                d3, d4 = pairs[3, kind, place], pairs[4, kind, place]
                after = pairs[0, kind, place + 1] if p < h // 2 - 1 else zeros
                first, second = rows[0, kind], rows[1, kind]
                for k in range(w // 2 * c):
                    first[k], second[k] = from_pair(before[k], d0[k], d1[k], d2[k], d3[k], d4[k], after[k])
            for i in range(2):
                s, row = strip[i], dx[b, 2 * p + i]
                for q in range(w // 2):
                    before = s[2, q - 1] if q > 0 else zeros
                    d0, d1, d2, d3, d4 = s[0, q], s[1, q], s[2, q], s[3, q], s[4, q]
                    after = s[0, q + 1] if q < w // 2 - 1 else zeros
                    first, second = row[2 * q], row[2 * q + 1]
                    for k in range(c):
                        first[k], second[k] = from_pair(before[k], d0[k], d1[k], d2[k], d3[k], d4[k], after[k])


@compiled
def outputs(a: float, p: float, c: float, q: float, r: float) -> tuple[float, float, float, float]:
    """Four outputs of the five products."""
    return p + q + a, p + r, p - q, p - r + c


@compiled
def rectified(z: float, slope: float) -> float:
    """z where it is positive or NaN, ``slope z`` elsewhere."""
    return z if not z <= 0 else slope * z


@compiled
def spread_products(
    products: np.ndarray, bias: np.ndarray, slope: float, strip: np.ndarray, rows: np.ndarray, y: np.ndarray
) -> None:
    """Write ``f(z + b)`` to y, with z from the products (5, 5, N H / 4, W / 4 F), and the slope of f below zero.

    `strip` is (4, 5, W / 4, F).
    """
    n, h, w, f = y.shape
    for b in range(n):
        for p in range(h // 4):
            place = b * (h // 4) + p
            for kind in range(5):
                m0, m1, m2 = products[0, kind, place], products[1, kind, place], products[2, kind, place]
                m3, m4 = products[3, kind, place], products[4, kind, place]
                z0, z1, z2, z3 = rows[0, kind], rows[1, kind], rows[2, kind], rows[3, kind]
                for k in range(w // 4 * f):
                    z0[k], z1[k], z2[k], z3[k] = outputs(m0[k], m1[k], m2[k], m3[k], m4[k])
            for i in range(4):
                s, row = strip[i], y[b, 4 * p + i]
                for q in range(w // 4):
                    m0, m1, m2, m3, m4 = s[0, q], s[1, q], s[2, q], s[3, q], s[4, q]
                    y0, y1, y2, y3 = row[4 * q], row[4 * q + 1], row[4 * q + 2], row[4 * q + 3]
                    for k in range(f):
                        z = outputs(m0[k], m1[k], m2[k], m3[k], m4[k])
                        y0[k], y1[k] = rectified(z[0] + bias[k], slope), rectified(z[1] + bias[k], slope)
                    for k in range(f):  # fewer arrays in a loop: LLVM has to prove that they do not overlap
                        z = outputs(m0[k], m1[k], m2[k], m3[k], m4[k])
                        y2[k], y3[k] = rectified(z[2] + bias[k], slope), rectified(z[3] + bias[k], slope)


@compiled
def from_outputs(z0: float, z1: float, z2: float, z3: float) -> tuple[float, float, float, float, float]:
    """The adjoint of `outputs`."""
    return z0, z0 + z1 + (z2 + z3), z3, z0 - z2, z1 - z3


@compiled
def collect_products(
    dz: np.ndarray, left_out: np.ndarray, strip: np.ndarray, rows: np.ndarray, products: np.ndarray
) -> None:
    """The adjoint of `spread_products` without bias and f; zeros of the images that are left out."""
    n, h, w, f = dz.shape
    for b in range(n):
        for p in range(h // 4):
            place = b * (h // 4) + p
            for i in range(4):
                s, row = strip[i], dz[b, 4 * p + i]
                for q in range(w // 4):
                    z0, z1, z2, z3 = row[4 * q], row[4 * q + 1], row[4 * q + 2], row[4 * q + 3]
                    m0, m1, m2, m3, m4 = s[0, q], s[1, q], s[2, q], s[3, q], s[4, q]
                    for k in range(f):
                        m0[k], m1[k], m2[k], m3[k], m4[k] = from_outputs(z0[k], z1[k], z2[k], z3[k])
            if left_out[b]:
                strip[:] = 0
            for kind in range(5):
                z0, z1, z2, z3 = rows[0, kind], rows[1, kind], rows[2, kind], rows[3, kind]
                m0, m1, m2 = products[0, kind, place], products[1, kind, place], products[2, kind, place]
                m3, m4 = products[3, kind, place], products[4, kind, place]
                for k in range(w // 4 * f):
                    m0[k], m1[k], m2[k], m3[k], m4[k] = from_outputs(z0[k], z1[k], z2[k], z3[k])


@compiled
def combined(w0: float, w1: float, w2: float, half: float) -> tuple[float, float, float, float, float]:
    """What the five products multiply with."""
    return w0, half * (w0 + w1 + w2), w2, half * (w1 + w2 - w0), half * (w0 + w1 - w2)


@compiled
def transform_kernel(w: np.ndarray, half: float, strip: np.ndarray, made: np.ndarray) -> None:
    """The 25 kernels (5, 5, I, J) of the nine taps (3, 3, I, J); `strip` is (5, 3, J)."""
    for i in range(w.shape[2]):
        for j in range(3):
            w0, w1, w2 = w[0, j, i], w[1, j, i], w[2, j, i]
            v0, v1, v2, v3, v4 = strip[0, j], strip[1, j], strip[2, j], strip[3, j], strip[4, j]
            for k in range(w.shape[3]):
                v0[k], v1[k], v2[k], v3[k], v4[k] = combined(w0[k], w1[k], w2[k], half)
        for kind in range(5):
            w0, w1, w2 = strip[kind, 0], strip[kind, 1], strip[kind, 2]
            v0, v1, v2 = made[kind, 0, i], made[kind, 1, i], made[kind, 2, i]
            v3, v4 = made[kind, 3, i], made[kind, 4, i]
            for k in range(w.shape[3]):
                v0[k], v1[k], v2[k], v3[k], v4[k] = combined(w0[k], w1[k], w2[k], half)


@compiled
def folded(a: float, p: float, c: float, q: float, r: float, half: float) -> tuple[float, float, float]:
    """The adjoint of `combined`."""
    return a + half * (p - q + r), half * (p + q + r), c + half * (p + q - r)


@compiled
def fold_kernel(made: np.ndarray, half: float, strip: np.ndarray, dw: np.ndarray) -> None:
    """The adjoint of `transform_kernel`; `strip` is (3, 5, J)."""
    for i in range(dw.shape[2]):
        for kind in range(5):
            v0, v1, v2 = made[0, kind, i], made[1, kind, i], made[2, kind, i]
            v3, v4 = made[3, kind, i], made[4, kind, i]
            w0, w1, w2 = strip[0, kind], strip[1, kind], strip[2, kind]
            for k in range(dw.shape[3]):
                w0[k], w1[k], w2[k] = folded(v0[k], v1[k], v2[k], v3[k], v4[k], half)
        for j in range(3):
            v0, v1, v2, v3, v4 = strip[j, 0], strip[j, 1], strip[j, 2], strip[j, 3], strip[j, 4]
            w0, w1, w2 = dw[j, 0, i], dw[j, 1, i], dw[j, 2, i]
            for k in range(dw.shape[3]):
                w0[k], w1[k], w2[k] = folded(v0[k], v1[k], v2[k], v3[k], v4[k], half)
