"""The normalised exponential."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.errors import ShapeError
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer, Shape
from minigan.layers.validation import whole_number


class SoftmaxCache(NamedTuple):
    """The output: the derivative is a function of it."""

    y: Array
    stamp: CacheStamp


class SoftmaxTangent(NamedTuple):
    """The direction."""

    x_dot: Array
    stamp: CacheStamp


class Softmax(Layer):
    """``y_i = exp(x_i) / sum_j exp(x_j)``: scores become a distribution.

    Every output depends on every input of its group: ``dy_i/dx_j = y_i (delta_ij - y_j)``. Summed over the
    outputs, ``dx_j = y_j (dy_j - sum_i y_i dy_i)``; with the diagonal alone the last term would be missing.

    The Jacobian is symmetric, so x_dot moves y by the same formula, ``y_dot = y (x_dot - sum_i y_i x_dot_i)``. There y
    stands twice: back from y_dot, the reverse pass adds ``dy_dot (x_dot - sum_i y_i x_dot_i) - x_dot (sum_i y_i
    dy_dot_i)`` to dy before it goes on to x.

    Parameters
    ----------
    axis : int
        The axis that sums to one; not the batch axis.
    name : str, optional
    """

    def __init__(self, axis: int = -1, name: str | None = None) -> None:
        super().__init__(name)
        self.axis = whole_number(self, "axis", axis)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if not -len(input_shape) <= self.axis <= len(input_shape) or not self.axis:
            raise ShapeError(
                f"{self.title}: expected axis to be one of an input {('N', *input_shape)} but not the batch's, "
                f"got {self.axis}"
            )
        return input_shape

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, SoftmaxCache]:
        self.check_input(x)
        y = kernels.softmax(x, self.axis)
        return y, SoftmaxCache(y, self.stamp(y))

    def backward(self, dy: Array, cache: SoftmaxCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.softmax_grad(dy, cache.y, self.axis)

    def tangent(self, x_dot: Array, cache: SoftmaxCache) -> tuple[Array, SoftmaxTangent]:
        self.check_tangent(x_dot, cache)
        return kernels.softmax_grad(x_dot, cache.y, self.axis), SoftmaxTangent(x_dot, cache.stamp)

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: SoftmaxCache, tangent_cache: SoftmaxTangent, param_grads: bool = True
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        return kernels.softmax_tangent_grad(dy, dy_dot, tangent_cache.x_dot, cache.y, self.axis)
