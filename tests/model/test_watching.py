"""A watched network: the same numbers, and a listener that hears them."""

import numpy as np
import pytest

from minigan.layers import Context
from minigan.model.copies import frozen
from minigan.model.sequential import Sequential
from minigan.model.watching import WatchedNetwork
from minigan.random import Stream
from tests.layers.cases import CASES, assert_equal, random_arrays, training
from tests.layers.cases import built as built_case
from tests.loops import loop_over
from tests.model.test_concurrent import built, convolutions


class Notes:
    """What a listener hears, as tuples."""

    def __init__(self) -> None:
        self.heard: list[tuple] = []

    def forward(self, place, step, x, ctx, y, cache):
        self.heard.append(("forward", place, step, ctx, y))

    def backward(self, place, dy, cache, param_grads, dx):
        self.heard.append(("backward", place, dx, param_grads))

    def tangent(self, place, x_dot, cache, y_dot, tangent_cache):
        self.heard.append(("tangent", place, y_dot))

    def tangent_backward(self, place, dy, dy_dot, cache, param_grads):
        self.heard.append(("tangent_backward", place))


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(4, 6, 7, 2)).astype(np.float32)


def test_each_pass_of_each_step_is_heard_in_the_order_in_which_it_ran(x):
    network, notes = built(convolutions), Notes()
    watched = WatchedNetwork(network, notes)
    y, caches = watched.forward(x, Context(training=True, rng=Stream(0)))
    watched.backward(np.ones_like(y), caches)
    _, tangents = watched.tangent(x, caches)
    watched.tangent_backward(y, y, caches, tangents)
    count = len(network.steps)
    for number, name in enumerate(("forward", "backward", "tangent", "tangent_backward")):
        places = range(count) if number % 2 == 0 else reversed(range(count))
        assert [item[:2] for item in notes.heard[number * count :][:count]] == [(name, place) for place in places]
    assert [item[2] for item in notes.heard[:count]] == network.steps
    assert notes.heard[count - 1][4] is y


@pytest.mark.parametrize("fuse", [False, True])
def test_its_numbers_are_those_of_the_network_itself(x, fuse: bool):
    results = []
    for watch in (False, True):
        network = Sequential(convolutions(), name="judge", fuse=fuse)
        network.build((6, 7, 2), seed=1)
        used = WatchedNetwork(network, Notes()) if watch else network
        rng = Stream(0)
        y, caches = used.logits.forward(x, Context(training=True, rng=rng))
        used.zero_grads()
        dx = used.logits.backward(y, caches)
        results.append([y, dx, network.flat_grad, *network.state_dict().values(), np.array(rng.state)])
    for one, other in zip(*results):
        np.testing.assert_array_equal(one, other)


def test_a_backward_that_returns_no_gradient_of_the_input_is_heard_in_full(x):
    heard = []
    for input_grad in (True, False):
        notes = Notes()
        watched = WatchedNetwork(built(convolutions), notes)
        y, caches = watched.forward(x)
        dx = watched.backward(np.ones_like(y), caches, input_grad=input_grad)
        assert (dx is not None) == input_grad
        heard.append([item for item in notes.heard if item[0] == "backward"])
    for one, other in zip(*heard, strict=True):
        assert one[1] == other[1]
        np.testing.assert_array_equal(one[2], other[2])


def test_the_context_that_is_heard_runs_the_forward_again(x):
    notes = Notes()
    watched = WatchedNetwork(built(convolutions), notes)
    watched.forward(x, Context(training=True, rng=Stream(0), update_stats=False))
    for _, _, step, ctx, y in notes.heard:
        again, _ = step.forward(x, ctx)
        np.testing.assert_array_equal(again, y)
        x = y


@loop_over(case=CASES)
def test_a_frozen_layer_does_not_follow_the_layer_and_takes_its_caches(case):
    layer = built_case(case)
    x, dy = random_arrays(layer, case)
    _, cache = layer.forward(x, training(x))
    dx = layer.backward(dy, cache)
    kept = frozen(layer)
    for parameter in layer.parameters.values():
        parameter.data += 1
        parameter.version += 1
    assert_equal(kept.backward(dy, cache), dx)
    for name, parameter in kept.parameters.items():
        if parameter.trainable:
            assert_equal(parameter.grad, layer.parameters[name].grad)
