"""Layer normalisation."""

from typing import NamedTuple

import numpy as np

from minigan import initializers, kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, Context, Layer, Shape, Stamp
from minigan.layers.options import vectors
from minigan.random import Stream


class LayerNormCache(NamedTuple):
    """The normalised input, and what it was divided by."""

    x_hat: Array
    inverse_std: Array
    stamp: Stamp


class LayerNorm(Layer):
    """Every position of every image to mean 0 and variance 1 over its channels, then scaled and shifted.

    With mu and the biased variance v over the last axis, ``x_hat = (x - mu) / sqrt(v + epsilon)`` and
    ``y = gamma * x_hat + beta``. The batch plays no part: training and inference are alike.

    Backward as in `BatchNorm`, with the means taken over the channels: ``dgamma = sum dy * x_hat``,
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
        super().__init__(name)
        self.epsilon, self.center, self.scale = epsilon, center, scale

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return vectors(self, input_shape)

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        channels = self.input_shape[-1:]
        if self.scale:
            self.gamma = self.add_parameter("gamma", channels, initializers.ones, rng, dtype)
        if self.center:
            self.beta = self.add_parameter("beta", channels, initializers.zeros, rng, dtype)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, LayerNormCache]:
        self.check_input(x)
        x_hat, inverse_std = kernels.normalize_layer(x, self.epsilon)
        y = x_hat
        if self.scale:
            y = y * self.gamma.data
        if self.center:
            y = y + self.beta.data
        return y, LayerNormCache(x_hat, inverse_std, self.stamp(y))

    def backward(self, dy: Array, cache: LayerNormCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        if param_grads:
            if self.scale:
                self.gamma.grad += kernels.channel_sum(dy * cache.x_hat)
            if self.center:
                self.beta.grad += kernels.channel_sum(dy)
        dx_hat = dy * self.gamma.data if self.scale else dy
        return kernels.normalize_layer_grad(dx_hat, cache.x_hat, cache.inverse_std)
