"""Two passes at the same time: to the bit what one after the other gives, in outputs, gradients, averages, streams."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from minigan import kernels, layers
from minigan.layers import Context, Layer, Parameter
from minigan.model import concurrent
from minigan.model.sequential import Sequential
from minigan.random import Stream
from tests.layers.cases import CASES
from tests.on_threads import threads

CLASSES = 3


class Own(Layer):
    """Somebody's own layer, of which nobody knows whether two threads may be in it."""

    def forward(self, x, ctx=layers.base.INFERENCE):
        return x, None

    def backward(self, dy, cache, param_grads=True):
        return dy


def convolutions() -> list[Layer]:
    return [
        layers.GaussianNoise(0.1),
        layers.Conv2D(4, 3, strides=2, padding="same", activation="leaky_relu"),
        layers.Dropout(0.25),
        layers.ZeroPadding2D(((0, 1), (0, 1))),
        layers.Conv2D(5, 3, padding="same"),
        layers.BatchNorm(momentum=0.8),
        layers.LeakyReLU(0.2),
        layers.Dropout(0.3),
        layers.MinibatchStdDev(),
        layers.Flatten(),
        layers.Dense(1),
    ]


def conditional() -> list[Layer]:
    return [
        layers.ConcatenateLabels(CLASSES, 2),
        layers.Conv2D(3, 3),
        layers.LayerNorm(),
        layers.Dropout(0.5),
        layers.Flatten(),
        layers.Maxout(4, 3),
        layers.ProjectionHead(CLASSES),
    ]


def built(make) -> Sequential:
    network = Sequential(make(), name="judge")
    network.build((6, 7, 2), seed=1)
    return network


@pytest.fixture(autouse=True)
def _always(monkeypatch) -> Iterator[None]:
    """However small the network is; except with reference kernels."""
    monkeypatch.setattr(concurrent, "ENOUGH", 0)
    with kernels.using("fast"):
        yield


@pytest.fixture
def crews(monkeypatch) -> list[int]:
    """How many calls of each pair ran side by side."""
    seen: list[int] = []
    on_two_threads = concurrent.on_two_threads

    def noted(*calls):
        seen.append(len(calls))
        return on_two_threads(*calls)

    monkeypatch.setattr(concurrent, "on_two_threads", noted)
    return seen


def passes(network: Sequential, count: int) -> dict[str, np.ndarray]:
    """All results of two rounds of two passes, on `count` threads."""
    rng = np.random.default_rng(0)
    stream = Stream(3, "masks")
    found: dict[str, np.ndarray] = {}
    network.zero_grads()
    for number in range(2):
        # Of different sizes: what the second draws begins where the first has ended.
        sizes = 5, 4
        batches = [rng.standard_normal((size, *network.input_shape)).astype(np.float32) for size in sizes]
        labels = [rng.integers(0, CLASSES, size) for size in sizes]
        contexts = [Context(training=True, rng=stream, labels=classes) for classes in labels]
        with threads(count):
            made = concurrent.forward_both(network, batches, contexts)
            dys = [rng.standard_normal(y.shape).astype(np.float32) for y, _ in made]
            concurrent.backward_both(network, dys, [caches for _, caches in made])
        found |= {f"y {number} {place}": y for place, (y, _) in enumerate(made)}
        found[f"gradient {number}"] = network.flat_grad.copy()
        found[f"stream {number}"] = np.array(stream.state, np.uint64)
    return found | network.state_dict()


@pytest.mark.parametrize("make", [convolutions, conditional])
def test_concurrent_passes_give_the_bits_of_one_after_the_other(make, crews):
    expected = passes(built(make), 1)
    assert not crews
    found = passes(built(make), 2)
    assert crews == [2] * 4
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def parameters_in(thing: object) -> Iterator[Parameter]:
    """All parameters that can be reached from layers and containers."""
    if isinstance(thing, Parameter):
        yield thing
    elif isinstance(thing, list | tuple):
        for item in thing:
            yield from parameters_in(item)
    elif isinstance(thing, dict):
        yield from parameters_in(list(thing.values()))
    elif isinstance(thing, Layer):
        yield from parameters_in(vars(thing))


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("case", [case for case in CASES if case.make().concurrent_safe], ids=lambda case: case.name)
def test_the_second_backward_reaches_no_gradient_of_the_first(case, fuse):
    network = Sequential([case.make(), layers.Flatten()], fuse=fuse)
    network.build(case.shape[1:])
    own = np.ones_like(network.flat_grad)
    found = list(parameters_in(concurrent.with_grads(network, own).steps))
    assert {p.data.ctypes.data for p in found} == {p.data.ctypes.data for p in network.parameters().values()}
    for parameter in found:
        assert (parameter.grad is not None) is parameter.trainable
        assert parameter.grad is None or np.shares_memory(parameter.grad, own)


def test_each_pass_has_a_thread():
    seen = []

    def note() -> None:
        together.wait(timeout=10)
        seen.append(threading.get_ident())

    together = threading.Barrier(2)
    with threads(2):
        concurrent.on_two_threads(note, note)
    assert len(set(seen)) == 2


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_in_either_pass_reaches_the_caller(failing):
    def fail() -> None:
        raise ValueError("this one")

    calls = [list, list]
    calls[failing] = fail
    with threads(2), pytest.raises(ValueError, match="this one"):
        concurrent.on_two_threads(*calls)


def stranger() -> list[Layer]:
    return [Own(), layers.Flatten(), layers.Dense(1)]


def spectral() -> list[Layer]:
    return [layers.Flatten(), layers.SpectralNormalization(layers.Dense(1))]


@pytest.mark.parametrize(
    ("make", "count", "kind"),
    [
        (convolutions, 1, "fast"),
        (convolutions, 4, "fast"),
        (convolutions, 2, "reference"),
        (stranger, 2, "fast"),
        (spectral, 2, "fast"),
    ],
)
def test_otherwise_the_passes_run_one_after_the_other(make, count, kind, crews):
    with kernels.using(kind):
        found = passes(built(make), count)
        expected = passes(built(make), 1)
    assert not crews
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_a_short_pass_is_not_worth_a_thread(monkeypatch, crews):
    monkeypatch.undo()
    with threads(2):
        passes(built(convolutions), 2)
        assert not concurrent.is_faster(built(convolutions), [np.zeros((5, 6, 7, 2), np.float32)] * 2)
        assert concurrent.is_faster(built(convolutions), [np.zeros((2000, 6, 7, 2), np.float32)] * 2)


def test_many_weights_are_not_worth_two_gradients():
    network = Sequential([layers.Flatten(), layers.Dense(3000)], name="wide")
    network.build((500,))
    with threads(2):
        assert not concurrent.is_faster(network, [np.zeros((100, 500), np.float32)] * 2)
        assert concurrent.is_faster(network, [np.zeros((1000, 500), np.float32)] * 2)
