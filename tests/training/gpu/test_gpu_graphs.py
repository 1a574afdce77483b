"""On a GPU: random words, and rounds recorded as a real CUDA graph, equal to plain launches bit for bit."""

from collections.abc import Callable

import numpy as np
import pytest

from minigan import backend
from minigan.random import Stream
from minigan.training.gpu.cuda_graph import GraphRounds
from tests.training.gpu.test_cuda_graph import check_equal as check_equal_rounds
from tests.training.gpu.test_cuda_graph import images, plane, play

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def _on_the_gpu():
    with backend.using("cupy"):
        yield


@pytest.mark.parametrize("p", [0.25, 0.5, 0.8])
def test_words_and_bits_are_equal_to_numpy_s(p):
    device, host = Stream(3, "noise"), Stream(3, "noise")
    device.state = host.state = (*host.state[:2], 2**64 - 3, 1)
    bits, uniform = device.bits(100_000, p), device.uniform((70_001,), -1.7, 2.3)
    normal = device.normal((70_001,), dtype=np.float64)
    with backend.using("numpy"):
        np.testing.assert_array_equal(bits.get(), host.bits(100_000, p))
        np.testing.assert_array_equal(uniform.get(), host.uniform((70_001,), -1.7, 2.3))
        np.testing.assert_allclose(normal.get(), host.normal((70_001,), dtype=np.float64), rtol=0, atol=1e-14)
    assert device.state == host.state


@pytest.mark.parametrize("make", [plane, images])
def test_recorded_rounds_are_plain_ones_bit_for_bit(make: Callable):
    rounds = GraphRounds(make())
    recorded, plain = play(rounds, 50), play(GraphRounds(make(), record=False), 50)
    assert rounds.recorded, rounds.reason
    check_equal_rounds(recorded, plain)
