"""The kernel distance against sums over all pairs."""

import sys

import numpy as np
import pytest

from minigan.errors import ConfigError, ShapeError
from minigan.metrics import distances, kernel_distance, polynomial_mmd2

#: The module, which has the name of a function.
MODULE = sys.modules[kernel_distance.__module__]


def by_pairs(x: np.ndarray, y: np.ndarray) -> float:
    """The definition, pair by pair."""

    def k(a, b):
        return (a @ b / len(a) + 1) ** 3

    def within(z):
        n = len(z)
        return sum(k(z[i], z[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))

    return within(x) + within(y) - 2 * sum(k(a, b) for a in x for b in y) / (len(x) * len(y))


@pytest.mark.parametrize("sizes", [(7, 7), (9, 4), (2, 2)])
def test_it_is_the_sum_over_all_pairs(sizes, monkeypatch):
    monkeypatch.setattr(MODULE, "BLOCK_ENTRIES", 10)  # blocks of one or two rows
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((n, 5)) for n in sizes)
    assert polynomial_mmd2(x, y + 0.3) == pytest.approx(by_pairs(x, y + 0.3), rel=1e-12)


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((50, 5)), rng.standard_normal((40, 5))
    whole = polynomial_mmd2(x, y)
    monkeypatch.setattr(MODULE, "BLOCK_ENTRIES", 130)
    assert polynomial_mmd2(x, y) == pytest.approx(whole, rel=1e-12)


def test_it_has_no_bias():
    # The mean over many pairs of sets of one distribution is 0 to within its own error.
    rng = np.random.default_rng(1)
    values = [polynomial_mmd2(rng.standard_normal((8, 3)), rng.standard_normal((8, 3))) for _ in range(2000)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))
    assert min(values) < 0


def test_subsets_that_are_the_whole_sets_give_its_value_without_spread():
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((30, 4)), rng.standard_normal((30, 4)) + 1
    mean, stddev = kernel_distance(x, y, subsets=5, subset_size=1000)
    assert mean == pytest.approx(polynomial_mmd2(x, y), rel=1e-12)
    assert stddev == pytest.approx(0, abs=1e-12)


def test_subsets_depend_on_the_seed():
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((200, 4)), rng.standard_normal((100, 4)) + 0.5
    first = kernel_distance(x, y, subsets=50, subset_size=40)
    assert first == kernel_distance(x, y, subsets=50, subset_size=40)
    assert first != kernel_distance(x, y, subsets=50, subset_size=40, seed=1)
    assert first.stddev > 0
    assert first.mean == pytest.approx(polynomial_mmd2(x, y), abs=4 * first.stddev / np.sqrt(50) + 0.05)


def test_features_in_float32_are_summed_in_float64():
    rng = np.random.default_rng(4)
    x, y = (rng.standard_normal((30, 4)).astype(np.float32) * 30 for _ in range(2))
    assert polynomial_mmd2(x, y) == pytest.approx(by_pairs(x.astype(float), y.astype(float)), rel=1e-6)


def test_sets_that_cannot_be_compared_are_refused():
    x = np.zeros((5, 3))
    with pytest.raises(ShapeError, match=r"expected y \(N, 3\), got \(5, 2\)"):
        polynomial_mmd2(x, np.zeros((5, 2)))
    with pytest.raises(ShapeError, match="expected real of at least 2 vectors, got 1"):
        kernel_distance(x, x[:1])
    with pytest.raises(ConfigError, match="expected at least 1 subset of at least 2, got 0 of 1000"):
        kernel_distance(x, x, subsets=0)


def test_the_size_of_a_block_is_that_of_the_distances():
    assert MODULE.BLOCK_ENTRIES == distances.BLOCK_ENTRIES
