"""The identity: the activation of a layer that has none."""

from typing import NamedTuple

from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.elementwise import Elementwise


class IdentityCache(NamedTuple):
    """Only the stamp: the backward needs nothing else."""

    stamp: CacheStamp


class Identity(Elementwise):
    """``y = x``, so ``dx = dy``: the very arrays, not copies.

    Keras calls it the activation "linear".

    Notes
    -----
    A default run executes this layer fused with its neighbours, with the same result but for rounding;
    `minigan.backend.textbook` runs this file instead.
    """

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, IdentityCache]:
        self.check_input(x)
        return x, IdentityCache(self.stamp(x))

    def backward(self, dy: Array, cache: IdentityCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return dy
