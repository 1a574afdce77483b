"""Batch normalisation with its activation and dropout over slabs.

With the statistics known, ``y = x * scale + shift`` with one number each a channel, and so is the gradient:
``dx = g * a + x * b + c``, from the formula of `minigan.kernels.reference.normalization` with x_hat written out. g, the
gradient at the activation's input, is dy times a slope that the sign of y decides, times dropout's factor.

Where the mean is large compared with the deviation, ``sum g (x - mean)`` is computed as it is written; elsewhere as
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
from minigan.kernels.reference.affine import Activation

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
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.normalize_activate.normalize_activate`."""
    if activation.name not in ("linear", "leaky_relu"):
        return NotImplemented
    x = memory_pool.contiguous(x)
    scale = gamma / np.sqrt(variance + x.dtype.type(epsilon))
    long_scale, long_shift = (tile_row(row, x.shape[1:]) for row in (scale, beta - mean * scale))
    y = memory_pool.empty(x.shape, x.dtype)
    slabs = slabs_of(x)

    def work(number: int) -> None:
        slab = slabs[number]
        part = y[slab] if bits is None else scratch("normalization", y[slab].shape, x.dtype)
        rows = part.reshape(-1, long_scale.size)
        np.multiply(x[slab].reshape(rows.shape), long_scale, out=rows)
        rows += long_shift
        if activation.name != "linear":
            rectify(part, activation.slope, part)
        if bits is not None:
            mask_of(bits, slab, keep, y)
            y[slab] *= part

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
    if not x.size or activation.name not in ("linear", "leaky_relu"):
        return NotImplemented
    dy, y, x = map(memory_pool.contiguous, (dy, y, x))
    c = x.shape[-1]
    inverse_std = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    near = is_near(mean, variance + mean * mean)
    slabs = slabs_of(x)
    dx = memory_pool.empty(x.shape, x.dtype)
    direct = bits is None and activation.name == "linear"

    def activation_input_grad(slab: slice) -> np.ndarray:
        """g, the gradient at the activation's input: in the memory of dx, or dy itself."""
        if direct:
            return dy[slab]
        if bits is None:
            return np.multiply(dy[slab], slopes(y[slab], activation.slope), out=dx[slab])
        mask_of(bits, slab, keep, dx)
        dx[slab] *= dy[slab]
        if activation.name != "linear":
            dx[slab] *= slopes(y[slab], activation.slope)
        return dx[slab]

    def sums(slab: slice, dgamma: np.ndarray, dbeta: np.ndarray) -> None:
        g = activation_input_grad(slab)
        row_sum(g, dbeta)
        row_dot(g, x[slab] if near else centred(x[slab], mean), dgamma)

    dgamma, dbeta = OrderedSum(slabs, ((c,), (c,)), x.dtype).compute(sums)
    if near:
        dgamma -= mean * dbeta
    dgamma *= inverse_std
    scale, slope, rest = input_grad_factors(
        mean, inverse_std, gamma, dgamma, dbeta, x.size // c if training else np.inf
    )
    long_scale, long_slope, long_rest = (tile_row(row, x.shape[1:]) for row in (scale, slope, rest))

    def input_grad(number: int) -> None:
        slab = slabs[number]
        part = dx[slab].reshape(-1, long_scale.size)
        g = dy[slab].reshape(part.shape) if direct else part
        np.multiply(g, long_scale, out=part)
        if training:
            through_variance = scratch("normalization", part.shape, x.dtype)
            np.multiply(x[slab].reshape(part.shape), long_slope, out=through_variance)
            part += through_variance
            part += long_rest

    parallel_for(input_grad, len(slabs))
    return dx, dgamma, dbeta


def input_grad_factors(
    mean: np.ndarray,
    inverse_std: np.ndarray,
    gamma: np.ndarray,
    dgamma: np.ndarray,
    dbeta: np.ndarray,
    count: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """a, b and c of ``dx = g a + x b + c``; `count`: M rows, infinite for statistics that are constants."""
    # dx = scale (g - dbeta / M - x_hat dgamma / M), with x_hat = (x - mean) inverse_std.
    scale = gamma * inverse_std
    count = scale.dtype.type(count)
    slope = -scale * dgamma * inverse_std / count
    return scale, slope, -scale * dbeta / count - mean * slope
