"""Normalisation: to mean 0 and variance 1 over the batch (BatchNorm), over the channels (LayerNorm), or over a group
of them with all their places (GroupNormalization).

All subtract a mean and divide by a standard deviation that themselves depend on x, so a change of one value
changes all others of its group. With ``x_hat = (x - mean) / std`` and g the gradient with respect to x_hat,

    dx = (g - mean(g) - x_hat * mean(g * x_hat)) / std:

the part of g along "all equal" (which the mean takes out) and along x_hat (which the division takes out) cannot
change the output. Source: Ioffe and Szegedy, arXiv:1502.03167, section 3, simplified.

This Jacobian is symmetric, so x_hat changes along x_dot by the same formula, with ``r = 1 / std``:

    x_hat_dot = r (x_dot - mean(x_dot) - x_hat * mean(x_hat * x_dot)).

A gradient g_dot with respect to x_hat_dot reaches x_dot by the same formula, and x in two ways: through both x_hat,

    e = -r (g_dot * mean(x_hat * x_dot) + x_dot * mean(x_hat * g_dot)),

which adds to g; and through r, of which ``dr/dx = -r^2 x_hat / M`` over the M values of the group: this adds
``-r x_hat * mean(g_dot * x_hat_dot)`` to dx.
"""

from collections.abc import Callable
from functools import partial
from math import prod

from minigan.backend import Array, array_module

__all__ = [
    "batch_norm",
    "batch_norm_grad",
    "batch_norm_tangent_grad",
    "channel_mean",
    "channel_sum",
    "group_norm",
    "group_norm_grad",
    "group_norm_tangent_grad",
    "layer_norm",
    "layer_norm_grad",
    "layer_norm_tangent_grad",
    "moments",
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


def position_mean(x: Array) -> Array:
    """The mean over the last axis, which is kept."""
    return x.mean(axis=-1, keepdims=True)


def moments(x: Array) -> tuple[Array, Array]:
    """Mean and biased variance over all axes but the last."""
    mean = channel_mean(x)
    centred = x - mean
    return mean, channel_mean(centred * centred)


def batch_norm(x: Array, mean: Array, variance: Array, epsilon: float) -> tuple[Array, Array]:
    """``x_hat = (x - mean) / sqrt(variance + epsilon)``, and that divisor's inverse."""
    inverse_std = 1 / array_module(x).sqrt(variance + epsilon)
    return (x - mean) * inverse_std, inverse_std


def batch_norm_grad(dx_hat: Array, x_hat: Array, inverse_std: Array) -> Array:
    """The gradient through `batch_norm` with the batch's own mean and variance."""
    return normalize_grad(dx_hat, x_hat, inverse_std, channel_mean)


def batch_norm_tangent_grad(
    dx_hat: Array, dx_hat_dot: Array, x_dot: Array, x_hat: Array, x_hat_dot: Array, inverse_std: Array
) -> tuple[Array, Array]:
    """The gradients with respect to x and x_dot through `batch_norm` and its derivative along x_dot."""
    return normalize_tangent_grad(dx_hat, dx_hat_dot, x_dot, x_hat, x_hat_dot, inverse_std, channel_mean)


def layer_norm(x: Array, epsilon: float) -> tuple[Array, Array]:
    """`x` normalised over its last axis, and the inverse standard deviation (..., 1)."""
    centred = x - position_mean(x)
    variance = position_mean(centred * centred)
    inverse_std = 1 / array_module(x).sqrt(variance + epsilon)
    return centred * inverse_std, inverse_std


def layer_norm_grad(dx_hat: Array, x_hat: Array, inverse_std: Array) -> Array:
    """The gradient through `layer_norm`."""
    return normalize_grad(dx_hat, x_hat, inverse_std, position_mean)


def layer_norm_tangent_grad(
    dx_hat: Array, dx_hat_dot: Array, x_dot: Array, x_hat: Array, x_hat_dot: Array, inverse_std: Array
) -> tuple[Array, Array]:
    """The gradients with respect to x and x_dot through `layer_norm` and its derivative along x_dot."""
    return normalize_tangent_grad(dx_hat, dx_hat_dot, x_dot, x_hat, x_hat_dot, inverse_std, position_mean)


def group_norm(x: Array, groups: int, epsilon: float) -> tuple[Array, Array]:
    """`x` normalised over each group of an example's channels, and the inverse deviation (N, 1, C) of each channel."""
    rows, mean = rows_of(x), partial(group_mean, groups=groups)
    centred = rows - mean(rows)
    inverse_std = 1 / array_module(x).sqrt(mean(centred * centred) + epsilon)
    return (centred * inverse_std).reshape(x.shape), inverse_std


def group_norm_grad(dx_hat: Array, x_hat: Array, inverse_std: Array, groups: int) -> Array:
    """The gradient through `group_norm`."""
    mean = partial(group_mean, groups=groups)
    return normalize_grad(rows_of(dx_hat), rows_of(x_hat), inverse_std, mean).reshape(x_hat.shape)


def group_norm_tangent_grad(
    dx_hat: Array, dx_hat_dot: Array, x_dot: Array, x_hat: Array, x_hat_dot: Array, inverse_std: Array, groups: int
) -> tuple[Array, Array]:
    """The gradients with respect to x and x_dot through `group_norm` and its derivative along x_dot."""
    mean = partial(group_mean, groups=groups)
    g, g_dot, x_dot, rows, rows_dot = map(rows_of, (dx_hat, dx_hat_dot, x_dot, x_hat, x_hat_dot))
    dx, dx_dot = normalize_tangent_grad(g, g_dot, x_dot, rows, rows_dot, inverse_std, mean)
    return dx.reshape(x_hat.shape), dx_dot.reshape(x_hat.shape)


def rows_of(x: Array) -> Array:
    """The places of each example as rows: (N, ..., C) as (N, places, C)."""
    return x.reshape(len(x), prod(x.shape[1:-1]), x.shape[-1])


def group_mean(rows: Array, groups: int) -> Array:
    """The mean over the places and over each group's channels, for every channel of the group: (N, 1, C)."""
    n, _, channels = rows.shape
    means = rows.mean(axis=1).reshape(n, groups, channels // groups).mean(axis=2)
    return means.repeat(channels // groups, axis=1)[:, None]


# The formulas, for any group of values; `mean` is the mean over the group.

Mean = Callable[[Array], Array]


def normalize_grad(dx_hat: Array, x_hat: Array, inverse_std: Array, mean: Mean) -> Array:
    """``r (g - mean(g) - x_hat * mean(g * x_hat))``; for x_dot in the place of g it is x_hat_dot."""
    return (dx_hat - mean(dx_hat) - x_hat * mean(dx_hat * x_hat)) * inverse_std


def normalize_tangent_grad(
    dx_hat: Array, dx_hat_dot: Array, x_dot: Array, x_hat: Array, x_hat_dot: Array, inverse_std: Array, mean: Mean
) -> tuple[Array, Array]:
    """The gradients through `normalize_grad` as a tangent pass: to x, in the two ways above, and to x_dot."""
    through_x_hat = -inverse_std * (dx_hat_dot * mean(x_hat * x_dot) + x_dot * mean(x_hat * dx_hat_dot))
    through_r = -inverse_std * x_hat * mean(dx_hat_dot * x_hat_dot)
    dx = normalize_grad(dx_hat + through_x_hat, x_hat, inverse_std, mean) + through_r
    return dx, normalize_grad(dx_hat_dot, x_hat, inverse_std, mean)
