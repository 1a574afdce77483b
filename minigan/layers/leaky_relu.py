"""The leaky rectifier."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.elementwise import Elementwise
from minigan.layers.validation import real_number


class LeakyReLUCache(NamedTuple):
    """The input: its sign decides which slope the gradient meets."""

    x: Array
    stamp: CacheStamp


class LeakyReLU(Elementwise):
    """``y = x`` for ``x > 0``, ``y = negative_slope * x`` elsewhere.

    Two straight pieces, so ``dx = dy`` where x was positive and ``dx = negative_slope * dy`` elsewhere. The sign
    is that of x, not of y: with a negative slope the two differ.

    Parameters
    ----------
    negative_slope : float
        The slope for negative x; DCGANs use 0.2.
    name : str, optional

    Notes
    -----
    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.

    A default run executes this layer fused with its neighbours, with the same result but for rounding;
    `minigan.backend.textbook` runs this file instead.
    """

    def __init__(self, negative_slope: float = 0.3, name: str | None = None) -> None:
        super().__init__(name)
        self.negative_slope = real_number(self, "negative_slope", negative_slope)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, LeakyReLUCache]:
        self.check_input(x)
        y = kernels.leaky_relu(x, self.negative_slope)
        return y, LeakyReLUCache(x, self.stamp(y))

    def backward(self, dy: Array, cache: LeakyReLUCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.leaky_relu_grad(dy, cache.x, self.negative_slope)
