"""What layers that treat each number by itself share: their tangent pass."""

from typing import Any, NamedTuple

from minigan.backend import Array
from minigan.layers.base import CacheStamp, Layer

__all__ = ["Elementwise", "ElementwiseTangent"]


class ElementwiseTangent(NamedTuple):
    """The direction, by which the backward multiplies f''."""

    x_dot: Array
    stamp: CacheStamp


class Elementwise(Layer):
    """A layer ``y_i = f(x_i)`` without parameters.

    Its Jacobian is diagonal and so its own transpose: what the backward does to dy, the tangent does to x_dot,
    ``y_dot = f'(x) x_dot``. By this product y_dot depends on x_dot and, where f is curved, on x:

    ``dx_dot = f'(x) dy_dot``  and  ``dx = f'(x) dy + f''(x) x_dot dy_dot``.

    A subclass writes its forward, its backward and, unless f is piecewise linear, `second_derivative`.
    """

    def second_derivative(self, cache: Any) -> Array | None:
        """``f''(x)``; None where f is piecewise linear (it has no f'' at its kinks)."""
        return None

    def tangent(self, x_dot: Array, cache: Any) -> tuple[Array, ElementwiseTangent]:
        self.check_tangent(x_dot, cache)
        return self.backward(x_dot, cache), ElementwiseTangent(x_dot, cache.stamp)

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: Any, tangent_cache: ElementwiseTangent, param_grads: bool = True
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        dx, dx_dot = self.backward(dy, cache), self.backward(dy_dot, cache)
        second = self.second_derivative(cache)
        if second is not None:
            dx = dx + second * tangent_cache.x_dot * dy_dot
        return dx, dx_dot
