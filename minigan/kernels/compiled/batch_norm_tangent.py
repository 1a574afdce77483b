"""The gradient of BatchNorm through a tangent pass, in two passes.

By the definition, in `minigan.kernels.reference.normalization`, g becomes e first, and then dx follows from means of e:

    e = g - r (g_dot A + x_dot B),  dx = r (e - mean(e) - x_hat (mean(e x_hat) + mean(g_dot x_hat_dot))),

with ``A = mean(x_hat x_dot)`` and ``B = mean(x_hat g_dot)``. The means of e are known without e:

    mean(e) = mean(g) - r (mean(g_dot) A + mean(x_dot) B),  mean(e x_hat) = mean(g x_hat) - 2 r A B.

So one pass sums everything, and one writes dx and ``dx_dot = r (g_dot - mean(g_dot) - x_hat B)``.
"""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.compiled.row_sums import BLOCK, add_part

__all__ = ["sum_tangents", "tangent_gradients"]


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
