"""What linear layers without parameters share: their tangent pass."""

from typing import Any, NamedTuple

from minigan.backend import Array
from minigan.layers.base import CacheStamp, Layer

__all__ = ["LinearMap", "LinearTangent"]


class LinearTangent(NamedTuple):
    """Only the stamp: a linear map needs nothing else."""

    stamp: CacheStamp


class LinearMap(Layer):
    """A layer ``y = A x`` without parameters, or a piecewise linear one.

    A derivative of a linear map is the map: ``y_dot = A x_dot``. Neither y nor y_dot mixes x with x_dot, so the
    reverse pass through both is the layer's backward, twice: ``dx = A^T dy``, ``dx_dot = A^T dy_dot``.

    A subclass writes its forward, its backward and `apply`, or, where A depends on the region that x lies in,
    `tangent`.
    """

    def apply(self, x: Array) -> Array:
        """``A x``."""
        raise NotImplementedError

    def tangent(self, x_dot: Array, cache: Any) -> tuple[Array, LinearTangent]:
        self.check_tangent(x_dot, cache)
        return self.apply(x_dot), LinearTangent(cache.stamp)

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: Any, tangent_cache: LinearTangent, param_grads: bool = True
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        return self.backward(dy, cache), self.backward(dy_dot, cache)
