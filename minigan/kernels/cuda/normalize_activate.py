"""Batch normalisation with its activation and dropout: launches ``normalize_activate.cu``."""

from minigan.backend import Array, array_module
from minigan.kernels.cuda.compiler import contiguous, module
from minigan.kernels.cuda.fused_activation import code
from minigan.kernels.cuda.normalization import EACH, covered, join_sums
from minigan.kernels.cuda.rows import layout, matrix
from minigan.kernels.reference.affine import Activation

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
) -> Array:
    """The twin of `minigan.kernels.reference.normalize_activate.normalize_activate`."""
    rows_of_numbers = (mean, variance, gamma, beta)
    if not covered(x) or any(row.shape != x.shape[-1:] for row in rows_of_numbers):
        return NotImplemented
    if not enough(bits, x):
        return NotImplemented
    x, mean, variance, gamma, beta = map(contiguous, (x, *rows_of_numbers))
    rows, channels = matrix(x)
    y = array_module(x).empty(x.shape, x.dtype)
    arrays = (x, mean, variance, gamma, beta, None if bits is None else contiguous(bits), y)
    options = (float(epsilon), *code(activation), float(keep))
    module("normalize_activate", x.dtype).launch(
        "normalize_activate", *layout(rows, channels), (*arrays, *options, rows, channels)
    )
    return y


def enough(bits: Array | None, x: Array) -> bool:
    """Whether there is a bit for each entry, if there are bits at all."""
    return bits is None or 8 * bits.size >= x.size


def normalize_activate_grads(
    dy: Array,
    y: Array,
    bits: Array | None,
    keep: float,
    x: Array,
    mean: Array,
    variance: Array,
    epsilon: float,
    gamma: Array,
    activation: Activation,
    training: bool,
) -> tuple[Array, Array, Array]:
    """The twin of `minigan.kernels.reference.normalize_activate.normalize_activate_grads`."""
    rows_of_numbers = (mean, variance, gamma)
    if not covered(dy, y, x) or any(row.shape != x.shape[-1:] for row in rows_of_numbers) or not enough(bits, x):
        return NotImplemented
    dy, y, x, mean, variance, gamma = map(contiguous, (dy, y, x, *rows_of_numbers))
    rows, channels = matrix(x)
    source, xp = module("normalize_activate", x.dtype), array_module(x)
    grid, block = layout(rows, channels, EACH)
    parts = xp.empty((2, grid[1], channels), x.dtype)
    arrays = (dy, y, None if bits is None else contiguous(bits), x, mean, variance)
    options = (float(epsilon), *code(activation), float(keep), rows, channels)
    source.launch("normalize_activate_grad_sums", grid, block, (*arrays, parts, *options))
    sums, dx = join_sums(module("normalization", x.dtype), parts), xp.empty(x.shape, x.dtype)
    arguments = (*arrays, gamma, sums if training else None, dx, *options)
    source.launch("normalize_activate_grad", *layout(rows, channels), arguments)
    return dx, sums[0], sums[1]
