"""Batch normalisation with its activation and dropout, and the gradients: one pass forward, two back.

With the statistics known, ``y = f((x - mean) scale + shift)`` with one number each a channel. The way back needs sums
over the whole batch first:

    g = dy f'(u),  dbeta = sum g,  dgamma = sum g (x - mean) / std,

and over M positions the formula of `minigan.kernels.reference.normalization` is

    dx = (g - a - (x - mean) b) gamma / std,  a = sum g / M,  b = sum g (x - mean) / (M std^2).

g is computed in both passes: that takes less time than to write it to memory and to read it again.
"""

from typing import NamedTuple

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.compiled.dropout import kept_of
from minigan.kernels.compiled.row_sums import BLOCK, add_part, alike, fold, matrix, repeat, slabs_of
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.affine import Activation

__all__ = [
    "NOTHING",
    "input_gradients",
    "normalize",
    "normalize_activate",
    "normalize_activate_grads",
    "normalize_grads",
    "normalize_rows",
    "sum_gradients",
]


@compiled
def normalize_rows(
    x: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    shift: np.ndarray,
    slope: float | None,
    kept: np.ndarray | None,
    growth: float | None,
    y: np.ndarray,
) -> None:
    """``y <- f((x - mean) scale + shift)``, times `growth` where it is kept; without a slope f is linear."""
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            u = (x[i, k] - mean[k]) * scale[k] + shift[k]
            if slope is not None:
                u = u if u > 0 else slope * u
            if kept is not None:
                u *= growth * kept[i, k]
            y[i, k] = u


@compiled
def gradient(
    dy: np.ndarray, y: np.ndarray, slope: float | None, kept: np.ndarray | None, growth: float | None, i: int, k: int
) -> float:
    """The gradient at f's input, whose sign is that of y."""
    g = dy[i, k]
    if slope is not None:
        g = g if y[i, k] > 0 else slope * g
    if kept is not None:
        g *= growth * kept[i, k]
    return g


@compiled
def sum_gradients(
    dy: np.ndarray,
    y: np.ndarray,
    slope: float | None,
    kept: np.ndarray | None,
    growth: float | None,
    x: np.ndarray,
    mean: np.ndarray,
    part: np.ndarray,
    sums: np.ndarray,
) -> None:
    """``sums <- (sum g, sum g (x - mean))`` over the rows, with g the gradient at f's input."""
    part[:] = 0
    sums[:] = 0
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            g = gradient(dy, y, slope, kept, growth, i, k)
            part[0, k] += g
            part[1, k] += g * (x[i, k] - mean[k])
        if i % BLOCK == BLOCK - 1:
            add_part(part, sums)
    add_part(part, sums)


@compiled
def input_gradients(
    dy: np.ndarray,
    y: np.ndarray,
    slope: float | None,
    kept: np.ndarray | None,
    growth: float | None,
    x: np.ndarray,
    mean: np.ndarray,
    taken: np.ndarray | None,
    scale: np.ndarray,
    dx: np.ndarray,
) -> None:
    """``dx <- (g - a - (x - mean) b) scale`` with `taken` = (a, b), which are 0 for constant statistics."""
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            g = gradient(dy, y, slope, kept, growth, i, k)
            if taken is not None:
                g -= taken[0, k] + (x[i, k] - mean[k]) * taken[1, k]
            dx[i, k] = g * scale[k]


class After(NamedTuple):
    """What comes after the normalisation: the slope of a rectifier below zero, and dropout's bits and 1 / keep."""

    slope: float | None = None
    bits: np.ndarray | None = None
    growth: float = 1.0

    def of(self, slab: slice, rows: np.ndarray) -> tuple[float | None, np.ndarray | None, np.floating]:
        """It as the loops take it: the slope, a 1 for each entry of the slab that is kept, and 1 / keep."""
        number = rows.dtype.type
        slope = None if self.slope is None else number(self.slope)
        return slope, None if self.bits is None else kept_rows(self.bits, slab, rows.shape[1]), number(self.growth)


#: Neither activation nor dropout.
NOTHING = After()


