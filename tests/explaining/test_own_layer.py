"""A user's own layer, with an explainer of its own."""

from typing import NamedTuple

import numpy as np
import pytest

import minigan as mg
from minigan.backend import Array
from minigan.errors import ConfigError
from minigan.explaining import Explainer, Explanation, explains, product, quantities
from minigan.explaining.registry import EXPLAINERS
from minigan.layers import CacheStamp, Context, Layer


class SquareCache(NamedTuple):
    x: Array
    stamp: CacheStamp


class Square(Layer):
    def forward(self, x, ctx=Context()):  # noqa: B008
        self.check_input(x)
        return x * x, SquareCache(x, self.stamp(x))

    def backward(self, dy, cache, param_grads=True):
        return 2 * cache.x * dy


class MyDense(mg.layers.Dense):
    """A class of its own, whose formula may be another."""


def test_a_layer_of_ones_own_is_explained_once_it_is_registered(monkeypatch):
    layer = Square()
    layer.build((2,))
    _, cache = layer.forward(np.array([[3.0, -2.0]]))
    with pytest.raises(ConfigError, match="got Square 'square'"):
        mg.explain(layer, cache, "y", (0, 0))
    monkeypatch.setattr("minigan.explaining.registry.EXPLAINERS", dict(EXPLAINERS))

    @explains(Square)
    class SquareExplainer(Explainer[Square]):
        def y(self, index):
            x = self.given.x(index)
            return Explanation("y", index, "y = x x", (product(x, x),))

    found = mg.explain(layer, cache, "y", (0, 1))
    assert (found.total, found.sources) == (4.0, {"x": [(0, 1)]})
    assert quantities(layer) == ["y"]
    with pytest.raises(ConfigError, match="one of y, got 'dx'"):
        mg.explain(layer, cache, "dx", (0, 1), dy=np.ones((1, 2)))


def test_a_derived_class_is_another_layer():
    layer = MyDense(2)
    layer.build((2,))
    _, cache = layer.forward(np.ones((1, 2), np.float32))
    with pytest.raises(ConfigError, match="got MyDense 'my_dense'"):
        mg.explain(layer, cache, "y", (0, 0))
