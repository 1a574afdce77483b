"""Optimizers: their updates compared with the equations, and the effect of a step on a network."""

import itertools

import numpy as np
import pytest

from minigan import kernels, optimizers
from minigan.errors import ConfigError, ShapeError
from minigan.kernels.cpu import optimizer as cpu_optimizer
from minigan.kernels.cpu.parallel import slabs
from minigan.layers import Dense
from minigan.model.sequential import Sequential
from minigan.optimizers import SGD, Adam, Momentum, RMSprop
from tests.on_threads import threads


def network(units: int = 3, dtype: type = np.float64) -> Sequential:
    model = Sequential([Dense(units)])
    model.build((2,), seed=0, dtype=dtype)
    return model


def textbook(name: str, w: np.ndarray, gradients: list[np.ndarray]) -> np.ndarray:
    """The equations of the docstrings."""
    m = v = s = np.zeros_like(w)
    for t, g in enumerate(gradients, start=1):
        if name == "sgd":
            w = w - 0.1 * g
        elif name == "momentum":
            v = 0.9 * v - 0.1 * g
            w = w + v
        elif name == "rmsprop":
            s = 0.9 * s + 0.1 * g**2
            w = w - 0.1 * g / np.sqrt(s + 1e-7)
        else:
            m = 0.5 * m + 0.5 * g
            v = 0.999 * v + 0.001 * g**2
            alpha = 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.5**t)
            w = w - alpha * m / (np.sqrt(v) + 1e-7)
    return w


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("sgd", lambda: SGD(0.1)),
        ("momentum", lambda: Momentum(0.1, 0.9)),
        ("rmsprop", lambda: RMSprop(0.1, 0.9)),
        ("adam", lambda: Adam(0.1, beta_1=0.5)),
    ],
)
def test_four_steps_by_hand(name, make):
    model, optimizer = network(), make()
    start = model.flat_data.copy()
    rng = np.random.default_rng(0)
    # Sizes from 1e-6 to 1, where the place of epsilon shows.
    gradients = [rng.standard_normal(9) * 10.0 ** rng.uniform(-6, 0, 9) for _ in range(4)]
    for g in gradients:
        model.flat_grad[...] = g
        optimizer.step(model)
        np.testing.assert_array_equal(model.flat_grad, g)
    np.testing.assert_allclose(model.flat_data, textbook(name, start, gradients), rtol=1e-12)
    assert optimizer.iterations == 4


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_a_step_works_in_place_in_float32_and_marks_the_network(name):
    model, optimizer = network(dtype=np.float32), optimizers.get(name, learning_rate=0.1)
    values, versions = model.flat_data, [p.version for p in model.parameters().values()]
    model.flat_grad[...] = 1
    optimizer.step(model)
    assert model.flat_data is values
    assert all(slot.dtype == np.float32 for slot in optimizer.slots.values())
    assert [p.version for p in model.parameters().values()] == [version + 1 for version in versions]


def test_a_step_on_another_network_is_refused():
    optimizer = Adam()
    optimizer.step(network(3))
    with pytest.raises(ShapeError, match="expected the network of 9 trainable values it began with, got sequential"):
        optimizer.step(network(4))


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_learning_rate_that_is_not_positive_is_refused(rate):
    with pytest.raises(ConfigError, match="expected learning_rate to be more than 0"):
        SGD(rate)


def test_unknown_name_is_refused():
    with pytest.raises(ConfigError, match="unknown optimizer 'lion': expected one of adam, momentum, rmsprop, sgd"):
        optimizers.get("lion")


def three_steps(optimizer: optimizers.Optimizer, kind: str, dtype: type = np.float32) -> np.ndarray:
    """The weights after three steps with the kernels of that kind."""
    model = network(50, dtype)
    for seed in range(3):
        model.flat_grad[...] = np.random.default_rng(seed).standard_normal(model.flat_grad.size)
        with kernels.using(kind):
            optimizer.step(model)
    return model.flat_data


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_a_step_in_slabs_gives_the_same_bits_as_a_whole_one(name, monkeypatch):
    whole = {kind: three_steps(optimizers.get(name), kind) for kind in kernels.KINDS}
    monkeypatch.setattr(cpu_optimizer, "SLAB", 100)
    monkeypatch.setattr(slabs, "SLAB", 300)
    for count, kind in itertools.product((1, 2, 4), kernels.KINDS):
        with threads(count):
            np.testing.assert_array_equal(three_steps(optimizers.get(name), kind), whole[kind])
    np.testing.assert_array_equal(whole["numpy"], whole["reference"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_a_compiled_step_is_that_of_update(name, dtype):
    compiled, written = (three_steps(optimizers.get(name), kind, dtype) for kind in ("fast", "numpy"))
    np.testing.assert_allclose(compiled, written, rtol=0, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_a_compiled_step_keeps_what_is_not_finite(name):
    steps = []
    for kind in ("fast", "reference"):
        model, optimizer = network(), optimizers.get(name)
        model.flat_grad[...] = [np.nan, np.inf, -np.inf, 0, 1, -1, 1e300, 1e-300, np.nan]
        with kernels.using(kind), np.errstate(all="ignore"):
            optimizer.step(model)
        steps.append(model.flat_data)
    np.testing.assert_allclose(*steps, rtol=1e-12)


def test_an_optimizer_that_overrides_update_runs_as_it_is_written():
    class Backwards(SGD):
        def update(self, w, g, slots):
            w += self.learning_rate * g

    model = network()
    start = model.flat_data.copy()
    model.flat_grad[...] = 1
    Backwards(0.5).step(model)
    np.testing.assert_array_equal(model.flat_data, start + 0.5)


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_optimizer_slots_match_slot_names(name):
    model, optimizer = network(50, np.float32), optimizers.get(name)
    optimizer.step(model)
    assert tuple(optimizer.slots) == optimizer.slot_names


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_a_step_on_a_network_of_another_size_is_refused(name):
    optimizer = optimizers.get(name)
    optimizer.step(network(50, np.float32))
    with pytest.raises(ShapeError, match=r"expected the network of 150 trainable values it began with, got .* of 60"):
        optimizer.step(network(20, np.float32))
