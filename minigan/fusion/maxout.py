"""Maxout by the kernels of a Dense layer."""

from typing import Any

from minigan import kernels
from minigan.backend import Array
from minigan.fusion.step import LinearStep, add_grad
from minigan.kernels import LINEAR, Product
from minigan.layers.base import INFERENCE, Context
from minigan.layers.maxout import Maxout, MaxoutCache

__all__ = ["MaxoutStep"]


class MaxoutStep(LinearStep):
    """The lines of all units at once, as a Dense layer without an activation; then the largest of each unit.

    Parameters
    ----------
    layer : Maxout
    """

    operation = Product()

    def __init__(self, layer: Maxout) -> None:
        super().__init__([layer])
        self.maxout = layer

    @property
    def matrix(self) -> Array:
        return self.maxout.matrix

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, MaxoutCache]:
        self.check_input(x)
        layer = self.maxout
        z = kernels.affine(x, self.matrix, layer.bias.data.reshape(-1), self.operation, LINEAR)
        y, won = kernels.max_with_mask(z.reshape(-1, layer.units, layer.pieces))
        return y, MaxoutCache(x, won, self.stamp(y))

    def backward(self, dy: Array, cache: MaxoutCache, param_grads: bool = True, input_grad: bool = True) -> Array:
        self.check_backward(dy, cache)
        layer = self.maxout
        dz = kernels.max_with_mask_grad(dy, cache.won).reshape(-1, layer.units * layer.pieces)
        # A line is its own derivative: dz stands for the output, which nobody looks at.
        dx, dmatrix, dbias = kernels.affine_grads(
            dz, dz, cache.x, self.matrix, self.operation, LINEAR, param_grads, input_grad
        )
        if dmatrix is not None and dbias is not None:
            add_grad(layer.kernel.grad, dmatrix)
            add_grad(layer.bias.grad, dbias)
        return dx

    def unfold(self, cache: MaxoutCache) -> tuple[Any, ...]:
        return (cache._replace(stamp=cache.stamp._replace(version=self.maxout.version)),)
