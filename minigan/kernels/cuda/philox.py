"""Random numbers drawn on the device: the words of np.random.Philox, and the numbers that `minigan.random` defines.

Every function takes a stream's `state`, four 64-bit words in device memory (its key and its counter, low words
first), and `first`, the blocks of four words that were drawn since that state was written: block ``first`` after the
counter is the first one used. Nothing but `advance` changes the state.
"""

from typing import Any

import numpy as np

from minigan.backend import Array, array_module
from minigan.kernels.cuda.compiler import module

__all__ = ["advance", "bits", "largest_below", "normal", "uniform"]

#: Threads of a block, and numbers that a thread computes (RUN in the source).
THREADS, RUN = 128, 8


def uniform(
    state: Array, first: int, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0, dtype: Any = np.float32
) -> Array:
    """Uniform numbers in [low, high), equal to those of `minigan.random.Stream.uniform` to the last bit."""
    out, number = array_module(state).empty(shape, dtype), np.dtype(dtype).type
    # The span in the numbers' own precision, rounded once: as the host computes it.
    settings = np.uint64(out.size), number(low), number(high - low), largest_below(low, high, dtype)
    launch("uniform", out.size, RUN, state, first, out, *settings)
    return out


def largest_below(low: float, high: float, dtype: Any) -> Any:
    """The largest number of `dtype` below `high`, which a sum with `low` may reach by rounding; `low` if none is."""
    number = np.dtype(dtype).type
    return np.nextafter(number(high), number(low)) if number(low) <= number(high) else number(np.inf)


def normal(
    state: Array, first: int, shape: tuple[int, ...], mean: float = 0.0, stddev: float = 1.0, dtype: Any = np.float32
) -> Array:
    """Normal numbers, by Box and Muller; log, cos and sin differ from the host's in their last bits."""
    out, number = array_module(state).empty(shape, dtype), np.dtype(dtype).type
    launch("normal", -(-out.size // 2), RUN, state, first, out, np.uint64(out.size), number(mean), number(stddev))
    return out


def bits(state: Array, first: int, count: int, threshold: int) -> Array:
    """`count` bits, each set with the probability ``threshold / 2**32``, eight in a byte, lowest first.

    `threshold` is neither 0 nor 2**32: these need no draw.
    """
    groups = -(-count // 64)
    out = array_module(state).empty(groups, np.uint64)
    zeros = (threshold & -threshold).bit_length() - 1
    launch("bits", groups, 1, state, first, out, np.uint64(groups), np.uint32(threshold), zeros)
    return out.view(np.uint8)[: -(-count // 8)]


def advance(state: Array, blocks: int) -> None:
    """Advance the counter by `blocks`, in place."""
    module("philox", np.dtype(np.float32)).launch("advance_counter", (1,), (1,), (state, np.uint64(blocks)))


def launch(kernel: str, items: int, run: int, state: Array, first: int, out: Array, *arguments: Any) -> None:
    """Launch a kernel with a thread for every `run` items; without items, nothing."""
    if items:
        dtype = out.dtype if out.dtype.kind == "f" else np.dtype(np.float32)
        grid = (-(-items // (run * THREADS)),)
        module("philox", dtype).launch(kernel, grid, (THREADS,), (state, np.uint64(first), out, *arguments))
