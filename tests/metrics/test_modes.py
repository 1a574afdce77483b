"""Modes and class histograms, by cases that can be counted by hand."""

import numpy as np
import pytest

from minigan.errors import ConfigError, DtypeError, ShapeError
from minigan.metrics import class_histogram, class_kl, count_modes, stacked_classes

CENTRES = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])


def test_a_sample_is_good_within_three_standard_deviations_of_its_mode():
    points = np.array([[0, 0.3], [0.31, 0], [10, 0.29], [10.2, 0.2], [5, 5]])
    found, modes, good, histogram = count_modes(points, CENTRES, stddev=0.1)
    assert (found, modes, good) == (2, 3, 3 / 5)
    assert histogram.tolist() == [1, 2, 0]


def test_within_sets_the_largest_distance():
    points = np.array([[0, 0.39], [0, 0.41]])
    assert count_modes(points, CENTRES, stddev=0.1, within=4).good == 0.5


def test_a_mode_with_bad_samples_alone_is_not_found():
    assert count_modes(np.array([[0.0, 9.0]]), CENTRES, stddev=0.1)[:3] == (0, 3, 0.0)


def test_a_sample_belongs_to_the_nearest_of_modes_that_overlap():
    modes = np.array([[0.0], [1.0]])
    assert count_modes(np.array([[0.4], [0.6], [0.7]]), modes, stddev=1).histogram.tolist() == [1, 2]


def test_the_fraction_of_good_data_points_is_that_of_the_normal_distribution():
    rng = np.random.default_rng(0)
    for dim, share in ((1, 0.9973), (2, 1 - np.exp(-4.5))):
        points = rng.standard_normal((40_000, dim))
        assert count_modes(points, np.zeros((1, dim)), stddev=1).good == pytest.approx(share, abs=0.002)


def test_modes_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"expected modes \(N, 3\), got \(3, 2\)"):
        count_modes(np.zeros((4, 3)), CENTRES, 0.1)
    with pytest.raises(ConfigError, match="expected stddev and within to be above 0, got 0 and 3"):
        count_modes(np.zeros((4, 2)), CENTRES, 0)


# Class histograms


def test_the_histogram_counts_every_class():
    assert class_histogram(np.array([3, 0, 3], np.uint8), 5).tolist() == [1, 0, 0, 2, 0]


@pytest.mark.parametrize(
    ("histogram", "reference", "expected"),
    [
        ([3, 3, 3], None, 0),
        ([9, 0, 0], None, np.log(3)),
        ([1, 3], None, 0.25 * np.log(0.5) + 0.75 * np.log(1.5)),
        ([1, 3], [3, 1], 0.5 * np.log(3)),
        ([10, 30], [1, 3], 0),
        ([0, 4], [1, 1], np.log(2)),
        ([1, 1], [0, 4], np.inf),
    ],
)
def test_the_divergence_is_the_sum_by_hand(histogram, reference, expected):
    reference = None if reference is None else np.array(reference)
    assert class_kl(np.array(histogram), reference) == pytest.approx(expected, abs=1e-15)


def test_samples_of_the_reference_diverge_as_much_as_the_formula_says():
    counts = np.random.default_rng(0).multinomial(26_000, np.full(1000, 1e-3), size=20)
    assert np.mean([class_kl(row) for row in counts]) == pytest.approx(999 / 52_000, rel=0.05)


def test_three_digits_make_one_of_a_thousand_modes():
    assert stacked_classes(np.array([[0, 0, 7], [1, 2, 3], [9, 9, 9]])).tolist() == [7, 123, 999]


def test_labels_that_cannot_be_counted_are_refused():
    with pytest.raises(ConfigError, match="expected labels from 0 to 9, got 2 to 10"):
        class_histogram(np.array([2, 10]), 10)
    with pytest.raises(DtypeError, match="expected labels as whole numbers, got float64"):
        class_histogram(np.array([1.0]), 10)
    with pytest.raises(ShapeError, match=r"expected labels \(N,\), at least one, got \(0,\)"):
        class_histogram(np.array([], int), 10)
    with pytest.raises(ShapeError, match=r"expected two histograms \(classes,\), got \(2,\) and \(3,\)"):
        class_kl(np.ones(2), np.ones(3))
    with pytest.raises(ConfigError, match="expected counts of at least 0, not all 0, got 0 to 0"):
        class_kl(np.zeros(2, int))
    with pytest.raises(ShapeError, match=r"expected digits \(N, 3\), got \(4, 2\)"):
        stacked_classes(np.zeros((4, 2), int))
