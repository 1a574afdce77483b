"""Scratch memory: one array for each name and thread."""

import numpy as np

from minigan.kernels.cpu.parallel.scratch import scratch
from tests.kernels.cpu.concurrency import within_patience


def test_scratch_is_the_same_memory_for_one_name_in_one_thread():
    a, b = scratch("a test", (3, 5), np.float32), scratch("a test", (2, 2), np.float32)
    assert a.shape == (3, 5)
    assert b.shape == (2, 2)
    assert a.ctypes.data == b.ctypes.data
    for other in (scratch("another", (2, 2), np.float32), scratch("a third", (2, 2), np.float64)):
        assert not np.may_share_memory(b, other)
    assert scratch("a test", (1000, 1000), np.float32).shape == (1000, 1000)


def test_scratch_is_of_one_thread():
    mine, theirs = scratch("a test", (100,), np.float32), []
    within_patience(lambda: theirs.append(scratch("a test", (100,), np.float32)))
    assert not np.may_share_memory(mine, theirs[0])


def test_scratch_begins_with_a_cache_line():
    for size in (1, 7, 1000):
        assert scratch(f"a test of {size}", (size,), np.float64).ctypes.data % 64 == 0


def test_scratch_may_be_empty():
    assert scratch("a test", (0, 3), np.float32).shape == (0, 3)
