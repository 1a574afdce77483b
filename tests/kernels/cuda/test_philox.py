"""Random numbers of the device's kernel, against NumPy's Philox and the numbers that `minigan.random` makes of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan import backend, kernels
from minigan.kernels.cuda import compiler, philox
from minigan.random import Stream
from tests.devices import host
from tests.devices.host.graphs import graph_backend
from tests.devices.strict import DeviceArray, no_reads
from tests.loops import loop_over

pytestmark = pytest.mark.skipif(host.compiler() is None, reason="needs g++")

KEY = (0x0123456789ABCDEF, 0xFEDCBA9876543210)
FULL = 2**64 - 1

#: Counters at the beginning, on the way, and before the carry into the upper half.
COUNTERS = [0, 5, FULL - 1, FULL, (7 << 64) + FULL - 2]


@pytest.fixture(scope="module", autouse=True)
def _compiled_for_the_host():
    with compiler.compiling_with(host.HostCompiler()):
        yield


def stream_at(counter: int) -> Stream:
    stream = Stream()
    stream.state = (*KEY, counter & FULL, counter >> 64)
    return stream


def state_at(counter: int) -> np.ndarray:
    return np.array(stream_at(counter).state, np.uint64)


# Words and bits


@loop_over(counter=COUNTERS)
def test_words_are_those_of_numpy_s_philox(counter):
    # Half of all bits: each is a bit of a word, as it is.
    words = philox.bits(state_at(counter), 0, 64 * 11, 2**31).view(np.uint64)
    expected = np.random.Philox(key=np.array(KEY, np.uint64), counter=counter).random_raw(11)
    np.testing.assert_array_equal(words, expected)


@loop_over(first=[0, 1, 1000, FULL])
@loop_over(counter=COUNTERS)
def test_a_draw_may_begin_any_number_of_blocks_after_the_state(counter, first):
    words = philox.bits(state_at(counter), first, 64 * 5, 2**31).view(np.uint64)
    expected = np.random.Philox(key=np.array(KEY, np.uint64), counter=counter + first).random_raw(5)
    np.testing.assert_array_equal(words, expected)


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 3000), p=st.floats(1e-9, 1 - 1e-9), counter=st.sampled_from(COUNTERS))
def test_bits_are_equal_to_the_host_s(count, p, counter):
    threshold = round(p * 2**32)
    if 0 < threshold < 2**32:
        bits = philox.bits(state_at(counter), 2, count, threshold)
        np.testing.assert_array_equal(bits, stream_at(counter + 2).bits(count, p))


@pytest.mark.parametrize("p", [0.25, 0.5, 0.75, 0.8, 0.9, 1 / 3])
def test_bits_of_the_usual_rates_of_dropout_are_equal_to_the_host_s(p):
    bits = philox.bits(state_at(3), 0, 9000, round(p * 2**32))
    np.testing.assert_array_equal(bits, stream_at(3).bits(9000, p))


# Numbers

REAL = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@REAL
@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(0, 2500),
    low=st.floats(-100, 100),
    span=st.floats(1e-3, 100),
    counter=st.sampled_from(COUNTERS),
)
def test_uniform_numbers_are_equal_to_the_host_s(dtype, count, low, span, counter):
    numbers = philox.uniform(state_at(counter), 4, (count,), low, low + span, dtype)
    assert numbers.dtype == dtype
    np.testing.assert_array_equal(numbers, stream_at(counter + 4).uniform((count,), low, low + span, dtype))


def test_the_upper_end_is_never_drawn_where_a_sum_is_rounded_up_to_it():
    numbers = philox.uniform(state_at(3), 0, (100_000,), 100, 101)
    expected = stream_at(3).uniform((100_000,), 100, 101)
    assert expected.max() == np.nextafter(np.float32(101), np.float32(0))
    np.testing.assert_array_equal(numbers, expected)


@REAL
@settings(max_examples=40, deadline=None)
@given(count=st.integers(0, 2500), counter=st.sampled_from(COUNTERS))
def test_normal_numbers_are_the_host_s_to_their_last_bits(dtype, count, counter):
    numbers = philox.normal(state_at(counter), 4, (count,), dtype=dtype)
    assert numbers.dtype == dtype
    np.testing.assert_array_max_ulp(numbers, stream_at(counter + 4).normal((count,), dtype=dtype), maxulp=6)


@REAL
def test_normal_numbers_have_the_mean_and_the_deviation_asked_for(dtype):
    numbers = philox.normal(state_at(0), 0, (3, 5, 7), mean=-2.0, stddev=0.5, dtype=dtype)
    expected = stream_at(0).normal((3, 5, 7), mean=-2.0, stddev=0.5, dtype=dtype)
    np.testing.assert_allclose(numbers, expected, rtol=0, atol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (2, 3, 5)])
@pytest.mark.parametrize("draw", [philox.uniform, philox.normal])
def test_any_shape_can_be_drawn(draw, shape):
    assert draw(state_at(0), 0, shape).shape == shape


# The state


def test_drawing_leaves_the_state_as_it_is():
    state = state_at(5)
    philox.uniform(state, 0, (100,))
    philox.normal(state, 0, (100,))
    philox.bits(state, 0, 100, 2**31)
    np.testing.assert_array_equal(state, state_at(5))


@loop_over(counter=COUNTERS)
@loop_over(blocks=[0, 1, 3, 2**40, FULL])
def test_advancing_is_a_sum_of_128_bits(counter, blocks):
    state = state_at(counter)
    philox.advance(state, blocks)
    np.testing.assert_array_equal(state, state_at(counter + blocks))


# Streams


def drawn(stream: Stream) -> list[np.ndarray]:
    """One draw of each kind after the other."""
    return [
        stream.uniform((3, 5)),
        stream.bits(100, 0.75),
        stream.uniform((7,), -2.0, 3.0, np.float64),
        stream.bits(64, 1 / 3),
        stream.bits(10, 1.0),
        stream.uniform((), dtype=np.float64),
    ]


@loop_over(counter=COUNTERS)
def test_a_stream_draws_the_same_on_the_device_and_counts_the_same(counter):
    host, device = stream_at(counter), stream_at(counter)
    expected = [*drawn(host), *drawn(host)]
    with graph_backend():
        for numbers, others in zip([*drawn(device), *drawn(device)], expected, strict=True):
            assert isinstance(numbers, DeviceArray)
            assert numbers.dtype == others.dtype
            np.testing.assert_array_equal(numbers.get(), others)
    assert device.state == host.state


def test_a_stream_s_normal_numbers_are_the_host_s_to_their_last_bits():
    with graph_backend():
        numbers = stream_at(9).normal((50, 3), stddev=2.0).get()
    np.testing.assert_allclose(numbers, stream_at(9).normal((50, 3), stddev=2.0), rtol=0, atol=8e-6)


def test_a_state_that_is_set_is_drawn_from_on_the_device():
    with graph_backend():
        stream = stream_at(0)
        stream.uniform((100,))
        state = stream.state
        first = stream.uniform((20,)).get()
        stream.state = state
        np.testing.assert_array_equal(stream.uniform((20,)).get(), first)
        stream.state = (*KEY[::-1], 5, 0)
        np.testing.assert_array_equal(stream.uniform((20,)).get(), host_uniform((*KEY[::-1], 5, 0), 20))


def host_uniform(state: tuple[int, int, int, int], count: int) -> np.ndarray:
    stream = Stream()
    stream.state = state
    with backend.using("numpy"):
        return stream.uniform((count,))


def test_host_and_device_may_draw_from_one_stream_in_turn():
    one, other = stream_at(3), stream_at(3)
    expected = [other.uniform((10,)), other.uniform((10,)), other.uniform((10,))]
    numbers = [one.uniform((10,))]
    with graph_backend():
        numbers.append(one.uniform((10,)).get())
    numbers.append(one.uniform((10,)))
    np.testing.assert_array_equal(numbers, expected)


def test_an_order_is_drawn_in_host_memory_wherever_the_numbers_are_drawn():
    expected = stream_at(2).permutation(50)
    with graph_backend():
        np.testing.assert_array_equal(stream_at(2).permutation(50), expected)


def test_with_reference_kernels_the_host_draws_for_the_device():
    with graph_backend(), kernels.using("reference"), compiler.compiling_with(None):
        numbers = stream_at(4).uniform((9,)).get()
    np.testing.assert_array_equal(numbers, stream_at(4).uniform((9,)))


def test_drawing_does_not_read_the_device():
    with graph_backend(), no_reads("a draw"):
        drawn(stream_at(0))
