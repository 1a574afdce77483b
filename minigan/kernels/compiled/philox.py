"""Random numbers of `minigan.random` by compiled loops over slabs: the same numbers, on all threads.

Philox4x64-10 makes a block of four words out of a counter by ten rounds of multiplications. Lanes of blocks take each
round together, so that one wide instruction serves several blocks.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.kernels.compiled.compiler import CompileError, Loop, compiled, give_up
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import split

__all__ = ["attempt", "bits", "normal", "uniform", "words"]

#: Blocks that are in the same round: their words stay in a core's first-level cache.
LANES = 256

#: Bytes of words of a slab.
SLAB = 1 << 18

#: The two factors of a round by their halves, and what is added to the key after a round.
LOW_HALF, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
FIRST_LOW, FIRST_HIGH = np.uint64(0xE14C6C93), np.uint64(0xD2E7470E)
SECOND_LOW, SECOND_HIGH = np.uint64(0x95121157), np.uint64(0xCA5A8263)
STEP_0, STEP_1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)

#: A key, two words.
Key = tuple[int, int]

#: A loop whose sums and products are rounded one by one, as NumPy's are.
rounded = functools.partial(Loop, flags=set())


@compiled
def multiply(a: np.uint64, low: np.uint64, high: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The upper and the lower word of ``a (high 2^32 + low)``, by products of half words, which wide instructions have.

    The factor is given by its halves: of a whole factor LLVM makes one product, for which there is no wide instruction.
    """
    a_low, a_high = a & LOW_HALF, a >> HALF
    first = a_low * low
    second = a_high * low + (first >> HALF)
    third = a_low * high + (second & LOW_HALF)
    return a_high * high + (second >> HALF) + (third >> HALF), third << HALF | first & LOW_HALF


@compiled
def draw(state: np.ndarray, lanes: np.ndarray, out: np.ndarray) -> None:
    """The words of the blocks from a counter on, a block a row of `out`; the state is that of `minigan.random.Stream`.

    The words a, b, c and d of a block are in a column of `lanes`.
    """
    low, high = state[2], state[3]
    for start in range(0, len(out), lanes.shape[1]):
        count = min(lanes.shape[1], len(out) - start)
        for i in range(count):
            counter = low + np.uint64(start + i)
            lanes[0, i], lanes[1, i] = counter, high + np.uint64(counter < low)
            lanes[2, i] = lanes[3, i] = np.uint64(0)
        key_0, key_1 = state[0], state[1]
        for _ in range(10):
            for i in range(count):
                upper_0, lower_0 = multiply(lanes[0, i], FIRST_LOW, FIRST_HIGH)
                upper_1, lower_1 = multiply(lanes[2, i], SECOND_LOW, SECOND_HIGH)
                lanes[0, i], lanes[1, i] = upper_1 ^ lanes[1, i] ^ key_0, lower_1
                lanes[2, i], lanes[3, i] = upper_0 ^ lanes[3, i] ^ key_1, lower_0
            key_0 += STEP_0
            key_1 += STEP_1
        for i in range(count):
            for word in range(4):
                out[start + i, word] = lanes[word, i]


@rounded
def scale_halves(words: np.ndarray, low: float, span: float, most: float, unit: float, out: np.ndarray) -> None:
    """``low + span u``, at most `most`, with u the upper 24 bits of each half of a word, the low half first."""
    for i in range(words.size):
        lower, upper = np.uint32(words[i] & LOW_HALF), np.uint32(words[i] >> HALF)
        out[2 * i] = min(np.float32(np.int32(lower >> 8)) * unit * span + low, most)
        out[2 * i + 1] = min(np.float32(np.int32(upper >> 8)) * unit * span + low, most)


@rounded
def scale_words(words: np.ndarray, low: float, span: float, most: float, unit: float, out: np.ndarray) -> None:
    """``low + span u``, at most `most`, with u the upper 53 bits of each word."""
    for i in range(words.size):
        out[i] = min(np.float64(np.int64(words[i] >> np.uint64(11))) * unit * span + low, most)


@compiled
def compare(words: np.ndarray, digits: np.ndarray, out: np.ndarray) -> None:
    """Digit by digit whether 64 numbers are below p: a row of words has a digit of each, the last digit first."""
    for i in range(len(words)):
        below = words[i, 0]
        for k in range(1, digits.size):
            below = below | words[i, k] if digits[k] else below & words[i, k]
        out[i] = below


