"""Sums over slabs: the same bits for any number of threads."""

import time

import numpy as np
import pytest

from minigan import backend
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.slabs import split


@pytest.mark.parametrize("count", [0, 1, 5, 8, 9, 100])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_have_the_same_bits_for_any_number_of_threads(count: int, dtype: type):
    x = np.random.default_rng(0).standard_normal((count, 50)).astype(dtype)
    before, totals = backend.threads(), []

    def part(slab: slice, total: np.ndarray, largest: np.ndarray) -> None:
        time.sleep(0.0002 * (slab.start % 3))  # so that threads overtake each other
        total[...] = x[slab].sum(axis=0)
        largest[...] = abs(x[slab]).max()

    for threads in (1, 2, 4):
        backend.threads(threads)
        try:
            totals.append(OrderedSum(split(count, 1, 1), ((50,), ()), dtype).compute(part))
        finally:
            backend.threads(before)
    for total, largest in totals:
        assert total.dtype == dtype
        assert total.tobytes() == totals[0][0].tobytes()
        assert largest.tobytes() == totals[0][1].tobytes()
    np.testing.assert_allclose(totals[0][0], x.sum(axis=0), rtol=0, atol=1e-4)


def test_large_sums_are_added_up_in_parts(threads: int):
    parts = split(12, 1, 1)
    (total,) = OrderedSum(parts, ((300, 1000),), np.float64).compute(lambda slab, part: part.fill(slab.start))
    assert (total == sum(range(12))).all()
