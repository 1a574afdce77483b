"""Equal distances are equal: the metrics of nearest neighbours against exact arithmetic, on sets full of ties."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from minigan import data
from minigan.errors import DataError, ShapeError
from minigan.metrics import (
    count_modes,
    density_coverage,
    distances,
    memorisation,
    nearest_neighbour_accuracy,
    precision_recall,
)
from minigan.metrics.accurate import accurate_sums
from minigan.metrics.distances import Distances, nearest_distances
from tests.loops import loop_over


def squares(a: np.ndarray, b: np.ndarray) -> list[list[Fraction]]:
    """All squared distances, without any rounding."""
    a, b = ([[Fraction(float(value)) for value in row] for row in rows] for rows in (a, b))
    return [[sum((p - q) ** 2 for p, q in zip(x, y)) for y in b] for x in a]


def radii(x: np.ndarray, k: int) -> list[Fraction]:
    return [sorted(row[:i] + row[i + 1 :])[k - 1] for i, row in enumerate(squares(x, x))]


def by_the_formulas(generated: np.ndarray, real: np.ndarray, k: int) -> tuple[float, ...]:
    """Precision, recall, density, coverage; the 1-NN accuracy of the real and of the generated vectors."""
    between = squares(real, generated)
    across = list(zip(*between))
    of_real, of_generated = radii(real, k), radii(generated, k)
    # the surface of a ball belongs to it for precision and recall, only the centre of one of radius 0 for the others
    precision = [any(d <= r for d, r in zip(column, of_real)) for column in across]
    recall = [any(d <= r for d, r in zip(row, of_generated)) for row in between]
    balls = [[d < r or d == 0 for d in row] for row, r in zip(between, of_real)]
    return (
        *(float(np.mean(precision)), float(np.mean(recall))),
        *(np.sum(balls) / (len(generated) * k), float(np.mean([any(row) for row in balls]))),
        *(right_share(real, between), right_share(generated, across)),
    )


def right_share(x: np.ndarray, between: list) -> float:
    shares = []
    for i, (own, others) in enumerate(zip(squares(x, x), between)):
        own = own[:i] + own[i + 1 :]
        nearest = min([*own, *others])
        shares.append(Fraction(own.count(nearest), own.count(nearest) + list(others).count(nearest)))
    return float(sum(shares) / len(shares))


def by_minigan(generated: np.ndarray, real: np.ndarray, k: int) -> tuple[float, ...]:
    accuracy = nearest_neighbour_accuracy(generated, real)
    return (*precision_recall(generated, real, k), *density_coverage(generated, real, k), *accuracy[1:])


def grid(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.integers(0, 3, (n, 3)).astype(float)


def line(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.integers(0, 9, (n, 1)).astype(np.float32)


def two_values(rng: np.random.Generator, n: int) -> np.ndarray:
    # of pictures of ink and paper, divided by a standard deviation: no value is a sum of a few powers of 2
    return np.where(rng.random((n, 30)) < 0.2, 2.8215, -0.4242)


def repeated(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.standard_normal((n // 5, 4))[rng.integers(0, n // 5, n)]


def far_away(rng: np.random.Generator, n: int) -> np.ndarray:
    return grid(rng, n) + 1e6 / 3


def sixteen_levels(rng: np.random.Generator, n: int) -> np.ndarray:
    return (rng.integers(0, 17, (n, 2)) / 8 - 1).astype(np.float32)


KINDS = [grid, line, two_values, repeated, far_away, sixteen_levels]


@loop_over(k=[1, 3])
@loop_over(kind=KINDS)
def test_the_metrics_are_those_of_exact_arithmetic(kind, k):
    rng = np.random.default_rng(k)
    generated, real = kind(rng, 20), kind(rng, 20)
    if kind is repeated:
        generated[:9] = real[:9]
    assert by_minigan(generated, real, k) == pytest.approx(by_the_formulas(generated, real, k), abs=1e-12)


@pytest.mark.parametrize("entries", [1 << 22, 600])
@loop_over(kind=KINDS)
def test_the_order_of_the_examples_changes_nothing(kind, entries, monkeypatch):
    monkeypatch.setattr(distances, "BLOCK_ENTRIES", entries)
    rng = np.random.default_rng(0)
    generated, real = kind(rng, 100), kind(rng, 100)
    first, copies = by_minigan(generated, real, 3), memorisation(generated, real)
    for _ in range(3):
        a, b = rng.permutation(generated), rng.permutation(real)
        assert by_minigan(a, b, 3) == first
        assert memorisation(a, b) == copies


def test_a_few_numbers_have_the_values_of_the_formulas():
    real, generated = np.array([[0.0], [1.0], [3.0]]), np.array([[0.0], [1.0]])
    for order in itertools.permutations(range(3)):
        for samples in (generated, generated[::-1]):
            assert density_coverage(samples, real[list(order)], k=1) == (1.0, pytest.approx(2 / 3))
            assert precision_recall(samples, real[list(order)], k=1) == (1.0, pytest.approx(2 / 3))


def test_half_of_the_digits_as_samples_have_a_density_of_about_one():
    # A real example is in the ball of its k-th nearest neighbour, but not on its surface: k balls in the mean.
    digits = data.load("digits").images[:1000].reshape(1000, -1).astype(np.float32) / 255
    found = density_coverage(digits[::2], digits)
    assert found.density == pytest.approx(1, abs=0.03)
    assert density_coverage(digits[::-2], digits[::-1]).density == pytest.approx(1, abs=0.03)
    assert density_coverage(digits[::2][::-1], digits[::-1]) == found


@loop_over(times=[2, 4, 10])
@loop_over(dtype=[np.float32, np.float64])
def test_copies_of_repeated_examples_are_precise_and_cover_them(times, dtype):
    real = np.repeat(np.random.default_rng(0).standard_normal((20, 8)).astype(dtype), times, axis=0)
    assert precision_recall(real.copy(), real) == (1, 1)
    density, coverage = density_coverage(real.copy(), real)
    assert coverage == 1
    if times == 10:  # the balls have no volume, and each sample is at the centre of ten
        assert density == 2
    # Of 2 times - 1 others at the same place times - 1 are of the same class.
    share = (times - 1) / (2 * times - 1)
    assert nearest_neighbour_accuracy(real.copy(), real) == pytest.approx((share,) * 3)


def test_copies_have_the_distance_zero_and_equal_pairs_equal_distances():
    x = np.random.default_rng(0).standard_normal((50, 784)) + 100
    assert not nearest_distances(x[::-1], x, 1).any()
    both, _ = nearest_distances(np.concatenate([x, x[::-1]]), x[:20] + 0.1, 2).reshape(2, 50, 2)
    assert (nearest_distances(x[::-1], x[:20] + 0.1, 2)[::-1] == both).all()
    i, j = np.triu_indices(50)
    assert (Distances(x, x).exact(i, j) == Distances(x, x).exact(j, i)).all()
    assert (Distances(x, x[::-1]).exact(i, 49 - j) == Distances(x, x).exact(i, j)).all()


def test_no_distance_is_further_from_the_true_one_than_stated():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 50)) + 1e3, rng.standard_normal((20, 50)) + 1e3
    ((_, block, slack),) = Distances(x, y).blocks()
    exact = np.array(squares(x, y), object)
    assert (abs(block.astype(object) - exact).astype(float) <= slack).all()
    assert (slack < 1e-5).all()


def test_sums_are_rounded_once_whatever_the_order():
    rng = np.random.default_rng(0)
    for width in (1, 2, 3, 7, 8, 30, 785):
        terms = rng.random((40, width)) ** 12
        exact = [float(sum(map(Fraction, row))) for row in terms.tolist()]
        assert accurate_sums(terms).tolist() == exact
        assert accurate_sums(rng.permuted(terms, axis=1)).tolist() == exact
        assert [accurate_sums(row[np.newaxis])[0] for row in terms] == exact


def test_a_point_between_two_modes_belongs_to_the_first_and_the_limit_is_good():
    modes = np.array([[0.0, 0], [2, 0], [4, 0]])
    points = np.array([[1.0, 0], [3, 0], [0, 0.75]])
    assert count_modes(points, modes, stddev=0.25, within=4).histogram.tolist() == [2, 1, 0]
    assert count_modes(points, modes, stddev=0.25, within=3).histogram.tolist() == [1, 0, 0]
    assert count_modes(points[::-1], modes[::-1], stddev=0.25, within=4).histogram.tolist() == [1, 1, 1]


# Repeated training examples


def test_a_doubled_training_set_gives_what_the_set_gives():
    rng = np.random.default_rng(0)
    training, fresh = rng.standard_normal((2, 200, 20))
    generated = np.concatenate([training[:50] + 1e-3, fresh[:50]])
    once = memorisation(generated, training)
    assert once.ratio == 0.5
    for times in (2, 5):
        assert memorisation(generated, np.tile(training, (times, 1))) == once
    some = np.concatenate([training, training[:30], training[:7], training[3:4]])
    assert memorisation(generated, some) == once
    assert memorisation(generated, some, training) == once


def test_copies_of_a_doubled_training_set_are_found():
    training = np.random.default_rng(0).standard_normal((100, 20))
    assert memorisation(training, np.tile(training, (2, 1)))[:2] == (1, 0)


def test_examples_that_are_too_close_for_their_squares_are_refused():
    with pytest.raises(DataError, match="not so close that the squares of distances are rounded to 0"):
        memorisation(np.zeros((5, 1)), np.array([[1e-250], [0], [2e-250], [3e-250], [1]]))


def test_fewer_than_three_different_training_examples_are_refused():
    training = np.repeat(np.eye(2), 50, axis=0)
    with pytest.raises(ShapeError, match="expected training of at least 3 different vectors, got 2"):
        memorisation(np.zeros((5, 2)), training)