def write_words(key: Key, first: int, blocks: slice, out: np.ndarray) -> None:
    """The words of these blocks, of which the stream's next one is `first`, to rows of `out`."""
    # NumPy counts before it makes a block: its counter c gives block c + 1.
    counter = first + 1 + blocks.start
    state = np.array((*key, counter & (2**64 - 1), counter >> 64), np.uint64)
    draw(state, scratch("lanes", (4, LANES), np.uint64), out)


def by_slabs(key: Key, first: int, count: int, convert: Callable[[np.ndarray, slice], None], multiple: int = 1) -> None:
    """Call ``convert(words, blocks)`` for slabs of `count` blocks, a multiple of `multiple` but for the last slab."""
    slabs = split(-(-count // multiple), 32 * multiple, SLAB)

    def work(number: int) -> None:
        blocks = slice(slabs[number].start * multiple, min(slabs[number].stop * multiple, count))
        words = scratch("words", (blocks.stop - blocks.start, 4), np.uint64)
        write_words(key, first, blocks, words)
        convert(words.reshape(-1), blocks)

    parallel_for(work, len(slabs))


def words(key: Key, first: int, count: int) -> np.ndarray:
    """`count` words from block `first` on."""
    out = memory_pool.empty((-(-count // 4), 4), np.uint64)
    slabs = split(len(out), 32, SLAB)
    parallel_for(lambda number: write_words(key, first, slabs[number], out[slabs[number]]), len(slabs))
    return out.reshape(-1)[:count]


def uniform(key: Key, first: int, count: int, low: float, high: float, most: float, dtype: Any) -> np.ndarray:
    """`count` uniform numbers in [low, high), at most `most`, of type float32 or else float64."""
    halves = np.dtype(dtype) == np.float32
    number, scale, each, unit = (
        (np.float32, scale_halves, 8, 2**-24) if halves else (np.float64, scale_words, 4, 2**-53)
    )
    out = memory_pool.empty((-(-count // each), each), number)

    def convert(words: np.ndarray, blocks: slice) -> None:
        scale(words, number(low), number(high - low), number(most), number(unit), out[blocks].reshape(-1))

    by_slabs(key, first, len(out), convert)
    return out.reshape(-1)[:count]


def normal(key: Key, first: int, count: int, mean: float, stddev: float, dtype: Any) -> np.ndarray:
    """`count` normal numbers by Box and Muller, with NumPy's functions."""
    pairs = -(-count // 2)
    u, v = uniform(key, first, 2 * pairs, 0, 1, np.inf, dtype).reshape(2, pairs)
    out = memory_pool.empty((2, pairs), u.dtype)
    slabs = split(pairs, 4 * out.itemsize)

    def work(number: int) -> None:
        radius, angle, part = u[slabs[number]], v[slabs[number]], out[:, slabs[number]]
        np.log1p(np.negative(radius, out=radius), out=radius)
        radius *= -2
        np.sqrt(radius, out=radius)
        angle *= 2 * np.pi
        np.cos(angle, out=part[0])
        np.sin(angle, out=part[1])
        part *= radius
        part *= stddev
        part += mean

    parallel_for(work, len(slabs))
    return out.reshape(-1)[:count]


def bits(key: Key, first: int, count: int, digits: tuple[int, ...]) -> np.ndarray:
    """`count` bits, each set with the probability whose binary digits these are, the last first; eight in a byte."""
    out = memory_pool.empty((-(-count // 64),), np.uint64)
    places, each = np.array(digits, np.uint8), len(digits)

    def convert(words: np.ndarray, blocks: slice) -> None:
        groups = slice(4 * blocks.start // each, min(4 * blocks.stop // each, len(out)))
        compare(words[: (groups.stop - groups.start) * each].reshape(-1, each), places, out[groups])

    by_slabs(key, first, -(-len(out) * each // 4), convert, multiple=each)
    return out.astype("<u8", copy=False).view(np.uint8)[: -(-count // 8)]


def attempt(draw: Callable[..., np.ndarray], *arguments: Any) -> np.ndarray | None:
    """``draw(*arguments)``; None where its loops cannot be compiled: from then on NumPy draws the same numbers."""
    try:
        return draw(*arguments)
    except CompileError as error:
        give_up(error)
        return None
