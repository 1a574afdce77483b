"""Layer normalisation."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.scale_shift import ScaleShift


class LayerNormCache(NamedTuple):
    """The normalised input, and what it was divided by."""

    x_hat: Array
    inverse_std: Array
    stamp: CacheStamp


class LayerNormTangent(NamedTuple):
    """The direction, and the derivative of the normalised input along it."""

    x_dot: Array
    x_hat_dot: Array
    stamp: CacheStamp


class LayerNorm(ScaleShift):
    """Every position of every image to mean 0 and variance 1 over its channels, then scaled and shifted.

    With mu and the biased variance v over the last axis, ``x_hat = (x - mu) / sqrt(v + epsilon)`` and
    ``y = gamma * x_hat + beta``. The batch plays no part: training and inference are alike.

    Backward and tangent as in `BatchNorm`, with the means taken over the channels: ``dgamma = sum dy * x_hat``,
    ``dbeta = sum dy``, and with ``g = gamma * dy``
    ``dx = (g - mean(g) - x_hat * mean(g * x_hat)) / sqrt(v + epsilon)``.

    Shapes: x, y (N, ..., C); gamma, beta (C,).

    Parameters
    ----------
    epsilon : float
        Keeps the divisor from zero.
    center, scale : bool
        Learn beta, learn gamma.
    name : str, optional

    Notes
    -----
    Ba, Kiros and Hinton, arXiv:1607.06450, equation 3. Keras calls the layer LayerNormalization.
    """

    def __init__(self, epsilon: float = 1e-3, center: bool = True, scale: bool = True, name: str | None = None) -> None:
        super().__init__(epsilon, center, scale, name)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, LayerNormCache]:
        self.check_input(x)
        x_hat, inverse_std = kernels.layer_norm(x, self.epsilon)
        y = self.shifted(self.scaled(x_hat))
        return y, LayerNormCache(x_hat, inverse_std, self.stamp(y))

    def backward(self, dy: Array, cache: LayerNormCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        if param_grads:
            self.add_gradients(dy * cache.x_hat, dy)
        return kernels.layer_norm_grad(self.scaled(dy), cache.x_hat, cache.inverse_std)

    def tangent(self, x_dot: Array, cache: LayerNormCache) -> tuple[Array, LayerNormTangent]:
        self.check_tangent(x_dot, cache)
        x_hat_dot = kernels.layer_norm_grad(x_dot, cache.x_hat, cache.inverse_std)
        return self.scaled(x_hat_dot), LayerNormTangent(x_dot, x_hat_dot, cache.stamp)

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: LayerNormCache, tangent_cache: LayerNormTangent, param_grads: bool = True
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        if param_grads:
            self.add_gradients(dy * cache.x_hat + dy_dot * tangent_cache.x_hat_dot, dy)
        return kernels.layer_norm_tangent_grad(
            self.scaled(dy),
            self.scaled(dy_dot),
            tangent_cache.x_dot,
            cache.x_hat,
            tangent_cache.x_hat_dot,
            cache.inverse_std,
        )
