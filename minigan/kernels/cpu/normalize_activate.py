"""Batch normalisation with its activation and dropout over slabs.

With the statistics known, ``y = x * scale + shift`` with one number each a channel, and so is the gradient:
``dx = g * a + x * b + c``, from the formula of `minigan.kernels.reference.normalization` with x_hat written out. Where
the mean is large compared with the deviation, ``sum g (x - mean)`` is computed as it is written; elsewhere as
``sum g x - mean sum g``.
"""

import numpy as np

from minigan.kernels.cpu.algorithms.slab_activations import rectify, slopes
from minigan.kernels.cpu.dropout import mask_of
from minigan.kernels.cpu.normalization import centred, is_near, slabs_of
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.broadcast import row_dot, row_sum, tile_row
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.affine import RECTIFIER, Activation

__all__ = ["normalize_activate", "normalize_activate_grads"]


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
) -> tuple[np.ndarray, np.ndarray | None]:
    """The twin of `minigan.kernels.reference.normalize_activate.normalize_activate`."""
    if activation.name not in ("linear", "leaky_relu"):
        return NotImplemented
    x = memory_pool.contiguous(x)
    scale = gamma / np.sqrt(variance + x.dtype.type(epsilon))
    long_scale, long_shift = (tile_row(row, x.shape[1:]) for row in (scale, beta - mean * scale))
    y = memory_pool.empty(x.shape, x.dtype)
    rectified = bits is None and activation == RECTIFIER
    factor = None
    if bits is not None or activation.name != "linear":
        factor = memory_pool.empty(x.shape, np.bool_ if rectified else x.dtype)
    slabs = slabs_of(x)

    def work(number: int) -> None:
        slab = slabs[number]
        part = y[slab].reshape(-1, long_scale.size)
        np.multiply(x[slab].reshape(part.shape), long_scale, out=part)
        part += long_shift
        if factor is None:
            return
        if rectified:
            np.greater(y[slab], 0, out=factor[slab])
            rectify(y[slab], 0, y[slab])
            return
        if bits is None:
            factor[slab] = slopes(y[slab], activation.slope)
        else:
            mask_of(bits, slab, keep, factor)
            if activation.name != "linear":
                factor[slab] *= slopes(y[slab], activation.slope)
        # f is linear on each side of 0: f(u) is u times its slope.
        y[slab] *= factor[slab]

    parallel_for(work, len(slabs))
    return y, factor


def normalize_activate_grads(
    dy: np.ndarray,
    factor: np.ndarray | None,
    x: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    epsilon: float,
    gamma: np.ndarray,
    training: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalize_activate.normalize_activate_grads`."""
    if not x.size:
        return NotImplemented
    dy, x = map(memory_pool.contiguous, (dy, x))
    c = x.shape[-1]
    inverse_std = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    near = is_near(mean, variance + mean * mean)
    slabs = slabs_of(x)
    dx = memory_pool.empty(x.shape, x.dtype)

    def sums(slab: slice, dgamma: np.ndarray, dbeta: np.ndarray) -> None:
        g = dy[slab]
        if factor is not None:
            g = np.multiply(g, factor[slab], out=dx[slab])
        row_sum(g, dbeta)
        row_dot(g, x[slab] if near else centred(x[slab], mean), dgamma)

    dgamma, dbeta = OrderedSum(slabs, ((c,), (c,)), x.dtype).compute(sums)
    if near:
        dgamma -= mean * dbeta
    dgamma *= inverse_std
    scale = gamma * inverse_std
    # dx = scale (g - dbeta / M - x_hat dgamma / M), with x_hat = (x - mean) inverse_std, as g a + x b + c.
    count = x.dtype.type(x.size // c) if training else x.dtype.type(np.inf)
    slope = -scale * dgamma * inverse_std / count
    rest = -scale * dbeta / count - mean * slope
    long_scale, long_slope, long_rest = (tile_row(row, x.shape[1:]) for row in (scale, slope, rest))

    def input_grad(number: int) -> None:
        slab = slabs[number]
        part = dx[slab].reshape(-1, long_scale.size)
        g = part if factor is not None else dy[slab].reshape(part.shape)
        np.multiply(g, long_scale, out=part)
        if training:
            through_variance = scratch("normalization", part.shape, x.dtype)
            np.multiply(x[slab].reshape(part.shape), long_slope, out=through_variance)
            part += through_variance
            part += long_rest

    parallel_for(input_grad, len(slabs))
    return dx, dgamma, dbeta
