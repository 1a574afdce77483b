"""The Gaussian error linear unit."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.elementwise import Elementwise
from minigan.layers.validation import boolean


class GELUCache(NamedTuple):
    """The input."""

    x: Array
    stamp: CacheStamp


class GELU(Elementwise):
    """``y = x Phi(x)``, where Phi(x) is the probability that a number from N(0, 1) is below x.

    The derivative of Phi is the density ``phi(x) = exp(-x^2 / 2) / sqrt(2 pi)``, so that by the product rule
    ``dx = dy (Phi(x) + x phi(x))``. The second derivative, for the tangent pass, is ``phi(x) (2 - x^2)``.

    Approximately, ``Phi(x) = (1 + tanh(u)) / 2`` with ``u = sqrt(2 / pi) (x + 0.044715 x^3)``; the derivatives are then
    those of this formula.

    Parameters
    ----------
    approximate : bool
        Compute by the tanh: the largest difference is 5e-4.
    name : str, optional

    Notes
    -----
    Hendrycks and Gimpel, arXiv:1606.08415, section 2.
    """

    def __init__(self, approximate: bool = False, name: str | None = None) -> None:
        super().__init__(name)
        self.approximate = boolean(self, "approximate", approximate)
        self.gate = "tanh" if self.approximate else "normal"

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, GELUCache]:
        self.check_input(x)
        y = kernels.gated(x, self.gate)
        return y, GELUCache(x, self.stamp(y))

    def backward(self, dy: Array, cache: GELUCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.gated_grad(dy, cache.x, self.gate)

    def second_derivative(self, cache: GELUCache) -> Array:
        return kernels.gated_second_derivative(cache.x, self.gate)
