"""Group normalisation, and instance normalisation as its special case."""

from math import prod
from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.errors import ConfigError, ShapeError
from minigan.layers.base import INFERENCE, CacheStamp, Context, Shape
from minigan.layers.scale_shift import ScaleShift
from minigan.layers.validation import require_last_axis, whole_number


class GroupNormalizationCache(NamedTuple):
    """The normalised input, and what it was divided by."""

    x_hat: Array
    inverse_std: Array
    stamp: CacheStamp


class GroupNormalizationTangent(NamedTuple):
    """The direction, and the derivative of the normalised input along it."""

    x_dot: Array
    x_hat_dot: Array
    stamp: CacheStamp


class GroupNormalization(ScaleShift):
    """Every group of an example's channels to mean 0 and variance 1 over all its places, then scaled and shifted.

    The C channels are split into `groups` neighbours. With mu and the biased variance v over the M numbers of a group,
    ``M = H * W * C / groups`` for images, ``x_hat = (x - mu) / sqrt(v + epsilon)`` and ``y = gamma * x_hat + beta``,
    with a gamma and a beta for each channel. The batch plays no part: training and inference are alike, and penalties
    on each example's gradient fit.

    With as many groups as channels it is instance normalisation, by which style is removed from each image.

    Backward and tangent as in `BatchNorm`, with the means taken over the group: ``dgamma = sum dy * x_hat``,
    ``dbeta = sum dy``, and with ``g = gamma * dy``
    ``dx = (g - mean(g) - x_hat * mean(g * x_hat)) / sqrt(v + epsilon)``.

    Shapes: x, y (N, ..., C); gamma, beta (C,).

    Parameters
    ----------
    groups : int
        Must divide the number of channels; -1 for as many groups as channels (instance normalisation).
    axis : int
        That of the channels: -1, for they are last in minigan.
    epsilon : float
        Keeps the divisor from zero.
    center, scale : bool
        Learn beta, learn gamma.
    name : str, optional

    Notes
    -----
    Wu and He, arXiv:1803.08494, equations 1, 2, 6 and 7; Ulyanov, Vedaldi and Lempitsky, arXiv:1607.08022.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(epsilon, center, scale, name)
        self.groups = whole_number(self, "groups", groups)
        if self.groups < 1 and self.groups != -1:
            raise ConfigError(f"{self.title}: expected groups to be at least 1, or -1 for one a channel, got {groups}")
        self.axis = whole_number(self, "axis", axis)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        channels = require_last_axis(self, input_shape)[-1]
        if self.axis not in (-1, len(input_shape)):
            raise ShapeError(f"{self.title}: expected axis to be -1, that of the channels, got {self.axis}")
        self.count = channels if self.groups == -1 else self.groups
        if channels % self.count:
            raise ShapeError(f"{self.title}: expected channels that divide by groups={self.count}, got {channels}")
        if prod(input_shape) == self.count:
            raise ShapeError(f"{self.title}: expected at least 2 numbers in each group, got 1: use fewer groups")
        return input_shape

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, GroupNormalizationCache]:
        self.check_input(x)
        x_hat, inverse_std = kernels.group_norm(x, self.count, self.epsilon)
        y = self.shifted(self.scaled(x_hat))
        return y, GroupNormalizationCache(x_hat, inverse_std, self.stamp(y))

    def backward(self, dy: Array, cache: GroupNormalizationCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        if param_grads:
            self.add_gradients(dy * cache.x_hat, dy)
        return kernels.group_norm_grad(self.scaled(dy), cache.x_hat, cache.inverse_std, self.count)

    def tangent(self, x_dot: Array, cache: GroupNormalizationCache) -> tuple[Array, GroupNormalizationTangent]:
        self.check_tangent(x_dot, cache)
        x_hat_dot = kernels.group_norm_grad(x_dot, cache.x_hat, cache.inverse_std, self.count)
        return self.scaled(x_hat_dot), GroupNormalizationTangent(x_dot, x_hat_dot, cache.stamp)

    def tangent_backward(
        self,
        dy: Array,
        dy_dot: Array,
        cache: GroupNormalizationCache,
        tangent_cache: GroupNormalizationTangent,
        param_grads: bool = True,
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        if param_grads:
            self.add_gradients(dy * cache.x_hat + dy_dot * tangent_cache.x_hat_dot, dy)
        return kernels.group_norm_tangent_grad(
            self.scaled(dy),
            self.scaled(dy_dot),
            tangent_cache.x_dot,
            cache.x_hat,
            tangent_cache.x_hat_dot,
            cache.inverse_std,
            self.count,
        )
