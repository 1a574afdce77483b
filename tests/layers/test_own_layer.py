"""A layer that somebody else wrote: what the bases give it."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from minigan import initializers
from minigan.errors import ConfigError
from minigan.layers import CacheStamp, Layer
from minigan.model.sequential import Sequential
from minigan.random import Stream
from tests.loops import loop_over


class ScaleCache(NamedTuple):
    x: np.ndarray
    stamp: CacheStamp


class Scale(Layer):
    """``y = w x`` with a weight made by any initializer."""

    def __init__(self, initializer: Any, trainable: bool = True) -> None:
        super().__init__()
        self.initializer, self.is_trainable = initializer, trainable

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        shape = (3, *self.input_shape)
        self.w = self.add_parameter("w", shape, self.initializer, rng, dtype, self.is_trainable)


@loop_over(name=list(initializers._BY_NAME))
def test_a_parameter_takes_every_name_of_an_initializer(name: str):
    layer = Scale(name)
    layer.build((4,), Stream(3), np.float64)
    expected = initializers.get(name)((3, 4), Stream(3).child("w"), np.float64)
    np.testing.assert_array_equal(layer.w.data, expected)


def test_a_parameter_takes_a_function():
    layer = Scale(lambda shape, rng, dtype: np.full(shape, 0.5, dtype), trainable=False)
    layer.build((4,))
    np.testing.assert_array_equal(layer.w.data, np.full((3, 4), 0.5, np.float32))
    assert layer.w.grad is None


@loop_over(initializer=["zeroes", None, 0, 0.02, np.zeros(3), ["zeros"]])
def test_other_initializers_are_refused_with_the_names_there_are(initializer: Any):
    for build in (lambda: Scale(initializer).build((4,)), lambda: Sequential([Scale(initializer)]).build((4,))):
        with pytest.raises(ConfigError, match=r"unknown initializer .* expected one of zeros, ones, .*, or a function"):
            build()
