"""The gradient of BatchNorm through a tangent pass, in two passes.

By the definition, in `minigan.kernels.reference.normalization`, g becomes e first, and then dx follows from means of e:

    e = g - r (g_dot A + x_dot B),  dx = r (e - mean(e) - x_hat (mean(e x_hat) + mean(g_dot x_hat_dot))),

with ``A = mean(x_hat x_dot)`` and ``B = mean(x_hat g_dot)``. The means of e are known without e:

    mean(e) = mean(g) - r (mean(g_dot) A + mean(x_dot) B),  mean(e x_hat) = mean(g x_hat) - 2 r A B.

So one pass sums everything, and one writes dx and ``dx_dot = r (g_dot - mean(g_dot) - x_hat B)``.
"""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.compiled.row_sums import BLOCK, add_part, alike, fold, matrix, repeat, slabs_of
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch

__all__ = ["batch_norm_tangent_grad"]


@compiled
def sum_tangents(
    g: np.ndarray,
    g_dot: np.ndarray,
    x_dot: np.ndarray,
    x_hat: np.ndarray,
    x_hat_dot: np.ndarray,
    part: np.ndarray,
    sums: np.ndarray,
) -> None:
    """The sums over the rows of g, g_dot and x_dot, of each times x_hat, and of g_dot x_hat_dot."""
    part[:] = 0
    sums[:] = 0
    for i in range(g.shape[0]):
        for k in range(g.shape[1]):
            part[0, k] += g[i, k]
            part[1, k] += g_dot[i, k]
            part[2, k] += x_dot[i, k]
            part[3, k] += g[i, k] * x_hat[i, k]
            part[4, k] += g_dot[i, k] * x_hat[i, k]
            part[5, k] += x_dot[i, k] * x_hat[i, k]
            part[6, k] += g_dot[i, k] * x_hat_dot[i, k]
        if i % BLOCK == BLOCK - 1:
            add_part(part, sums)
    add_part(part, sums)


@compiled
def tangent_gradients(
    g: np.ndarray,
    g_dot: np.ndarray,
    x_dot: np.ndarray,
    x_hat: np.ndarray,
    factors: np.ndarray,
    dx: np.ndarray,
    dx_dot: np.ndarray,
) -> None:
    """dx and dx_dot, with factors (r, r A, r B, mean(e), what x_hat has in dx, mean(g_dot), B)."""
    for i in range(g.shape[0]):
        for k in range(g.shape[1]):
            e = g[i, k] - (g_dot[i, k] * factors[1, k] + x_dot[i, k] * factors[2, k])
            dx[i, k] = (e - factors[3, k] - x_hat[i, k] * factors[4, k]) * factors[0, k]
            dx_dot[i, k] = (g_dot[i, k] - factors[5, k] - x_hat[i, k] * factors[6, k]) * factors[0, k]


def batch_norm_tangent_grad(
    dx_hat: np.ndarray,
    dx_hat_dot: np.ndarray,
    x_dot: np.ndarray,
    x_hat: np.ndarray,
    x_hat_dot: np.ndarray,
    inverse_std: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.batch_norm_tangent_grad`."""
    arrays = dx_hat, dx_hat_dot, x_dot, x_hat, x_hat_dot
    if not alike(arrays, (inverse_std,)):
        return NotImplemented
    dx, dx_dot = (memory_pool.empty(x_hat.shape, x_hat.dtype) for _ in range(2))
    rows, (dx_rows, dx_dot_rows) = [matrix(array) for array in arrays], map(matrix, (dx, dx_dot))
    slabs, shape = slabs_of(dx_rows), (7, dx_rows.shape[1])

    def sum_slab(slab: slice, sums: np.ndarray) -> None:
        sum_tangents(*(array[slab] for array in rows), scratch("tangent rows", shape, x_hat.dtype), sums)

    sums = fold(OrderedSum(slabs, (shape,), x_hat.dtype).compute(sum_slab)[0], x_hat.shape[-1])
    of_g, of_g_dot, of_x_dot, by_g, by_g_dot, by_x_dot, both = sums / x_hat.dtype.type(x_hat.size // x_hat.shape[-1])
    r_a, r_b = inverse_std * by_x_dot, inverse_std * by_g_dot
    mean, slope = of_g - (of_g_dot * r_a + of_x_dot * r_b), by_g - 2 * r_a * by_g_dot + both
    factors = repeat(np.stack((inverse_std, r_a, r_b, mean, slope, of_g_dot, by_g_dot)), dx_rows)

    def work(number: int) -> None:
        slab = slabs[number]
        tangent_gradients(*(array[slab] for array in rows[:4]), factors, dx_rows[slab], dx_dot_rows[slab])

    parallel_for(work, len(slabs))
    return dx, dx_dot
