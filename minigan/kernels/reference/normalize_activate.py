"""Batch normalisation with known statistics, an activation and dropout as one operation.

It is defined by the kernels that it replaces, one after the other.
"""

from minigan.backend import Array, array_module
from minigan.kernels.reference.affine import RECTIFIER, Activation
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
) -> tuple[Array, Array | None]:
    """``y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta)``, of which dropout keeps the fraction `keep`.

    Returns
    -------
    y : array like `x`
    factor : array like `x`, of numbers or of booleans, or None
        What dy is multiplied by on its way back to f's input: f' times dropout's factor; None for 1.
    """
    x_hat, _ = batch_norm(x, mean, variance, epsilon)
    u = x_hat * gamma + beta
    y, factor = activation.apply(u), None
    if activation.name != "linear":
        factor = activation.grad(array_module(x).ones_like(u), y)
    if bits is not None:
        y = dropout(y, bits, keep)
        factor = dropout(array_module(x).ones_like(u) if factor is None else factor, bits, keep)
    elif activation == RECTIFIER:
        factor = u > 0
    return y, factor


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
    """The gradients with respect to x, gamma and beta; `training`: through the batch's own mean and variance."""
    g = dy if factor is None else dy * factor
    x_hat, inverse_std = batch_norm(x, mean, variance, epsilon)
    dx_hat = g * gamma
    dx = batch_norm_grad(dx_hat, x_hat, inverse_std) if training else dx_hat * inverse_std
    return dx, channel_sum(g * x_hat), channel_sum(g)
