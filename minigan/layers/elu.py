"""The exponential linear unit."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.elementwise import Elementwise
from minigan.layers.validation import real_number


class ELUCache(NamedTuple):
    """The input."""

    x: Array
    stamp: CacheStamp


class ELU(Elementwise):
    """``y = x`` for ``x > 0``, ``y = alpha * (exp(x) - 1)`` elsewhere.

    The derivative of the second piece is ``alpha * exp(x)``: ``dx = dy`` or ``dx = alpha * exp(x) * dy``. So is
    its second derivative, for the tangent pass; that of the first piece is 0.

    Parameters
    ----------
    alpha : float
        How far below zero the function goes; with 1 its slope is continuous.
    name : str, optional

    Notes
    -----
    Clevert, Unterthiner and Hochreiter, arXiv:1511.07289, equation 16.
    """

    def __init__(self, alpha: float = 1.0, name: str | None = None) -> None:
        super().__init__(name)
        self.alpha = real_number(self, "alpha", alpha)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, ELUCache]:
        self.check_input(x)
        y = kernels.elu(x, self.alpha)
        return y, ELUCache(x, self.stamp(y))

    def backward(self, dy: Array, cache: ELUCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.elu_grad(dy, cache.x, self.alpha)

    def second_derivative(self, cache: ELUCache) -> Array:
        return kernels.elu_second_derivative(cache.x, self.alpha)
