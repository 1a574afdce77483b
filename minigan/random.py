"""Random streams that give the same numbers on every backend.

A stream is Philox4x64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): block ``i`` of
four 64-bit words is a pure function of a 128-bit key and the counter ``i``. There is no state but the counter,
so a stream can be saved in four numbers, and any backend can compute any part of it: numbers for a GPU are drawn on the
GPU (`minigan.kernels.cuda.philox`), and all threads of a CPU draw at once (`minigan.kernels.compiled.philox`).

Every consumer has a stream of its own, named by a path: ``Stream(seed, "dropout")``. Drawing more from one
never shifts another: a network with one more layer still sees the same noise. Nothing uses NumPy's global state.

How words become numbers is fixed here, so that other backends can do the same:

=============  ============================================================================================
float32        the upper 24 bits of each 32-bit half (low half first), times 2**-24
float64        the upper 53 bits of each word, times 2**-53
normal         Box and Muller (1958) on two uniforms, ``sqrt(-2 log(1 - u)) * (cos, sin)(2 pi v)``
bits           each set where a number of 32 random binary digits is below ``round(p * 2**32)``: see `Stream.bits`
permutation    the stable order of one word an item
=============  ============================================================================================
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np

from minigan import backend, edits, kernels
from minigan.backend import Array
from minigan.errors import ConfigError
from minigan.kernels import compiled_philox, philox
from minigan.numbers import whole

__all__ = ["Stream", "bit_words", "blocks", "draws_on_device", "normal_words"]

#: The counter of a state in device memory that belongs to no stream yet, or to another place of this one.
NO_STREAM = -1


class Stream:
    """A named, counter-based stream of random numbers.

    Parameters
    ----------
    seed : int
        Any integer.
    path : str
        The stream's name; two names give unrelated streams.

    Examples
    --------
    >>> noise = Stream(0, "noise")
    >>> noise.uniform((2, 3), low=-1.0, high=1.0).shape
    (2, 3)
    >>> Stream(0, "noise").permutation(5).tolist() == Stream(0, "noise").permutation(5).tolist()
    True
    """

    def __init__(self, seed: int = 0, path: str = "") -> None:
        number = whole(seed)
        if number is None:
            raise ConfigError(f"expected a seed to be a whole number, got {seed!r}")
        self.seed, self.path = number, path
        digest = hashlib.sha256(f"{self.seed}/{path}".encode()).digest()
        self._key = (int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little"))
        self._counter = 0
        # From the first draw on a device: a state of this stream in device memory, and the counter of that state.
        self._device_state: Array | None = None
        self._device_counter = NO_STREAM

    def __repr__(self) -> str:
        return f"Stream(seed={self.seed}, path={self.path!r}, counter={self._counter})"

    def child(self, name: str) -> "Stream":
        """The stream named ``path/name``, at its beginning."""
        return Stream(self.seed, f"{self.path}/{name}")

    @property
    def state(self) -> tuple[int, int, int, int]:
        """Key and counter as four 64-bit integers, low word first."""
        return (*self._key, self._counter & (2**64 - 1), self._counter >> 64)

    @state.setter
    def state(self, state: tuple[int, int, int, int]) -> None:
        low_key, high_key, low, high = (int(word) for word in state)
        self._key, self._counter = (low_key, high_key), low | high << 64
        self._device_counter = NO_STREAM

    def _take(self, count: int) -> int:
        """The counter of the next `count` 64-bit words, which are then used up, to the end of their last block."""
        first = self._counter
        self._counter += blocks(count)
        return first

    def jumped(self, count: int) -> "Stream":
        """A copy of the stream, `count` blocks further on."""
        other = Stream(self.seed, self.path)
        other.state = self.state
        other._counter += count
        return other

    def _by_loops(self, draw: Callable[..., np.ndarray], words: int, *settings: Any) -> np.ndarray | None:
        """The numbers that compiled loops make of the next `words` words; None where such loops do not run."""
        if edits.edited_behind(__name__) or not kernels.compiled_run():
            return None
        numbers = compiled_philox.attempt(draw, self._key, self._counter, *settings)
        if numbers is not None:
            self._take(words)
        return numbers

    def _words(self, count: int) -> np.ndarray:
        """The next `count` 64-bit words."""
        drawn = self._by_loops(compiled_philox.words, count, count)
        if drawn is not None:
            return drawn
        # NumPy counts before it makes a block: its counter c gives block c + 1.
        return np.random.Philox(key=np.array(self._key, np.uint64), counter=self._take(count)).random_raw(count)

    def _halves(self, count: int) -> np.ndarray:
        """The next `count` 32-bit words, low half of each 64-bit word first."""
        return self._words(-(-count // 2)).astype("<u8", copy=False).view("<u4")[:count]

    def _units(self, count: int, dtype: np.dtype) -> np.ndarray:
        """`count` uniforms in [0, 1) that are exact multiples of 2**-24 or 2**-53."""
        if dtype == np.float32:
            return (self._halves(count) >> 8).astype(np.float32) * np.float32(2**-24)
        return (self._words(count) >> 11).astype(np.float64) * 2.0**-53

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0, dtype: Any = np.float32) -> Array:
        """Uniform numbers in [low, high): where the sum with `low` is rounded up to `high`, the number below it."""
        count = int(np.prod(shape))
        if drawn_on_device():
            return philox.uniform(*self._on_device(words_of(count, dtype)), shape, low, high, dtype)
        most = philox.largest_below(low, high, dtype)
        drawn = self._by_loops(compiled_philox.uniform, words_of(count, dtype), count, low, high, most, dtype)
        if drawn is not None:
            return backend.asarray(drawn.reshape(shape))
        units = self._units(count, np.dtype(dtype))
        units *= units.dtype.type(high - low)
        units += units.dtype.type(low)
        np.minimum(units, most, out=units)
        return backend.asarray(units.reshape(shape))

    def normal(self, shape: tuple[int, ...], mean: float = 0.0, stddev: float = 1.0, dtype: Any = np.float32) -> Array:
        """Normal numbers, by the method of Box and Muller (1958)."""
        dtype = np.dtype(dtype)
        count = int(np.prod(shape))
        pairs = -(-count // 2)
        if drawn_on_device():
            return philox.normal(*self._on_device(normal_words(count, dtype)), shape, mean, stddev, dtype)
        drawn = self._by_loops(compiled_philox.normal, normal_words(count, dtype), count, mean, stddev, dtype)
        if drawn is not None:
            return backend.asarray(drawn.reshape(shape))
        u, v = self._units(2 * pairs, dtype).reshape(2, pairs)
        radius, angle = np.sqrt(-2 * np.log1p(-u)), dtype.type(2 * np.pi) * v
        numbers = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]
        numbers *= dtype.type(stddev)
        numbers += dtype.type(mean)
        return backend.asarray(numbers.reshape(shape))

    def bits(self, count: int, p: float) -> Array:
        """`count` random bits, each set with probability `p` to within 2**-33: eight in a byte, lowest first.

        A bit is set where a random binary fraction u is below p. Both are compared digit by digit, from the last to the
        first: ``u < p`` holds if this digit of u is 0 and that of p is 1, or if both are equal and ``u < p`` held for
        the digits before. Zeros at the end of p decide nothing, so that 3/4 takes two random bits and not 32. The words
        hold one digit of 64 numbers each; those of one digit come before those of the next.
        """
        threshold, digits = digits_of(p)
        if not digits:
            return backend.xp().full(-(-count // 8), 255 if threshold else 0, np.uint8)
        if drawn_on_device():
            return philox.bits(*self._on_device(bit_words(count, p)), count, threshold)
        drawn = self._by_loops(compiled_philox.bits, bit_words(count, p), count, digits)
        if drawn is not None:
            return backend.asarray(drawn)
        # The complement of a random word is as random: a set bit means a digit 0 of u.
        words = self._words(bit_words(count, p)).reshape(-1, len(digits)).T
        below = words[0].copy()
        for digit, word in zip(digits[1:], words[1:]):
            (np.bitwise_or if digit else np.bitwise_and)(below, word, out=below)
        return backend.asarray(below.astype("<u8", copy=False).view(np.uint8)[: -(-count // 8)])

    def permutation(self, count: int) -> np.ndarray:
        """The numbers 0 to ``count - 1`` in random order, in host memory."""
        return np.argsort(self._words(count), kind="stable")

    # On the device

    def _on_device(self, count: int) -> tuple[Array, int]:
        """The state in device memory, and the blocks between it and the next `count` words, which are then used up."""
        if self._device_counter == NO_STREAM:
            self.sync_to_device()
        if _drawn_from is not None:
            _drawn_from.setdefault(self, self.state)
        return self._device_state, self._take(count) - self._device_counter

    def sync_to_device(self) -> None:
        """Copy the stream's state to device memory, if the device has another; the memory is always the same.

        A draw passes to the device how many blocks it begins after that state: in a recorded step this number is always
        the same, and the state changes. Call `sync_to_device` before the recording and before each replay, `advance` at
        the end of the recording, and `note_replay` after each replay.
        """
        if self._device_counter == self._counter:
            return
        state = backend.asarray(np.array(self.state, np.uint64))
        if self._device_state is None:
            self._device_state = state
        else:
            self._device_state[...] = state
        self._device_counter = self._counter

    def advance(self) -> int:
        """Let the device advance its state past all draws since `sync_to_device`; returns the number of blocks."""
        blocks = self._counter - self._device_counter
        philox.advance(self._device_state, blocks)
        self._device_counter = self._counter
        return blocks

    def note_replay(self, blocks: int) -> None:
        """Note that the device has drawn `blocks` more blocks, and has advanced its state past them."""
        self._counter += blocks
        self._device_counter = self._counter


def blocks(words: int) -> int:
    """The blocks of `words` words."""
    return -(-words // 4)


def words_of(count: int, dtype: Any) -> int:
    """The 64-bit words for `count` uniform numbers: a float32 takes half of one."""
    return -(-count // 2) if np.dtype(dtype) == np.float32 else count


def normal_words(count: int, dtype: Any) -> int:
    """The words for `count` normal numbers, which are made in pairs."""
    return words_of(2 * -(-count // 2), dtype)


def bit_words(count: int, p: float) -> int:
    """The words for `count` bits that are set with probability `p`."""
    return -(-count // 64) * len(digits_of(p)[1])


@lru_cache(maxsize=64)
def digits_of(p: float) -> tuple[int, tuple[int, ...]]:
    """``round(p * 2**32)``, and its binary digits from the last 1 to the first; none for p = 0 and 1."""
    threshold = round(p * 2**32)
    if threshold in (0, 2**32):
        return threshold, ()
    zeros = (threshold & -threshold).bit_length() - 1
    return threshold, tuple(threshold >> place & 1 for place in range(zeros, 32))


def drawn_on_device() -> bool:
    """Whether numbers for the active backend are drawn by kernels on its device."""
    return backend.name() != "numpy" and kernels.kind() == "fast"


#: Inside `draws_on_device`: the streams that have drawn on the device, with their states before.
_drawn_from: dict[Stream, tuple[int, int, int, int]] | None = None


@contextmanager
def draws_on_device() -> Iterator[dict[Stream, tuple[int, int, int, int]]]:
    """Record the streams that draw on the device inside the block, with their states before."""
    global _drawn_from
    before, _drawn_from = _drawn_from, {}
    try:
        yield _drawn_from
    finally:
        _drawn_from = before
