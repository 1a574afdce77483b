"""The hyperbolic tangent."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.elementwise import Elementwise


class TanhCache(NamedTuple):
    """The output: the derivative is a function of it."""

    y: Array
    stamp: CacheStamp


class Tanh(Elementwise):
    """``y = tanh(x)``, between -1 and 1: the last activation of a generator of images scaled to [-1, 1].

    Its derivative is ``1 - y^2``, so ``dx = dy * (1 - y^2)``; its second, for the tangent pass, ``-2y (1 - y^2)``.

    Notes
    -----
    A default run executes this layer fused with its neighbours, with the same result but for rounding;
    `minigan.backend.textbook` runs this file instead.
    """

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, TanhCache]:
        self.check_input(x)
        y = kernels.tanh(x)
        return y, TanhCache(y, self.stamp(y))

    def backward(self, dy: Array, cache: TanhCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.tanh_grad(dy, cache.y)

    def second_derivative(self, cache: TanhCache) -> Array:
        return kernels.tanh_second_derivative(cache.y)
