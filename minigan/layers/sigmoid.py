"""The logistic function."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.elementwise import Elementwise


class SigmoidCache(NamedTuple):
    """The output: the derivative is a function of it."""

    y: Array
    stamp: CacheStamp


class Sigmoid(Elementwise):
    """``y = 1 / (1 + exp(-x))``: a number becomes a probability.

    Its derivative is ``y (1 - y)``, so ``dx = dy * y * (1 - y)``. Far from zero that factor vanishes, and with it
    any gradient: losses therefore start from the logit x where they can (`minigan.losses`). The second derivative,
    for the tangent pass, is ``y (1 - y) (1 - 2y)``.

    Notes
    -----
    A default run executes this layer fused with its neighbours, with the same result but for rounding;
    `minigan.backend.textbook` runs this file instead.
    """

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, SigmoidCache]:
        self.check_input(x)
        y = kernels.sigmoid(x)
        return y, SigmoidCache(y, self.stamp(y))

    def backward(self, dy: Array, cache: SigmoidCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.sigmoid_grad(dy, cache.y)

    def second_derivative(self, cache: SigmoidCache) -> Array:
        return kernels.sigmoid_second_derivative(cache.y)
