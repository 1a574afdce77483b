"""The optimizers' CUDA kernels on the CPU: whole steps of networks, and steps that were recorded and are replayed."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from minigan import kernels, optimizers
from minigan.kernels import DeviceScalars
from minigan.kernels.cuda import compiler, optimizer
from minigan.kernels.reference import optimizer as definition
from minigan.layers import Dense
from minigan.model.sequential import Sequential
from minigan.optimizers import Adam
from tests.devices import host
from tests.devices.host import HostCompiler

pytestmark = pytest.mark.skipif(host.compiler() is None, reason="the CUDA sources run on the CPU only by g++")

COMPILER = HostCompiler()

MAKERS = {
    "adam": lambda: Adam(0.01, beta_1=0.5),
    "momentum": lambda: optimizers.Momentum(0.01, 0.8),
    "rmsprop": lambda: optimizers.RMSprop(0.01, rho=0.7, epsilon=1e-3),
    "sgd": lambda: optimizers.SGD(0.01),
}
each_rule = pytest.mark.parametrize("name", MAKERS)


@pytest.fixture(autouse=True)
def kernels_take_the_steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Networks on the CPU, whose optimizers launch CUDA kernels."""
    monkeypatch.setattr(kernels, "update_in_place", optimizer.update_in_place)
    with compiler.compiling_with(COMPILER):
        yield


def network(units: int = 50, dtype: Any = np.float64) -> Sequential:
    model = Sequential([Dense(units)])
    model.build((2,), seed=0, dtype=dtype)
    return model


def set_gradient(model: Sequential, step: int) -> None:
    """Gradients of that step: numbers from 1e-6 to 1, where the place of epsilon shows."""
    rng = np.random.default_rng(step)
    model.flat_grad[...] = rng.standard_normal(model.flat_grad.size) * 10.0 ** rng.uniform(-6, 0, model.flat_grad.size)


def by_array_code(name: str, steps: int, change: Any = None, dtype: Any = np.float64, units: int = 50) -> np.ndarray:
    """A network's values after some steps by the optimizer's `update`; `change` is called before each."""
    model, rule = network(units, dtype), MAKERS[name]()
    slots = {slot: np.zeros_like(model.flat_data) for slot in (*rule.slot_names, "scratch")}
    for step in range(1, steps + 1):
        set_gradient(model, step)
        if change:
            change(rule, step)
        rule.iterations = step
        rule.update(model.flat_data, model.flat_grad, slots)
    return model.flat_data


@each_rule
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-13)])
@pytest.mark.parametrize("units", [1, 300])
def test_steps_by_kernels_are_those_of_the_array_code(name, dtype, tolerance, units):
    model, rule = network(units, dtype), MAKERS[name]()
    for step in range(1, 4):
        set_gradient(model, step)
        gradient = model.flat_grad.copy()
        rule.step(model)
        np.testing.assert_array_equal(model.flat_grad, gradient)
    expected = by_array_code(name, 3, dtype=dtype, units=units)
    assert model.flat_data.dtype == dtype
    np.testing.assert_allclose(model.flat_data, expected, rtol=0, atol=tolerance)


class Graph:
    """Launches of kernels, recorded instead of run; run when it is launched."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.nodes: list[Any] = []

    def record(self, step: Any) -> None:
        launch = compiler.Module.launch
        with self.monkeypatch.context() as patch:
            patch.setattr(compiler.Module, "launch", lambda *node: self.nodes.append((launch, node)))
            step()

    def launch(self) -> None:
        for launch, node in self.nodes:
            launch(*node)


def anneal(rule: optimizers.Optimizer, step: int) -> None:
    """The settings of a schedule, constant at times."""
    rule.learning_rate = 0.01 / (1 + step // 3)
    if rule.momentum_name is not None:
        rule.set_momentum(0.5 + 0.05 * (step // 2))


@each_rule
@pytest.mark.parametrize("change", [None, anneal])
def test_a_recorded_step_is_replayed_with_the_numbers_of_each_step(name, change, monkeypatch):
    model, rule, graph = network(), MAKERS[name](), Graph(monkeypatch)
    for step in range(1, 8):
        set_gradient(model, step)
        if change:
            change(rule, step)
        if step <= 2:  # warm up
            rule.step(model)
            continue
        rule.sync_to_device()
        if step == 3:
            graph.record(lambda: rule.step(model))
        graph.launch()
        if step > 3:
            rule.note_replay(model)
        assert rule.iterations == step
    np.testing.assert_allclose(model.flat_data, by_array_code(name, 7, change), rtol=1e-12)


def test_a_replay_makes_caches_stale():
    model, rule = network(), Adam()
    rule.step(model)
    before = [p.version for p in model.parameters().values()]
    rule.note_replay(model)
    assert [p.version for p in model.parameters().values()] == [version + 1 for version in before]


def test_nothing_is_copied_to_the_device_while_only_the_step_s_number_changes(monkeypatch):
    model, rule, copied = network(), Adam(), []
    sync = DeviceScalars.sync

    def noted(self: DeviceScalars, numbers: tuple[float, ...], like: Any) -> Any:
        copied.append(self.held != numbers)
        return sync(self, numbers, like)

    monkeypatch.setattr(DeviceScalars, "sync", noted)
    for _ in range(3):
        rule.step(model)
    rule.learning_rate = 0.5
    rule.step(model)
    rule.step(model)
    assert copied == [True, False, False, True, False]
    np.testing.assert_array_equal(rule.scalars.array, [6, 0.5, 0.9, 0.999, 1e-7])


def test_steps_by_array_code_in_between_are_counted(monkeypatch):
    """As when a model leaves the device for a while, or comes out of a checkpoint."""
    model, rule = network(), Adam(0.01, beta_1=0.5)
    for step in range(1, 6):
        set_gradient(model, step)
        with monkeypatch.context() as patch:
            if step in (2, 3):
                patch.setattr(kernels, "update_in_place", definition.update_in_place)
            rule.step(model)
    np.testing.assert_allclose(model.flat_data, by_array_code("adam", 5), rtol=1e-12)


def test_a_rule_of_ones_own_is_not_run_as_the_rule_it_derives_from():
    class Decayed(Adam):
        def update(self, w, g, slots):
            super().update(w, g, slots)
            w *= 0.9

    class Renamed(Adam):
        pass

    model, rule = network(), Decayed()
    assert (Decayed.kernel, Renamed.kernel) == (None, "adam")
    vectors = (model.flat_data, model.flat_grad, *(np.zeros_like(model.flat_data) for _ in range(2)))
    declined = optimizer.update_in_place(
        *vectors, rule=rule._update_piece, scalars=rule.scalars, numbers=rule.numbers()
    )
    assert declined is NotImplemented
