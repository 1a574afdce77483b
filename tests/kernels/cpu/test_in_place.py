"""Changes of large arrays in place: the same numbers as in one pass, for any size and number of threads."""

import numpy as np
import pytest

from minigan.kernels.cpu.parallel.in_place import SMALL, add_up, set_to_zero


@pytest.mark.parametrize("shape", [(), (0,), (3,), (SMALL // 4 + 1,), (7, SMALL // 8), (5, 100, 1001)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_are_added_in_their_order(shape: tuple[int, ...], dtype: type, threads: int):
    rng = np.random.default_rng(0)
    total, *others = (rng.standard_normal(shape).astype(dtype).reshape(shape) for _ in range(3))
    expected = total + others[0] + others[1]
    add_up(total, *others)
    np.testing.assert_array_equal(total, expected)


@pytest.mark.parametrize("shape", [(0,), (3,), (SMALL // 4 + 1,), (7, SMALL // 8)])
def test_zeros_are_everywhere(shape: tuple[int, ...], threads: int):
    array = np.full(shape, np.nan, np.float32)
    set_to_zero(array)
    assert not array.any()
