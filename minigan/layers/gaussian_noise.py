"""Additive noise."""

from math import prod
from typing import Any, NamedTuple

from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.elementwise import Elementwise
from minigan.layers.validation import real_number, training_stream
from minigan.random import blocks, normal_words


class GaussianNoiseCache(NamedTuple):
    """Only the stamp: the backward needs nothing else."""

    stamp: CacheStamp


class GaussianNoise(Elementwise):
    """In training, add noise: ``y = x + e`` with e from N(0, stddev^2); elsewhere ``y = x``.

    The noise does not depend on x: ``dx = dy``. On a discriminator's input it keeps real and generated images
    from being distinguished too easily (Sønderby et al., arXiv:1610.04490, section 3.3).

    Parameters
    ----------
    stddev : float
        The noise's standard deviation, in units of x.
    name : str, optional
    """

    def __init__(self, stddev: float, name: str | None = None) -> None:
        super().__init__(name)
        self.stddev = real_number(self, "stddev", stddev, least=0)

    def rng_blocks(self, examples: int, dtype: Any) -> int:
        return blocks(normal_words(examples * prod(self.input_shape), dtype)) if self.stddev else 0

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, GaussianNoiseCache]:
        self.check_input(x)
        if ctx.training and self.stddev:
            x = x + training_stream(self, ctx).normal(x.shape, stddev=self.stddev, dtype=x.real.dtype)
        return x, GaussianNoiseCache(self.stamp(x))

    def backward(self, dy: Array, cache: GaussianNoiseCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return dy
