"""A residual block whose layers run as steps."""

from typing import Any

from minigan.backend import Array
from minigan.fusion.step import Step
from minigan.layers.base import INFERENCE, Context, Layer
from minigan.layers.residual import Residual, ResidualCache

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
        caches, y = [], x
        for step in self.steps:
            y, cache = step.forward(y, ctx)
            caches.append(cache)
        y = x + y
        return y, ResidualCache(tuple(caches), self.stamp(y))

    def backward(self, dy: Array, cache: ResidualCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        dx = dy
        for step, its in zip(reversed(self.steps), reversed(cache.caches)):
            dx = step.backward(dx, its, param_grads)
        return dy + dx

    def unfold(self, cache: ResidualCache) -> tuple[Any, ...]:
        caches: list[Any] = []
        for step, its in zip(self.steps, cache.caches):
            caches += step.unfold(its) if isinstance(step, Step) else [its]
        return (ResidualCache(tuple(caches), cache.stamp),)
