"""The normalised exponential."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, Context, Layer, Stamp


class SoftmaxCache(NamedTuple):
    """The output: the derivative is a function of it."""

    y: Array
    stamp: Stamp


class Softmax(Layer):
    """``y_i = exp(x_i) / sum_j exp(x_j)``: scores become a distribution.

    Every output depends on every input of its group: ``dy_i/dx_j = y_i (delta_ij - y_j)``. Summed over the
    outputs, ``dx_j = y_j (dy_j - sum_i y_i dy_i)``; with the diagonal alone the last term would be missing.

    Parameters
    ----------
    axis : int
        The axis that sums to one; not the batch axis.
    name : str, optional
    """

    def __init__(self, axis: int = -1, name: str | None = None) -> None:
        super().__init__(name)
        self.axis = axis

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, SoftmaxCache]:
        self.check_input(x)
        y = kernels.softmax(x, self.axis)
        return y, SoftmaxCache(y, self.stamp(y))

    def backward(self, dy: Array, cache: SoftmaxCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.softmax_grad(dy, cache.y, self.axis)
