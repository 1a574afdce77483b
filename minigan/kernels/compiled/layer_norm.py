"""LayerNorm: each position is normalised over its channels, which stay in the core's registers and cache meanwhile."""

import numpy as np

from minigan.kernels.compiled.compiler import compiled

__all__ = ["normalize_positions", "position_gradients", "position_tangent_gradients"]


@compiled(reassociate=True)
def normalize_positions(x: np.ndarray, epsilon: float, x_hat: np.ndarray, inverse_std: np.ndarray) -> None:
    """``x_hat <- (x - mean) / sqrt(variance + epsilon)``, row by row."""
    number, channels = x.dtype.type, x.shape[1]
    for i in range(x.shape[0]):
        total = number(0)
        for k in range(channels):
            total += x[i, k]
        mean = number(total / channels)
        square = number(0)
        for k in range(channels):
            square += (x[i, k] - mean) * (x[i, k] - mean)
        inverse = number(1 / np.sqrt(number(square / channels) + epsilon))
        for k in range(channels):
            x_hat[i, k] = (x[i, k] - mean) * inverse
        inverse_std[i] = inverse


@compiled(reassociate=True)
def position_gradients(g: np.ndarray, x_hat: np.ndarray, inverse_std: np.ndarray, dx: np.ndarray) -> None:
    """``dx <- (g - mean(g) - x_hat mean(g x_hat)) / std``, row by row."""
    number, channels = g.dtype.type, g.shape[1]
    for i in range(g.shape[0]):
        of_g, of_product = number(0), number(0)
        for k in range(channels):
            of_g += g[i, k]
            of_product += g[i, k] * x_hat[i, k]
        mean, slope = number(of_g / channels), number(of_product / channels)
        for k in range(channels):
            dx[i, k] = (g[i, k] - mean - x_hat[i, k] * slope) * inverse_std[i]


@compiled(reassociate=True)
def position_tangent_gradients(
    g: np.ndarray,
    g_dot: np.ndarray,
    x_dot: np.ndarray,
    x_hat: np.ndarray,
    x_hat_dot: np.ndarray,
    inverse_std: np.ndarray,
    dx: np.ndarray,
    dx_dot: np.ndarray,
) -> None:
    """``normalize_tangent_grad`` of the definitions, row by row; through both x_hat there comes e."""
    number, channels = g.dtype.type, g.shape[1]
    for i in range(g.shape[0]):
        r = inverse_std[i]
        of_x_dot, of_g_dot, of_both, mean_dot = number(0), number(0), number(0), number(0)
        for k in range(channels):
            of_x_dot += x_hat[i, k] * x_dot[i, k]
            of_g_dot += x_hat[i, k] * g_dot[i, k]
            of_both += g_dot[i, k] * x_hat_dot[i, k]
            mean_dot += g_dot[i, k]
        of_x_dot, of_g_dot = number(of_x_dot / channels), number(of_g_dot / channels)
        of_both, mean_dot = number(of_both / channels), number(mean_dot / channels)
        mean, slope = number(0), number(0)
        for k in range(channels):
            e = g[i, k] - r * (g_dot[i, k] * of_x_dot + x_dot[i, k] * of_g_dot)
            dx[i, k] = e
            mean += e
            slope += e * x_hat[i, k]
        mean, slope = number(mean / channels), number(slope / channels) + of_both
        for k in range(channels):
            dx[i, k] = (dx[i, k] - mean - x_hat[i, k] * slope) * r
            dx_dot[i, k] = (g_dot[i, k] - mean_dot - x_hat[i, k] * of_g_dot) * r
