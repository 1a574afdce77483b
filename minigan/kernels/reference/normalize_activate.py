"""Batch normalisation with known statistics, an activation and dropout as one operation.

It is defined by the kernels that it replaces, one after the other. The gradients need y and dropout's bits, but not the
activation's input u: where an entry was kept, ``y = f(u) / keep``, and f' is a function of f(u); where it was dropped,
its gradient is 0 anyway.
"""

from minigan.backend import Array
from minigan.kernels.reference.affine import Activation
from minigan.kernels.reference.dropout import dropout
from minigan.kernels.reference.normalization import batch_norm, batch_norm_grad, channel_sum

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
    """``y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta)``, of which dropout keeps the fraction `keep`."""
    x_hat, _ = batch_norm(x, mean, variance, epsilon)
    y = activation.apply(x_hat * gamma + beta)
    return y if bits is None else dropout(y, bits, keep)


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
    """The gradients with respect to x, gamma and beta; `training`: through the batch's own mean and variance."""
    g = activation.grad(dy, y) if bits is None else activation.grad(dropout(dy, bits, keep), y * keep)
    x_hat, inverse_std = batch_norm(x, mean, variance, epsilon)
    dx_hat = g * gamma
    dx = batch_norm_grad(dx_hat, x_hat, inverse_std) if training else dx_hat * inverse_std
    return dx, channel_sum(g * x_hat), channel_sum(g)
