"""Batch normalisation."""

from functools import partial
from math import prod
from typing import NamedTuple

import numpy as np

from minigan import initializers, kernels
from minigan.backend import Array
from minigan.errors import ShapeError
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.scale_shift import ScaleShift
from minigan.layers.validation import unit_interval
from minigan.random import Stream


class BatchNormCache(NamedTuple):
    """The normalised input, and what it was divided by; whether by the batch's own statistics."""

    x_hat: Array
    inverse_std: Array
    training: bool
    stamp: CacheStamp


class BatchNormTangent(NamedTuple):
    """The direction, and the derivative of the normalised input along it."""

    x_dot: Array
    x_hat_dot: Array
    stamp: CacheStamp


class BatchNorm(ScaleShift):
    """Every channel to mean 0 and variance 1 over the batch, then to a learned scale and shift.

    In training, with the mean mu and the biased variance v of a channel over the M values it has in the batch,

    ``x_hat = (x - mu) / sqrt(v + epsilon)``,  ``y = gamma * x_hat + beta``,

    and the moving averages are updated: ``moving = momentum * moving + (1 - momentum) * batch``. At inference mu and v
    are the moving averages, and the layer is a fixed scale and shift.

    Backward: ``dgamma = sum dy * x_hat`` and ``dbeta = sum dy``. With ``g = gamma * dy``, the gradient with respect to
    x_hat, the gradient reaches x on three paths: directly, through mu, and through v. From ``dmu/dx = 1/M`` and
    ``dv/dx = 2 (x - mu) / M`` they add up to

    ``dx = (g - mean(g) - x_hat * mean(g * x_hat)) / sqrt(v + epsilon)``.

    Where the moving averages were used mu and v are constants, and only the first path is left: ``dx = g / sqrt(...)``.

    The Jacobian of x_hat is symmetric: the tangent pass finds x_hat_dot by that formula with x_dot in the place of
    g. The formula contains x_hat and v, so the gradient of y_dot reaches x on several paths, too;
    `minigan.kernels.reference.normalization` derives them.

    A batch that has one value of each channel, such as one example of features (1, C), is refused in training: that
    value is its own mean, so that y would be beta whatever x is, no gradient would reach x, and the moving variance
    would approach 0. One image has H*W values of each channel, and is enough. An empty batch moves nothing.

    Shapes: x, y (N, ..., C); gamma, beta, moving_mean, moving_variance (C,).

    Parameters
    ----------
    momentum : float
        The weight of the past in the moving averages; the DCGANs here use 0.8.
    epsilon : float
        Keeps the divisor from zero.
    center, scale : bool
        Learn beta, learn gamma.
    name : str, optional

    Notes
    -----
    Ioffe and Szegedy, arXiv:1502.03167, algorithm 1 and section 3. The moving variance is the biased one, as in
    Keras (PyTorch's is unbiased). Keras calls the layer BatchNormalization.

    A default run executes this layer fused with its neighbours, with the same result but for rounding;
    `minigan.backend.textbook` runs this file instead.

    To read: `forward`, `statistics` and `backward` here, then `moments`, `batch_norm` and `batch_norm_grad` in
    kernels/reference/normalization.py.
    """

    #: In training one example's output depends on the others of the batch.
    mixes_examples = True

    def __init__(
        self,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(epsilon, center, scale, name)
        self.momentum = unit_interval(self, "momentum", momentum)

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        super().add_parameters(rng, dtype)
        channels, zeros, ones = self.input_shape[-1:], initializers.zeros, initializers.ones
        self.moving_mean = self.add_parameter("moving_mean", channels, zeros, rng, dtype, trainable=False)
        self.moving_variance = self.add_parameter("moving_variance", channels, ones, rng, dtype, trainable=False)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, BatchNormCache]:
        self.check_input(x)
        mean, variance = self.statistics(x, ctx)
        x_hat, inverse_std = kernels.batch_norm(x, mean, variance, self.epsilon)
        y = self.shifted(self.scaled(x_hat))
        return y, BatchNormCache(x_hat, inverse_std, self.by_batch(x, ctx), self.stamp(y))

    def by_batch(self, x: Array, ctx: Context) -> bool:
        """Whether to normalise by the batch's own statistics: in training, where it has any."""
        if ctx.training and prod(x.shape[:-1]) == 1:
            raise ShapeError(
                f"{self.title}: expected at least 2 values of each channel in training, got 1: use a batch of at least "
                "2 examples, or inference mode"
            )
        return ctx.training and len(x) > 0

    def statistics(self, x: Array, ctx: Context) -> tuple[Array, Array]:
        """The mean and the variance to normalise by: the batch's, which update the moving averages, or these."""
        if not self.by_batch(x, ctx):
            return self.moving_mean.data, self.moving_variance.data
        mean, variance = kernels.moments(x)
        if ctx.update_stats:
            ctx.defer(partial(self.update_averages, mean, variance))
        return mean, variance

    def update_averages(self, mean: Array, variance: Array) -> None:
        """Update the moving averages by this batch's mean and variance, in place."""
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.data *= self.momentum
            moving.data += (1 - self.momentum) * batch

    def backward(self, dy: Array, cache: BatchNormCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        if param_grads:
            self.add_gradients(dy * cache.x_hat, dy)
        return self.normalization_grad(self.scaled(dy), cache)

    def normalization_grad(self, dx_hat: Array, cache: BatchNormCache) -> Array:
        """From x_hat back to x or, as the Jacobian is symmetric, from x_dot on to x_hat_dot."""
        if not cache.training:
            return dx_hat * cache.inverse_std
        return kernels.batch_norm_grad(dx_hat, cache.x_hat, cache.inverse_std)

    def tangent(self, x_dot: Array, cache: BatchNormCache) -> tuple[Array, BatchNormTangent]:
        self.check_tangent(x_dot, cache)
        x_hat_dot = self.normalization_grad(x_dot, cache)
        return self.scaled(x_hat_dot), BatchNormTangent(x_dot, x_hat_dot, cache.stamp)

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: BatchNormCache, tangent_cache: BatchNormTangent, param_grads: bool = True
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        if param_grads:
            self.add_gradients(dy * cache.x_hat + dy_dot * tangent_cache.x_hat_dot, dy)
        dx_hat, dx_hat_dot = self.scaled(dy), self.scaled(dy_dot)
        if not cache.training:
            return dx_hat * cache.inverse_std, dx_hat_dot * cache.inverse_std
        return kernels.batch_norm_tangent_grad(
            dx_hat, dx_hat_dot, tangent_cache.x_dot, cache.x_hat, tangent_cache.x_hat_dot, cache.inverse_std
        )
