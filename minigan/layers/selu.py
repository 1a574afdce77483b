"""The scaled exponential linear unit."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.elementwise import Elementwise


class SELUCache(NamedTuple):
    """The input."""

    x: Array
    stamp: CacheStamp


class SELU(Elementwise):
    """``y = scale * x`` for ``x > 0``, ``y = scale * alpha * (exp(x) - 1)`` elsewhere: an `ELU` times a number.

    The two numbers are such that inputs of mean 0 and variance 1 have outputs of mean 0 and variance 1, so that the
    signals of a deep network keep their size without a normalisation.

    All derivatives are those of ELU, times the scale: ``dx = scale * dy`` or ``dx = scale * alpha * exp(x) * dy``.

    Notes
    -----
    Klambauer et al., "Self-normalizing neural networks", arXiv:1706.02515, equations 2 and 14.
    """

    ALPHA = 1.6732632423543772
    SCALE = 1.0507009873554805

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, SELUCache]:
        self.check_input(x)
        y = self.SCALE * kernels.elu(x, self.ALPHA)
        return y, SELUCache(x, self.stamp(y))

    def backward(self, dy: Array, cache: SELUCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return self.SCALE * kernels.elu_grad(dy, cache.x, self.ALPHA)

    def second_derivative(self, cache: SELUCache) -> Array:
        return self.SCALE * kernels.elu_second_derivative(cache.x, self.ALPHA)
