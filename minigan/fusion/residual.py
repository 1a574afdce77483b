"""A residual block whose layers run as steps."""

from typing import Any

from minigan.backend import Array
from minigan.fusion.step import Step
from minigan.layers.base import INFERENCE, Context, Layer
from minigan.layers.residual import Residual, ResidualCache, backward_through, forward_through

__all__ = ["ResidualStep"]


class ResidualStep(Step):
    """``y = x + F(x)`` with F made of fused steps.

    Parameters
    ----------
    layer : Residual
    steps : list of Layer
        What runs in the place of its layers.
    """

    def __init__(self, layer: Residual, steps: list[Layer]) -> None:
        super().__init__([layer])
        self.steps = steps

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, ResidualCache]:
        self.check_input(x)
        fx, caches = forward_through(self.steps, x, ctx)
        y = x + fx
        return y, ResidualCache(caches, self.stamp(y))

    def backward(self, dy: Array, cache: ResidualCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return dy + backward_through(self.steps, dy, cache.caches, param_grads)

    def unfold(self, cache: ResidualCache) -> tuple[Any, ...]:
        caches: list[Any] = []
        for step, its in zip(self.steps, cache.caches):
            caches += step.unfold(its) if isinstance(step, Step) else [its]
        return (ResidualCache(tuple(caches), cache.stamp),)
