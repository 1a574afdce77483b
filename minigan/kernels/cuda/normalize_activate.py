"""Batch normalisation with its activation and dropout: launches ``normalize_activate.cu``."""

from minigan.backend import Array, array_module
from minigan.kernels.cuda.compiler import contiguous, module
from minigan.kernels.cuda.fused_activation import code
from minigan.kernels.cuda.normalization import EACH, covered, join_sums
from minigan.kernels.cuda.rows import layout, matrix
from minigan.kernels.reference.affine import RECTIFIER, Activation

__all__ = ["normalize_activate", "normalize_activate_grads"]


def normalize_activate(
    x: Array,
    mean: Array,
    variance: Array,
    epsilon: float,
    gamma: Array,
    beta: Array,
    activation: Activation,
    bits: Array | None,
    keep: float,
) -> tuple[Array, Array | None]:
    """The twin of `minigan.kernels.reference.normalize_activate.normalize_activate`."""
    rows_of_numbers = (mean, variance, gamma, beta)
    if not covered(x) or any(row.shape != x.shape[-1:] for row in rows_of_numbers):
        return NotImplemented
    if bits is not None and 8 * bits.size < x.size:
        return NotImplemented
    x, mean, variance, gamma, beta = map(contiguous, (x, *rows_of_numbers))
    rows, channels = matrix(x)
    xp = array_module(x)
    y, factor, positive = xp.empty(x.shape, x.dtype), None, None
    if bits is None and activation == RECTIFIER:
        positive = xp.empty(x.shape, bool)
    elif bits is not None or activation.name != "linear":
        factor = xp.empty(x.shape, x.dtype)
    arrays = (x, mean, variance, gamma, beta, None if bits is None else contiguous(bits), y, factor, positive)
    options = (float(epsilon), *code(activation), 1 / float(keep))
    module("normalize_activate", x.dtype).launch(
        "normalize_activate", *layout(rows, channels), (*arrays, *options, rows, channels)
    )
    return y, factor if positive is None else positive


def normalize_activate_grads(
    dy: Array,
    factor: Array | None,
    x: Array,
    mean: Array,
    variance: Array,
    epsilon: float,
    gamma: Array,
    training: bool,
) -> tuple[Array, Array, Array]:
    """The twin of `minigan.kernels.reference.normalize_activate.normalize_activate_grads`."""
    rows_of_numbers = (mean, variance, gamma)
    factors = () if factor is None else (factor,)
    if not covered(dy, x, *factors) or any(row.shape != x.shape[-1:] for row in rows_of_numbers):
        return NotImplemented
    dy, x, mean, variance, gamma = map(contiguous, (dy, x, *rows_of_numbers))
    positive = None
    if factor is not None:
        factor = contiguous(factor)
        if factor.dtype == bool:
            factor, positive = None, factor
    rows, channels = matrix(x)
    source, xp = module("normalize_activate", x.dtype), array_module(x)
    grid, block = layout(rows, channels, EACH)
    parts = xp.empty((2, grid[1], channels), x.dtype)
    arrays = (dy, factor, positive, x, mean, variance)
    sizes = (float(epsilon), rows, channels)
    source.launch("normalize_activate_grad_sums", grid, block, (*arrays, parts, *sizes))
    sums, dx = join_sums(module("normalization", x.dtype), parts), xp.empty(x.shape, x.dtype)
    arguments = (*arrays, gamma, sums if training else None, dx, *sizes)
    source.launch("normalize_activate_grad", *layout(rows, channels), arguments)
    return dx, sums[0], sums[1]
