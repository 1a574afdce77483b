"""Slabs: parts of a batch, a few images each, that fit into a core's cache.

A twin splits its batch into slabs, and runs all steps of its formula on one slab before it goes on to the next
(`minigan.kernels.cpu.parallel.pool` spreads them over threads). The results have the same bits for any number of
threads: the split depends on the shapes alone, each slab has its own place in the result, and sums over slabs have a
fixed order (`minigan.kernels.cpu.parallel.ordered_sum`).
"""

import itertools
from functools import lru_cache

import numpy as np

__all__ = ["bytes_each", "split", "split_coarse"]

#: Bytes that the arrays of a slab should fill: half of the second-level cache of a core.
SLAB = 1 << 20


def bytes_each(images: np.ndarray) -> int:
    """The bytes of one image."""
    return images.nbytes // max(len(images), 1)


def split(count: int, bytes_each: int, budget: int | None = None) -> tuple[slice, ...]:
    """Split `count` images into slabs of nearly equal sizes, whose arrays take about `budget` bytes (default: SLAB)."""
    return _split(count, max(1, (SLAB if budget is None else budget) // max(bytes_each, 1)))


@lru_cache(maxsize=1024)
def _split(count: int, most: int) -> tuple[slice, ...]:
    """Split `count` images into slabs of at most `most`."""
    slabs = -(-count // most)
    bounds = [count * i // slabs for i in range(slabs + 1)] if slabs else []
    return tuple(slice(start, stop) for start, stop in itertools.pairwise(bounds))


def split_coarse(count: int, bytes_each: int) -> tuple[slice, ...]:
    """As `split`, into slabs four times as large, for work that is a chain of short operations.

    Before and after each operation a thread needs the interpreter lock. Where operations last a few microseconds, the
    threads mostly wait for each other; a slab that does not quite fit into the cache costs less. A batch that is enough
    for two slabs is split in two.
    """
    return split(count, bytes_each, min(4 * SLAB, max(SLAB, -(-count // 2) * bytes_each)))
