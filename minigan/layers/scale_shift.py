"""What the normalisations share: a learned scale and shift after them."""

import numpy as np

from minigan import initializers, kernels
from minigan.backend import Array
from minigan.layers.base import Layer, Shape
from minigan.layers.validation import boolean, real_number, require_last_axis
from minigan.random import Stream

__all__ = ["ScaleShift"]


class ScaleShift(Layer):
    """A layer ``y = gamma * x_hat + beta``; a subclass makes x_hat of x.

    Parameters
    ----------
    epsilon : float
        Keeps the subclass's divisor from zero.
    center, scale : bool
        Learn beta, learn gamma.
    name : str, optional
    """

    def __init__(self, epsilon: float, center: bool, scale: bool, name: str | None) -> None:
        super().__init__(name)
        self.epsilon = real_number(self, "epsilon", epsilon, least=0)
        self.center, self.scale = boolean(self, "center", center), boolean(self, "scale", scale)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return require_last_axis(self, input_shape)

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        channels = self.input_shape[-1:]
        if self.scale:
            self.gamma = self.add_parameter("gamma", channels, initializers.ones, rng, dtype)
        if self.center:
            self.beta = self.add_parameter("beta", channels, initializers.zeros, rng, dtype)

    def scaled(self, x_hat: Array) -> Array:
        """``gamma * x_hat``: the linear part, which also takes x_hat_dot to y_dot, and dy back to x_hat."""
        return x_hat * self.gamma.data if self.scale else x_hat

    def shifted(self, y: Array) -> Array:
        """``y + beta``."""
        return y + self.beta.data if self.center else y

    def add_gradients(self, dgamma: Array, dbeta: Array) -> None:
        """Add gradients that are still to be summed over all positions."""
        if self.scale:
            self.gamma.grad += kernels.channel_sum(dgamma)
        if self.center:
            self.beta.grad += kernels.channel_sum(dbeta)
