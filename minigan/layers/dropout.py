"""Dropout."""

from math import prod
from typing import Any, NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.elementwise import Elementwise
from minigan.layers.validation import training_stream, unit_interval
from minigan.random import bit_words, blocks


class DropoutCache(NamedTuple):
    """A bit for each input that was kept, eight in a byte; None where nothing was dropped."""

    bits: Array | None
    stamp: CacheStamp


class Dropout(Elementwise):
    """In training, drop each input with probability `rate` and enlarge the others: ``y = x * mask / (1 - rate)``.

    The mean of y is x, so that nothing is to be rescaled at inference, where ``y = x``. The mask is drawn once,
    in the forward, and kept: ``dx = dy * mask / (1 - rate)`` with that very mask.

    Parameters
    ----------
    rate : float
        The part that is dropped, in [0, 1).
    name : str, optional

    Notes
    -----
    Srivastava et al., "Dropout", JMLR 15 (2014), section 4, in the inverted form.

    A default run executes this layer fused with its neighbours, with the same result but for rounding;
    `minigan.backend.textbook` runs this file instead.
    """

    def __init__(self, rate: float, name: str | None = None) -> None:
        super().__init__(name)
        self.rate = unit_interval(self, "rate", rate)

    def rng_blocks(self, examples: int, dtype: Any) -> int:
        return blocks(bit_words(examples * prod(self.input_shape), 1 - self.rate))

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, DropoutCache]:
        self.check_input(x)
        if not ctx.training or not self.rate:
            return x, DropoutCache(None, self.stamp(x))
        bits = training_stream(self, ctx).bits(x.size, 1 - self.rate)
        y = kernels.dropout(x, bits, 1 - self.rate)
        return y, DropoutCache(bits, self.stamp(y))

    def backward(self, dy: Array, cache: DropoutCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return dy if cache.bits is None else kernels.dropout(dy, cache.bits, 1 - self.rate)
