"""The sigmoid linear unit."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.elementwise import Elementwise


class SiLUCache(NamedTuple):
    """The input."""

    x: Array
    stamp: CacheStamp


class SiLU(Elementwise):
    """``y = x s(x)`` with the sigmoid ``s(x) = 1 / (1 + exp(-x))``: a smooth rectifier, also called swish.

    By the product rule ``dx = dy (s + x s (1 - s))``. The second derivative, for the tangent pass, is
    ``s (1 - s) (2 + x (1 - 2s))``.

    Notes
    -----
    Elfwing, Uchibe and Doya, arXiv:1702.03118, equation 3; Ramachandran, Zoph and Le, arXiv:1710.05941.
    """

    GATE = "sigmoid"

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, SiLUCache]:
        self.check_input(x)
        y = kernels.gated(x, self.GATE)
        return y, SiLUCache(x, self.stamp(y))

    def backward(self, dy: Array, cache: SiLUCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.gated_grad(dy, cache.x, self.GATE)

    def second_derivative(self, cache: SiLUCache) -> Array:
        return kernels.gated_second_derivative(cache.x, self.GATE)
