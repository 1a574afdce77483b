"""The smooth rectifier."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.elementwise import Elementwise


class SoftplusCache(NamedTuple):
    """The input."""

    x: Array
    stamp: CacheStamp


class Softplus(Elementwise):
    """``y = log(1 + exp(x))``, a rectifier without a kink; binary cross-entropy is made of it.

    Its derivative is the sigmoid s: ``dx = dy / (1 + exp(-x))``; its second, for the tangent pass, ``s (1 - s)``.
    """

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, SoftplusCache]:
        self.check_input(x)
        y = kernels.softplus(x)
        return y, SoftplusCache(x, self.stamp(y))

    def backward(self, dy: Array, cache: SoftplusCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.softplus_grad(dy, cache.x)

    def second_derivative(self, cache: SoftplusCache) -> Array:
        return kernels.softplus_second_derivative(cache.x)
