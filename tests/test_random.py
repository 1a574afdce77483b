"""Random streams: Philox by the book, and the numbers made of its words."""

import hashlib
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan import kernels
from minigan.kernels import compiled_philox
from minigan.kernels.compiled.compiler import CompileError
from minigan.random import Stream
from tests.loops import loop_over
from tests.on_threads import threads

MASK = 2**64 - 1


def philox(key: tuple[int, int], counter: int) -> list[int]:
    """One block of Philox4x64-10, written down from the paper (Salmon et al., SC 2011)."""
    k0, k1 = key
    c = [counter >> 64 * i & MASK for i in range(4)]
    for _ in range(10):
        a, b = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
        c = [b >> 64 ^ c[1] ^ k0, b & MASK, a >> 64 ^ c[3] ^ k1, a & MASK]
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & MASK, (k1 + 0xBB67AE8584CAA73B) & MASK
    return c


def words_of(seed: int, path: str, number: int, first: int = 1) -> np.ndarray:
    """The first words of a stream, without the library."""
    digest = hashlib.sha256(f"{seed}/{path}".encode()).digest()
    key = tuple(int.from_bytes(digest[i : i + 8], "little") for i in (0, 8))
    words = [word for block in range(first, first + -(-number // 4)) for word in philox(key, block)]
    return np.array(words[:number], np.uint64)


# The generator itself


def test_the_test_s_own_philox_gives_the_authors_known_answers():
    # kat_vectors of Random123: philox4x64 10
    assert philox((0, 0), 0) == [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B]
    ones = [0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0]
    assert philox((MASK, MASK), 2**256 - 1) == ones


@pytest.mark.parametrize(("seed", "path"), [(0, ""), (0, "noise"), (123, "init/generator/dense"), (-5, "x")])
def test_a_stream_s_words_are_the_blocks_from_one_on(seed, path):
    # In float64, a uniform is the upper 53 bits of a word.
    expected = (words_of(seed, path, 11) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    np.testing.assert_array_equal(Stream(seed, path).uniform((11,), dtype=np.float64), expected)


def test_a_stream_s_words_are_those_of_numpy_s_philox():
    stream = Stream(7, "noise")
    low, high, *_ = stream.state
    raw = np.random.Philox(key=np.array([low, high], np.uint64), counter=0).random_raw(8)
    expected = (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53
    np.testing.assert_array_equal(stream.uniform((8,), dtype=np.float64), expected)


def test_float32_takes_each_word_in_two_halves_low_first():
    halves = words_of(3, "noise", 6).astype("<u8").view("<u4")
    expected = (halves >> 8).astype(np.float32) * np.float32(2**-24)
    np.testing.assert_array_equal(Stream(3, "noise").uniform((3, 4)), expected.reshape(3, 4))


def test_a_block_begun_is_a_block_used():
    stream = Stream(0, "noise")
    stream.uniform((5,), dtype=np.float64)
    expected = (words_of(0, "noise", 4, first=3) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    np.testing.assert_array_equal(stream.uniform((4,), dtype=np.float64), expected)


def test_the_counter_carries_into_its_upper_half():
    stream = Stream(0, "noise")
    low, high, *_ = stream.state
    stream.state = (low, high, MASK, 0)
    expected = (words_of(0, "noise", 8, first=2**64) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    np.testing.assert_array_equal(stream.uniform((8,), dtype=np.float64), expected)
    assert stream.state == (low, high, 1, 1)


# The same numbers whatever draws them

DRAWS = {
    "words": lambda stream, count: stream._words(count),
    "uniform float32": lambda stream, count: stream.uniform((count,), -0.7, 1.9),
    "uniform float64": lambda stream, count: stream.uniform((count,), -0.7, 1.9, np.float64),
    "normal float32": lambda stream, count: stream.normal((count,), 0.3, 1.7),
    "normal float64": lambda stream, count: stream.normal((count,), 0.3, 1.7, np.float64),
    "bits 1/2": lambda stream, count: stream.bits(count, 0.5),
    "bits 3/4": lambda stream, count: stream.bits(count, 0.75),
    "bits 5/8": lambda stream, count: stream.bits(count, 0.625),
    "bits 0.8": lambda stream, count: stream.bits(count, 0.8),
}


@loop_over(draw=DRAWS)
@settings(max_examples=15, deadline=None)
@given(
    count=st.one_of(st.integers(0, 70), st.integers(0, 40_000)),
    counter=st.sampled_from([0, 5, 2**64 - 3, 2**64 - 1000, 2**100]),
    number=st.sampled_from([1, 2, 4]),
)
def test_compiled_loops_draw_the_same_numbers(draw, count, counter, number):
    drawn = []
    for kind in ("fast", "numpy"):
        stream = Stream(3, "x")
        stream._counter = counter
        with kernels.using(kind), threads(number), pytest.MonkeyPatch.context() as patch:
            patch.setattr(compiled_philox, "SLAB", 10_000)
            drawn.append((DRAWS[draw](stream, count), stream.state))
    np.testing.assert_array_equal(drawn[0][0], drawn[1][0])
    assert drawn[0][0].dtype == drawn[1][0].dtype
    assert drawn[0][1] == drawn[1][1]


@pytest.mark.skipif(not kernels.compiled_run(), reason="about compiled kernels")
def test_a_draw_whose_loop_cannot_be_compiled_is_numpy_s(monkeypatch):
    def broken(*arguments):
        raise CompileError("no")

    given_up = []
    monkeypatch.setattr(compiled_philox, "uniform", broken)
    monkeypatch.setattr(compiled_philox, "give_up", given_up.append)
    halves = words_of(3, "noise", 3).astype("<u8").view("<u4")[:5]
    stream = Stream(3, "noise")
    np.testing.assert_array_equal(stream.uniform((5,)), (halves >> 8) * 2**-24)
    assert stream.state[2:] == (1, 0)
    assert [str(error) for error in given_up] == ["no"]


# Streams and their names


def test_one_seed_and_name_give_one_stream():
    np.testing.assert_array_equal(Stream(4, "a").uniform((100,)), Stream(4, "a").uniform((100,)))


@pytest.mark.parametrize("other", [(0, "dropout"), (1, "noise"), (0, "noise/"), (0, "")])
def test_another_name_or_seed_gives_unrelated_numbers(other):
    a, b = Stream(0, "noise").uniform((4000,)), Stream(*other).uniform((4000,))
    assert np.mean(a == b) < 0.01
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.08


def test_a_child_is_the_stream_of_the_longer_name_whatever_was_drawn_before():
    parent = Stream(9, "init")
    parent.uniform((10,))
    np.testing.assert_array_equal(parent.child("dense").uniform((5,)), Stream(9, "init/dense").uniform((5,)))


def test_streams_neither_read_nor_move_numpy_s_global_state():
    legacy = np.random.mtrand._rand
    before = legacy.get_state()
    first = Stream(0, "x").normal((10,))
    after = legacy.get_state()
    assert before[0] == after[0]
    assert all(np.array_equal(a, b) for a, b in zip(before[1:], after[1:]))
    legacy.random_sample(3)
    np.testing.assert_array_equal(Stream(0, "x").normal((10,)), first)
    legacy.set_state(before)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(), drawn=st.lists(st.integers(0, 9), max_size=4))
def test_a_state_restores_a_stream_in_another_one(seed, drawn):
    stream = Stream(seed, "noise")
    for number in drawn:
        stream.uniform((number,))
    state = stream.state
    assert all(isinstance(word, int) and 0 <= word < 2**64 for word in state)
    expected = stream.normal((7,))
    other = Stream(0, "another")
    other.state = state
    np.testing.assert_array_equal(other.normal((7,)), expected)
    assert other.state == stream.state


def test_a_jumped_stream_goes_on_where_this_one_will():
    stream = Stream(7, "noise")
    stream.uniform((3,))
    jumped = stream.jumped(2)
    stream.uniform((9,))  # nine halves of a word: two blocks
    np.testing.assert_array_equal(jumped.normal((5,)), stream.normal((5,)))


def test_a_stream_shows_its_seed_name_and_place():
    stream = Stream(3, "noise")
    stream.uniform((9,), dtype=np.float64)
    assert repr(stream) == "Stream(seed=3, path='noise', counter=3)"


# Numbers


@pytest.mark.parametrize(("dtype", "bits"), [(np.float32, 24), (np.float64, 53)])
def test_uniform_numbers_are_multiples_of_their_last_bit_below_one(dtype, bits):
    u = Stream(0, "u").uniform((50_000,), dtype=dtype)
    assert u.dtype == dtype
    assert u.min() >= 0
    assert u.max() < 1
    scaled = u.astype(np.float64) * 2.0**bits
    assert (scaled == np.floor(scaled)).all()
    assert (scaled % 2 == 1).any(), "the last bit is never set"


def test_noise_uniform_in_minus_one_to_one_never_reaches_one():
    u = Stream(0, "u").uniform((200_000,), -1.0, 1.0)
    assert u.min() >= -1
    assert u.max() < 1
    assert np.float32(1 - 2**-24) * np.float32(2) - np.float32(1) < 1  # the greatest there can be
    assert abs(u.mean()) < 0.006
    assert abs(u.var() - 1 / 3) < 0.005


def test_uniform_numbers_fill_their_range_evenly():
    counts, _ = np.histogram(Stream(1, "u").uniform((100_000,), 2.0, 5.0), bins=20, range=(2, 5))
    # chi^2 with 19 degrees of freedom: above 43.8 once in a thousand seeds
    assert counts.sum() == 100_000
    assert ((counts - 5000) ** 2 / 5000).sum() < 43.8


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_normal_numbers_have_the_normal_moments(dtype):
    x = Stream(0, "n").normal((200_000,), mean=2.0, stddev=3.0, dtype=dtype)
    assert x.dtype == dtype
    assert np.isfinite(x).all()
    z = (x.astype(np.float64) - 2) / 3
    assert abs(z.mean()) < 0.01
    assert abs(z.var() - 1) < 0.015
    assert abs((z**3).mean()) < 0.03
    assert abs((z**4).mean() - 3) < 0.1
    assert abs(np.mean(np.abs(z) < 1) - 0.6827) < 0.005


def test_normal_numbers_are_those_of_box_and_muller():
    u = Stream(5, "n").uniform((6,), dtype=np.float64)
    radius, angle = np.sqrt(-2 * np.log1p(-u[:3])), 2 * np.pi * u[3:]
    expected = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:5]
    np.testing.assert_allclose(Stream(5, "n").normal((5,), dtype=np.float64), expected, rtol=1e-14)


def unpacked(bits, count):
    assert bits.dtype == np.uint8
    assert bits.shape == (-(-count // 8),)
    return np.unpackbits(bits, bitorder="little")[:count]


@pytest.mark.parametrize("p", [0.25, 0.5, 0.75, 0.8, 0.9, 1 / 3, 0.01])
def test_bits_are_set_at_their_rate(p):
    count = 300_001
    bits = unpacked(Stream(0, "b").bits(count, p), count)
    assert abs(bits.mean() - p) < 5 * (p * (1 - p) / count) ** 0.5


@pytest.mark.parametrize("p", [0.25, 0.75, 0.625])
def test_bits_are_those_of_a_comparison_digit_by_digit(p):
    digits = {0.25: 2, 0.75: 2, 0.625: 3}[p]
    words = Stream(0, "b")._words(2 * digits)
    bits = unpacked(Stream(0, "b").bits(128, p), 128)
    for i, bit in enumerate(bits):
        # The last digit's word first; a set bit of a word is a digit 0.
        drawn = [~words[i // 64 * digits + place] >> np.uint64(i % 64) & np.uint64(1) for place in range(digits)]
        u = sum(int(digit) / 2 ** (digits - place) for place, digit in enumerate(drawn))
        assert bit == (u < p)


@pytest.mark.parametrize(("p", "expected"), [(0.0, 0), (1.0, 1)])
def test_bits_are_certain_at_both_ends(p, expected):
    assert (unpacked(Stream(0, "b").bits(10_000, p), 10_000) == expected).all()


def test_a_longer_draw_of_bits_begins_as_a_shorter_one():
    long = unpacked(Stream(0, "b").bits(1000, 0.8), 1000)
    for number in (1, 64, 65, 200):
        np.testing.assert_array_equal(unpacked(Stream(0, "b").bits(number, 0.8), number), long[:number])


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 1000), number=st.integers(0, 300))
def test_a_permutation_has_every_number_once(seed, number):
    order = Stream(seed, "p").permutation(number)
    assert sorted(order.tolist()) == list(range(number))


def test_a_permutation_puts_every_number_everywhere_equally_often():
    places = np.zeros((5, 5))
    stream = Stream(0, "p")
    for _ in range(2000):
        places[np.arange(5), stream.permutation(5)] += 1
    # chi^2 with 16 degrees of freedom: above 39.3 once in a thousand seeds
    assert ((places - 400) ** 2 / 400).sum() < 39.3


def test_two_draws_from_a_stream_differ():
    stream = Stream(0, "x")
    assert not np.array_equal(stream.permutation(20), stream.permutation(20))
    assert not np.array_equal(stream.uniform((20,)), stream.uniform((20,)))


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (2, 3, 5)])
@pytest.mark.parametrize("draw", ["uniform", "normal"])
def test_any_shape_can_be_drawn(shape, draw):
    numbers = getattr(Stream(0, "s"), draw)(shape)
    assert numbers.shape == shape
    assert numbers.dtype == np.float32


def test_a_longer_draw_begins_as_a_shorter_one():
    for number in (1, 2, 3, 7):
        np.testing.assert_array_equal(Stream(0, "s").uniform((100,))[:number], Stream(0, "s").uniform((number,)))


def test_streams_of_many_names_have_keys_of_their_own():
    keys = {Stream(seed, f"{name}").state[:2] for seed, name in zip(count(), range(500))}
    assert len(keys) == 500


INTERVALS = [
    (100, 101),
    (-101, -100),
    (1e6, 1e6 + 1),
    (0.1, 0.3),
    (1.0, 1.0 + 2**-22),
    (16777210, 16777216),
    (-1e-30, 1e-38),
    (1e8, 1e8 + 1),  # no number of float32 is between
    (5.0, 5.0),
    (-1.0, 1.0),
    (0.0, 3.0),
]


@loop_over(dtype=[np.float32, np.float64])
@loop_over(interval=[*INTERVALS, (2.0**53 - 4, 2.0**53), (1e15, 1e15 + 0.3)])
def test_the_upper_end_is_never_drawn(interval, dtype, monkeypatch):
    low, high = map(dtype, interval)
    largest = dtype(1) - dtype(2.0**-24 if dtype is np.float32 else 2.0**-53)
    # The largest number of all comes once in 17 million draws: it is put in the place of the drawn ones.
    monkeypatch.setattr(Stream, "_units", lambda self, count, dtype: np.array([0, 0.5, largest], dtype)[:count])
    numbers = Stream(0).uniform((3,), *interval, dtype)
    assert numbers.dtype == dtype
    assert (low <= numbers).all()
    assert (numbers < high).all() if low < high else (numbers == low).all()


def test_numbers_below_the_upper_end_keep_their_bits():
    units = Stream(0, "u").uniform((100_000,))
    np.testing.assert_array_equal(Stream(0, "u").uniform((100_000,), -1.0, 1.0), units * np.float32(2) - np.float32(1))
    plain = units + np.float32(100)
    drawn = Stream(0, "u").uniform((100_000,), 100, 101)
    assert (plain == 101).any()
    np.testing.assert_array_equal(drawn, np.minimum(plain, np.nextafter(np.float32(101), np.float32(0))))
