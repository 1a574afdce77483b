"""A network that is watched: a listener hears what goes into each step and what comes out, in each pass.

The steps themselves run, so a watched pass gives the same numbers as any other, to the bit.
"""

from typing import Any, Protocol, cast

from minigan.backend import Array
from minigan.layers.base import INFERENCE, Context, Layer
from minigan.model.sequential import Sequential

__all__ = ["Listener", "WatchedNetwork"]


class Listener(Protocol):
    """What is called after each pass of each step; `place` is the step's place in the network, from 0."""

    def forward(self, place: int, step: Layer, x: Array, ctx: Context, y: Array, cache: Any) -> None:
        """`ctx` is a copy from before the pass: its stream gives the same numbers once more."""

    def backward(self, place: int, dy: Array, cache: Any, param_grads: bool, dx: Array) -> None: ...

    def tangent(self, place: int, x_dot: Array, cache: Any, y_dot: Array, tangent_cache: Any) -> None: ...

    def tangent_backward(self, place: int, dy: Array, dy_dot: Array, cache: Any, param_grads: bool) -> None: ...


class WatchedNetwork(Sequential):
    """The same layers and parameters as those of a built network, with a listener.

    Parameters
    ----------
    network : Sequential
        Built. It stays as it is, and may be used beside this one.
    listener : Listener

    Notes
    -----
    The network that `logits` returns is watched, too. Two passes side by side (`minigan.model.concurrent`) run one
    after the other.
    """

    def __init__(self, network: Sequential, listener: Listener) -> None:
        vars(self).update(vars(network))
        self._logits = None
        self.listener = listener

    @property
    def steps(self) -> list[Layer]:
        watched = [WatchedStep(place, step, self.listener) for place, step in enumerate(super().steps)]
        return cast(list[Layer], watched)

    def backward(self, dy: Array, caches: tuple[Any, ...], param_grads: bool = True, input_grad: bool = True) -> Array:
        """All steps run, and give all gradients, for the listener."""
        dx = super().backward(dy, caches, param_grads)
        return dx if input_grad else None


class WatchedStep:
    """The passes of a step, each of them reported when it is done."""

    def __init__(self, place: int, step: Layer, listener: Listener) -> None:
        self.place, self.step, self.listener = place, step, listener

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, Any]:
        before = ctx if ctx.rng is None else ctx._replace(rng=ctx.rng.jumped(0))
        y, cache = self.step.forward(x, ctx)
        self.listener.forward(self.place, self.step, x, before, y, cache)
        return y, cache

    def backward(self, dy: Array, cache: Any, param_grads: bool = True) -> Array:
        dx = self.step.backward(dy, cache, param_grads)
        self.listener.backward(self.place, dy, cache, param_grads, dx)
        return dx

    def tangent(self, x_dot: Array, cache: Any) -> tuple[Array, Any]:
        y_dot, tangent_cache = self.step.tangent(x_dot, cache)
        self.listener.tangent(self.place, x_dot, cache, y_dot, tangent_cache)
        return y_dot, tangent_cache

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: Any, tangent_cache: Any, param_grads: bool = True
    ) -> tuple[Array, Array]:
        gradients = self.step.tangent_backward(dy, dy_dot, cache, tangent_cache, param_grads)
        self.listener.tangent_backward(self.place, dy, dy_dot, cache, param_grads)
        return gradients
