"""Batch normalisation over slabs.

Mean and variance come from one visit: each slab has its own mean and its own sum of squares around it, and two such
pairs are joined exactly (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
variances", 1979). ``E[x^2] - E[x]^2`` loses digits where the mean is large beside the deviation, and only there it is
not taken. The gradient's ``sum g (x - mean)`` is taken apart in the same way.

With the statistics known, ``y = x * scale + shift`` with one number each a channel, and so is the gradient:
``dx = g * a + x * b + c``, from the formula of `minigan.kernels.reference.normalization` with x_hat written out.
"""

import numpy as np

from minigan.kernels.cpu.algorithms.slab_activations import rectify, slopes
from minigan.kernels.cpu.dropout import mask_of
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.broadcast import row_dot, row_sum, tile_row
from minigan.kernels.cpu.parallel.slabs import OrderedSum, bytes_each, cut, run, scratch, split_coarse
from minigan.kernels.reference.affine import RECTIFIER, Activation

__all__ = ["moments", "normalize_activate", "normalize_activate_grads"]

#: The moments of so few slabs are taken before another thread has come to help.
SHORT = 2


def slabs_of(x: np.ndarray) -> tuple[slice, ...]:
    """Slabs for x and twice as much that is made of it."""
    return split_coarse(len(x), 3 * bytes_each(x))


def is_near(mean: np.ndarray, square: np.ndarray) -> bool:
    """Whether the variance ``square - mean^2`` loses no more than two bits, for all channels."""
    return bool((4 * mean * mean <= 3 * square).all())


def centred(x: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """``x - mean`` of a slab, in scratch memory."""
    long = tile_row(mean, x.shape[1:])
    rows = scratch("normalization", (x.size // long.size, long.size), x.dtype)
    return np.subtract(x.reshape(rows.shape), long, out=rows).reshape(x.shape)


def moments_of(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of a slab, and the sum of ``(x - mean)^2``."""
    count = x.dtype.type(x.size // x.shape[-1])
    mean, square = row_sum(x) / count, row_dot(x, x)
    if is_near(mean, square / count):
        return mean, square - count * mean * mean
    rest = centred(x, mean)
    # A large mean was rounded: what is left of it is the mean of the rest.
    left = row_sum(rest) / count
    return mean.astype(np.float64) + left, row_dot(rest, rest) - count * left * left


def moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.normalization.moments`."""
    if not x.size:
        return NotImplemented
    x = memory_pool.contiguous(x)
    slabs = slabs_of(x) if len(cut(len(x), bytes_each(x))) > SHORT else (slice(0, len(x)),)
    c = x.shape[-1]
    means, squares = np.empty((2, len(slabs), c))
    counts = np.array([(slab.stop - slab.start) * (x[0].size // c) for slab in slabs])

    def work(number: int) -> None:
        means[number], squares[number] = moments_of(x[slabs[number]])

    run(work, len(slabs))
    # The slabs' own numbers are few: joined in float64, which costs nothing.
    weights = (counts / counts.sum())[:, None]
    mean = (weights * means).sum(axis=0)
    variance = (weights * (means - mean) ** 2).sum(axis=0) + squares.sum(axis=0) / counts.sum()
    return mean.astype(x.dtype), variance.astype(x.dtype)


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
    """The twin of `minigan.kernels.reference.affine.normalize_activate`."""
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
        # A straight piece through the origin: f(u) is u times its slope.
        y[slab] *= factor[slab]

    run(work, len(slabs))
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
    """The twin of `minigan.kernels.reference.affine.normalize_activate_grads`."""
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

    dgamma, dbeta = OrderedSum(slabs, ((c,), (c,)), x.dtype).run(sums)
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

    run(input_grad, len(slabs))
    return dx, dgamma, dbeta
