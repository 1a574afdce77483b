"""Batch normalisation."""

from typing import NamedTuple

import numpy as np

from minigan import initializers, kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, Context, Layer, Shape, Stamp
from minigan.layers.options import fraction, vectors
from minigan.random import Stream


class BatchNormCache(NamedTuple):
    """The normalised input, and what it was divided by; whether by the batch's own statistics."""

    x_hat: Array
    inverse_std: Array
    training: bool
    stamp: Stamp


class BatchNorm(Layer):
    """Every channel to mean 0 and variance 1 over the batch, then to a learned scale and shift.

    In training, with the mean mu and the biased variance v of a channel over the M values it has in the batch,

    ``x_hat = (x - mu) / sqrt(v + epsilon)``,  ``y = gamma * x_hat + beta``,

    and the moving averages follow: ``moving = momentum * moving + (1 - momentum) * batch``. Elsewhere mu and v
    are the moving averages, and the layer is a fixed scale and shift.

    Backward: ``dgamma = sum dy * x_hat`` and ``dbeta = sum dy``. With ``g = gamma * dy``, the gradient with
    respect to x_hat, x is reached on three ways: directly, through mu, and through v. From ``dmu/dx = 1/M`` and
    ``dv/dx = 2 (x - mu) / M`` they add up to

    ``dx = (g - mean(g) - x_hat * mean(g * x_hat)) / sqrt(v + epsilon)``.

    Where the averages were used mu and v are constants, and only the first way is left: ``dx = g / sqrt(...)``.

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
    """

    def __init__(
        self,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.momentum = fraction(self, "momentum", momentum)
        self.epsilon, self.center, self.scale = epsilon, center, scale

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return vectors(self, input_shape)

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        channels = self.input_shape[-1:]
        zeros, ones = initializers.zeros, initializers.ones
        if self.scale:
            self.gamma = self.add_parameter("gamma", channels, ones, rng, dtype)
        if self.center:
            self.beta = self.add_parameter("beta", channels, zeros, rng, dtype)
        self.moving_mean = self.add_parameter("moving_mean", channels, zeros, rng, dtype, trainable=False)
        self.moving_variance = self.add_parameter("moving_variance", channels, ones, rng, dtype, trainable=False)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, BatchNormCache]:
        self.check_input(x)
        if ctx.training:
            mean, variance = kernels.moments(x)
            if ctx.update_stats:
                self.update_averages(mean, variance)
        else:
            mean, variance = self.moving_mean.data, self.moving_variance.data
        x_hat, inverse_std = kernels.normalize_batch(x, mean, variance, self.epsilon)
        y = x_hat
        if self.scale:
            y = y * self.gamma.data
        if self.center:
            y = y + self.beta.data
        return y, BatchNormCache(x_hat, inverse_std, ctx.training, self.stamp(y))

    def update_averages(self, mean: Array, variance: Array) -> None:
        """Move the averages towards this batch's mean and variance, in place."""
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.data *= self.momentum
            moving.data += (1 - self.momentum) * batch

    def backward(self, dy: Array, cache: BatchNormCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        if param_grads:
            if self.scale:
                self.gamma.grad += kernels.channel_sum(dy * cache.x_hat)
            if self.center:
                self.beta.grad += kernels.channel_sum(dy)
        dx_hat = dy * self.gamma.data if self.scale else dy
        if not cache.training:
            return dx_hat * cache.inverse_std
        return kernels.normalize_batch_grad(dx_hat, cache.x_hat, cache.inverse_std)
