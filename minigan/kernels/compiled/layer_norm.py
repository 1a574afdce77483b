"""LayerNorm: each position is normalised over its channels, which stay in the core's registers and cache meanwhile."""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.compiled.row_sums import alike, slabs_of
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for

__all__ = ["layer_norm", "layer_norm_grad", "layer_norm_tangent_grad"]


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


def positions_of(x: np.ndarray) -> np.ndarray:
    """A row for each position, a column for each channel."""
    return memory_pool.contiguous(x).reshape(-1, x.shape[-1])


def layer_norm(x: np.ndarray, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.layer_norm`."""
    if not alike((x,)):
        return NotImplemented
    x_hat, inverse_std = memory_pool.empty(x.shape, x.dtype), memory_pool.empty((*x.shape[:-1], 1), x.dtype)
    x_rows, hat_rows, inverses = positions_of(x), positions_of(x_hat), inverse_std.reshape(-1)
    slabs, number = slabs_of(x_rows), x.dtype.type(epsilon)

    def work(index: int) -> None:
        slab = slabs[index]
        normalize_positions(x_rows[slab], number, hat_rows[slab], inverses[slab])

    parallel_for(work, len(slabs))
    return x_hat, inverse_std


def layer_norm_grad(dx_hat: np.ndarray, x_hat: np.ndarray, inverse_std: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.normalization.layer_norm_grad`."""
    if not alike((dx_hat, x_hat)) or inverse_std.shape != (*x_hat.shape[:-1], 1):
        return NotImplemented
    dx = memory_pool.empty(x_hat.shape, x_hat.dtype)
    g_rows, hat_rows, dx_rows = map(positions_of, (dx_hat, x_hat, dx))
    inverses, slabs = memory_pool.contiguous(inverse_std).reshape(-1), slabs_of(hat_rows)

    def work(number: int) -> None:
        slab = slabs[number]
        position_gradients(g_rows[slab], hat_rows[slab], inverses[slab], dx_rows[slab])

    parallel_for(work, len(slabs))
    return dx


def layer_norm_tangent_grad(
    dx_hat: np.ndarray,
    dx_hat_dot: np.ndarray,
    x_dot: np.ndarray,
    x_hat: np.ndarray,
    x_hat_dot: np.ndarray,
    inverse_std: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.layer_norm_tangent_grad`."""
    arrays = dx_hat, dx_hat_dot, x_dot, x_hat, x_hat_dot
    if not alike(arrays) or inverse_std.shape != (*x_hat.shape[:-1], 1):
        return NotImplemented
    dx, dx_dot = (memory_pool.empty(x_hat.shape, x_hat.dtype) for _ in range(2))
    rows, (dx_rows, dx_dot_rows) = [positions_of(array) for array in arrays], map(positions_of, (dx, dx_dot))
    inverses, slabs = memory_pool.contiguous(inverse_std).reshape(-1), slabs_of(dx_rows)

    def work(number: int) -> None:
        slab = slabs[number]
        given = (array[slab] for array in rows)
        position_tangent_gradients(*given, inverses[slab], dx_rows[slab], dx_dot_rows[slab])

    parallel_for(work, len(slabs))
    return dx, dx_dot
