"""The moving average of weights: its formula, and that the network never notices it."""

import tracemalloc

import numpy as np
import pytest

from minigan import Stream, kernels, optimizers
from minigan.errors import ConfigError, NotBuiltError, StaleCacheError
from minigan.layers import BatchNorm, Context, Dense
from minigan.model.sequential import Sequential
from minigan.training.averaging import MovingAverage
from tests.on_threads import threads


@pytest.fixture
def network() -> Sequential:
    model = Sequential([Dense(4), BatchNorm(momentum=0.5), Dense(2, activation="tanh")])
    model.build((3,), seed=0)
    return model


def train(network: Sequential, optimizer: optimizers.Optimizer, number: int) -> None:
    """One step on numbered data."""
    x = Stream(number, "x").normal((8, 3))
    y, caches = network.forward(x, Context(training=True))
    network.zero_grads()
    network.backward(y - 1, caches)
    optimizer.step(network)


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("count", [1, 2, 20])
def test_the_average_is_the_corrected_sum_of_the_formula(network, decay, count):
    average, optimizer, history = MovingAverage(network, decay), optimizers.Adam(0.1), []
    for number in range(count):
        train(network, optimizer, number)
        average.update()
        history.append(network.flat_data.astype(np.float64))
    shares = decay ** np.arange(count)[::-1].astype(float)
    expected = shares @ np.array(history) / shares.sum()
    np.testing.assert_allclose(average.values, expected, rtol=1e-5, atol=1e-7)
    assert average.values.dtype == np.float32
    assert average.updates == count


def test_the_initial_weights_count_no_more_than_others(network):
    average = MovingAverage(network, 0.9999)
    network.flat_data[...] = 5
    average.update()
    np.testing.assert_array_equal(average.values, 5)


def test_an_update_leaves_the_network_alone(network):
    average = MovingAverage(network, 0.9)
    average.update()
    before, version = network.state_dict(), network[0].version
    average.update()
    assert network[0].version == version
    assert not np.shares_memory(average.values, network.flat_data)
    for name, value in network.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_after_the_first_an_update_allocates_nothing():
    model = Sequential([Dense(1000)])
    model.build((500,))
    average = MovingAverage(model, 0.9)
    # The definitions make arrays; and of several threads, one may come to work, and to memory of its own, very late.
    with kernels.using("fast"), threads(1):
        average.update()
        average.update()
        tracemalloc.start()
        average.update()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < model.flat_data.nbytes / 20


def test_using_the_average_does_not_change_training_by_a_bit(network):
    alone = Sequential([Dense(4), BatchNorm(momentum=0.5), Dense(2, activation="tanh")])
    alone.build((3,), seed=0)
    average = MovingAverage(network, 0.9)
    ours, others = optimizers.Adam(0.1), optimizers.Adam(0.1)
    for number in range(6):
        train(network, ours, number)
        train(alone, others, number)
        average.update()
        with average.applied() as averaged:
            # In training mode: even the moving averages of the block must not stay.
            averaged.forward(np.ones((4, 3), np.float32), Context(training=True))
        average.state_dict()
    for name, value in alone.state_dict().items():
        np.testing.assert_array_equal(network.state_dict()[name], value)


def test_the_block_runs_the_averaged_weights_with_the_last_moving_statistics(network):
    average, optimizer = MovingAverage(network, 0.9), optimizers.Adam(0.1)
    for number in range(3):
        train(network, optimizer, number)
        average.update()
    statistics = network["batch_norm"].parameters["moving_mean"].data.copy()
    x = np.ones((4, 3), np.float32)
    plain = network.predict(x)

    with average.applied() as averaged:
        assert averaged is network
        np.testing.assert_array_equal(network.flat_data, average.values)
        np.testing.assert_array_equal(network["batch_norm"].parameters["moving_mean"].data, statistics)
        inside = network.predict(x)

    assert not np.allclose(inside, plain)
    other = Sequential([Dense(4), BatchNorm(momentum=0.5), Dense(2, activation="tanh")])
    other.build((3,), seed=1)
    other.load_state_dict(average.state_dict())
    np.testing.assert_array_equal(other.predict(x), inside)


def test_blocks_may_be_nested(network):
    average = MovingAverage(network, 0.5)
    average.update()
    own = network.flat_data + 1
    network.flat_data[...] = own
    with average.applied(), average.applied():
        np.testing.assert_array_equal(network.flat_data, average.values)
    np.testing.assert_array_equal(network.flat_data, own)


def test_an_error_in_the_block_leaves_the_network_its_weights(network):
    average = MovingAverage(network, 0.5)
    average.update()
    network.flat_data += 1
    own = network.flat_data.copy()
    with pytest.raises(RuntimeError, match="inside"), average.applied():
        raise RuntimeError("inside")
    np.testing.assert_array_equal(network.flat_data, own)


def test_caches_are_stale_on_the_other_side_of_the_block(network):
    average, x = MovingAverage(network, 0.5), np.ones((4, 3), np.float32)
    average.update()
    y, before = network.forward(x, Context(training=True))
    with average.applied():
        with pytest.raises(StaleCacheError):
            network.backward(y, before)
        _, inside = network.forward(x, Context(training=True))
    with pytest.raises(StaleCacheError):
        network.backward(y, inside)
    # Nor does the next step revive them.
    network.zero_grads()
    optimizers.SGD(0.1).step(network)
    with pytest.raises(StaleCacheError):
        network.backward(y, inside)


def test_before_any_update_the_average_is_the_network_as_it_is(network):
    average = MovingAverage(network, 0.5)
    network.flat_data += 1
    with average.applied() as averaged:
        np.testing.assert_array_equal(averaged.flat_data, network.flat_data)
    for name, value in average.state_dict().items():
        np.testing.assert_array_equal(value, network.state_dict()[name])


@pytest.mark.parametrize("decay", [-0.1, 1, 1.5, float("nan")])
def test_a_decay_outside_its_range_is_refused(network, decay):
    with pytest.raises(ConfigError, match="decay to be at least 0 and less than 1"):
        MovingAverage(network, decay)


def test_a_network_without_weights_is_refused():
    with pytest.raises(NotBuiltError):
        MovingAverage(Sequential([Dense(1)]))
