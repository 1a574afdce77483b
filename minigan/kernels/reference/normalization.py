"""Normalisation: to mean 0 and variance 1 over the batch (BatchNorm) or over the channels (LayerNorm).

Both subtract a mean and divide by a standard deviation that themselves depend on x, so a change of one value
moves all the others of its group. With ``x_hat = (x - mean) / std`` and g the gradient with respect to x_hat,

    dx = (g - mean(g) - x_hat * mean(g * x_hat)) / std:

the part of g along "all equal" (which the mean takes out) and along x_hat (which the division takes out) cannot
change the output. Source: Ioffe and Szegedy, arXiv:1502.03167, section 3, simplified.
"""

from minigan.backend import Array, array_module

__all__ = [
    "channel_mean",
    "channel_sum",
    "moments",
    "normalize_batch",
    "normalize_batch_grad",
    "normalize_layer",
    "normalize_layer_grad",
]


def channel_sum(x: Array) -> Array:
    """The sum over all axes but the last.

    Image by image first: a sum of sums keeps more float32 digits than one long running sum.
    """
    if x.ndim > 2:
        x = x.sum(axis=tuple(range(1, x.ndim - 1)))
    return x.sum(axis=0)


def channel_mean(x: Array) -> Array:
    """The mean over all axes but the last."""
    return channel_sum(x) / (x.size // x.shape[-1])


def moments(x: Array) -> tuple[Array, Array]:
    """Mean and biased variance over all axes but the last."""
    mean = channel_mean(x)
    centred = x - mean
    return mean, channel_mean(centred * centred)


def normalize_batch(x: Array, mean: Array, variance: Array, epsilon: float) -> tuple[Array, Array]:
    """``x_hat = (x - mean) / sqrt(variance + epsilon)``, and that divisor's inverse."""
    inverse_std = 1 / array_module(x).sqrt(variance + epsilon)
    return (x - mean) * inverse_std, inverse_std


def normalize_batch_grad(dx_hat: Array, x_hat: Array, inverse_std: Array) -> Array:
    """The gradient through `normalize_batch` with the batch's own mean and variance."""
    along_ones = channel_mean(dx_hat)
    along_x_hat = channel_mean(dx_hat * x_hat)
    return (dx_hat - along_ones - x_hat * along_x_hat) * inverse_std


def normalize_layer(x: Array, epsilon: float) -> tuple[Array, Array]:
    """`x` normalised over its last axis, and the inverse standard deviation (..., 1)."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    inverse_std = 1 / array_module(x).sqrt(variance + epsilon)
    return centred * inverse_std, inverse_std


def normalize_layer_grad(dx_hat: Array, x_hat: Array, inverse_std: Array) -> Array:
    """The gradient through `normalize_layer`."""
    along_ones = dx_hat.mean(axis=-1, keepdims=True)
    along_x_hat = (dx_hat * x_hat).mean(axis=-1, keepdims=True)
    return (dx_hat - along_ones - x_hat * along_x_hat) * inverse_std
