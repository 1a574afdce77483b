"""The smooth rectifier."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, Context, Layer, Stamp


class SoftplusCache(NamedTuple):
    """The input."""

    x: Array
    stamp: Stamp


class Softplus(Layer):
    """``y = log(1 + exp(x))``, a rectifier without a kink; binary cross-entropy is made of it.

    Its derivative is the sigmoid: ``dx = dy / (1 + exp(-x))``.
    """

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, SoftplusCache]:
        self.check_input(x)
        y = kernels.softplus(x)
        return y, SoftplusCache(x, self.stamp(y))

    def backward(self, dy: Array, cache: SoftplusCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.softplus_grad(dy, cache.x)
