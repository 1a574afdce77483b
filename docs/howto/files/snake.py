"""The layer Snake with its test, and a network that uses it: ``python snake.py`` or ``pytest snake.py``."""

from typing import NamedTuple

import numpy as np

import minigan as mg
from minigan.backend import Array, array_module
from minigan.gradcheck import check
from minigan.layers import CacheStamp, Context, Dense, Layer, ReLU, Tanh
from minigan.layers.base import INFERENCE


class SnakeCache(NamedTuple):
    x: Array
    stamp: CacheStamp


class SnakeTangent(NamedTuple):
    x_dot: Array
    stamp: CacheStamp


class Snake(Layer):
    """``y = x + sin(a x)^2 / a``, with one learned a for each channel."""

    def add_parameters(self, rng, dtype):
        self.a = self.add_parameter("a", self.input_shape[-1:], "ones", rng, dtype)

    def forward(self, x: Array, ctx: Context = INFERENCE):
        self.check_input(x)
        a = self.a.data
        y = x + array_module(x).sin(a * x) ** 2 / a
        return y, SnakeCache(x, self.stamp(y))

    def backward(self, dy: Array, cache: SnakeCache, param_grads: bool = True):
        self.check_backward(dy, cache)
        xp, a, x = array_module(dy), self.a.data, cache.x
        wave = xp.sin(2 * a * x)
        if param_grads:
            slope = x * wave / a - xp.sin(a * x) ** 2 / a**2
            self.a.grad += (dy * slope).sum(axis=tuple(range(dy.ndim - 1)))
        return dy * (1 + wave)

    # For gradient penalties

    def tangent(self, x_dot: Array, cache: SnakeCache):
        self.check_tangent(x_dot, cache)
        y_dot = (1 + array_module(x_dot).sin(2 * self.a.data * cache.x)) * x_dot
        return y_dot, SnakeTangent(x_dot, cache.stamp)

    def tangent_backward(self, dy, dy_dot, cache, tangent_cache, param_grads=True):
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        xp, a, x = array_module(dy), self.a.data, cache.x
        common = 2 * xp.cos(2 * a * x) * tangent_cache.x_dot * dy_dot
        if param_grads:
            self.a.grad += (x * common).sum(axis=tuple(range(dy.ndim - 1)))
        dx = self.backward(dy, cache, param_grads) + a * common
        return dx, self.backward(dy_dot, cache, param_grads=False)


def test_snake():
    check(Snake(), (4, 3)).assert_ok()
    check(Snake(), (2, 5, 4, 3)).assert_ok()


def learn_a_wave(activation: Layer, steps: int = 200) -> float:
    """The mean squared error of a small network that was trained to compute sin(2 x) + x."""
    network = mg.Sequential([Dense(16), activation, Dense(1)], name="wave")
    network.build((1,), seed=0)
    optimizer = mg.optimizers.Adam(0.05)
    x = np.linspace(-3, 3, 128, dtype=np.float32).reshape(-1, 1)
    target = np.sin(2 * x) + x
    for _ in range(steps):
        y, caches = network.forward(x)
        network.zero_grads()
        network.backward(2 * (y - target) / len(x), caches)
        optimizer.step(network)
    return float(((network.predict(x) - target) ** 2).mean())


if __name__ == "__main__":
    test_snake()
    print("The gradients of Snake are right.")
    for activation in (Snake(), Tanh(), ReLU()):
        print(f"error with {type(activation).__name__:5} {learn_a_wave(activation):.2f}")