def after(activation: Activation, bits: np.ndarray | None, keep: float, x: np.ndarray) -> After | None:
    """The activation and dropout of x; None where the loops do not know the activation, or there are too few bits."""
    if activation.name not in ("linear", "leaky_relu") or (bits is not None and 8 * bits.size < x.size):
        return None
    return After(None if activation.name == "linear" else activation.slope, bits, 1 / keep)


def kept_rows(bits: np.ndarray, slab: slice, channels: int) -> np.ndarray:
    """1 where dropout keeps an entry of a slab of rows, else 0: bytes in scratch memory."""
    return kept_of(bits, slice(slab.start * channels, slab.stop * channels)).reshape(-1, channels)


def normalize_activate(
    x: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    epsilon: float,
    gamma: np.ndarray,
    beta: np.ndarray,
    activation: Activation,
    bits: np.ndarray | None,
    keep: float,
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.normalize_activate.normalize_activate`."""
    follows = after(activation, bits, keep, x)
    if follows is None or not alike((x,), (mean, variance, gamma, beta)):
        return NotImplemented
    scale = gamma / np.sqrt(variance + x.dtype.type(epsilon))
    return normalize(x, mean, scale, beta, follows)


def normalize(x: np.ndarray, mean: np.ndarray, scale: np.ndarray, shift: np.ndarray, follows: After) -> np.ndarray:
    """``f((x - mean) scale + shift)``, with dropout."""
    y = memory_pool.empty(x.shape, x.dtype)
    x_rows, y_rows = matrix(x), matrix(y)
    mean, scale, shift = (repeat(vector, x_rows) for vector in (mean, scale, shift))
    slabs = slabs_of(x_rows)

    def work(number: int) -> None:
        slab = slabs[number]
        normalize_rows(x_rows[slab], mean, scale, shift, *follows.of(slab, x_rows), y_rows[slab])

    parallel_for(work, len(slabs))
    return y


def normalize_activate_grads(
    dy: np.ndarray,
    y: np.ndarray,
    bits: np.ndarray | None,
    keep: float,
    x: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    epsilon: float,
    gamma: np.ndarray,
    activation: Activation,
    training: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalize_activate.normalize_activate_grads`."""
    follows = after(activation, bits, keep, x)
    if follows is None or not alike((dy, y, x), (mean, variance, gamma)):
        return NotImplemented
    inverse_std = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    return normalize_grads(dy, y, follows, x, mean, inverse_std, gamma, training)


def normalize_grads(
    dy: np.ndarray,
    y: np.ndarray,
    follows: After,
    x: np.ndarray,
    mean: np.ndarray,
    inverse_std: np.ndarray,
    gamma: np.ndarray,
    training: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients with respect to x, gamma and beta."""
    dx = memory_pool.empty(x.shape, x.dtype)
    dy_rows, y_rows, x_rows, dx_rows = map(matrix, (dy, y, x, dx))
    long_mean, shape = repeat(mean, x_rows), (2, x_rows.shape[1])
    slabs = slabs_of(x_rows)

    def given(slab: slice) -> tuple:
        """What both loops read."""
        return dy_rows[slab], y_rows[slab], *follows.of(slab, x_rows), x_rows[slab], long_mean

    def sum_slab(slab: slice, sums: np.ndarray) -> None:
        sum_gradients(*given(slab), scratch("rows", shape, x.dtype), sums)

    sums = fold(OrderedSum(slabs, (shape,), x.dtype).compute(sum_slab)[0], x.shape[-1])
    dbeta, dgamma = sums[0], sums[1] * inverse_std
    scale, taken = repeat(gamma * inverse_std, x_rows), None
    if training:
        taken = sums / x.dtype.type(x.size // x.shape[-1])
        taken[1] *= inverse_std * inverse_std
        taken = repeat(taken, x_rows)

    def input_slab(number: int) -> None:
        slab = slabs[number]
        input_gradients(*given(slab), taken, scale, dx_rows[slab])

    parallel_for(input_slab, len(slabs))
    return dx, dgamma, dbeta
