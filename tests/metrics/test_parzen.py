"""Parzen windows against sums of the formula in exact order, and where plain floating point has long given up."""

import math
from fractions import Fraction

import numpy as np
import pytest

from minigan.errors import ConfigError, ShapeError
from minigan.metrics import SIGMAS, choose_sigma, distances, parzen, parzen_log_likelihoods


def by_hand(samples: np.ndarray, points: np.ndarray, sigma: float) -> list[float]:
    """``log p`` point by point: differences, not products, and sums without rounding."""
    answers = []
    for x in points.astype(float):
        exponents = [-math.fsum((x - g) ** 2) / (2 * sigma**2) for g in samples.astype(float)]
        greatest = max(exponents)
        total = math.fsum(math.exp(e - greatest) for e in exponents)
        dimensions = samples.shape[1]
        answers.append(
            greatest + math.log(total) - math.log(len(samples)) - dimensions / 2 * math.log(2 * math.pi * sigma**2)
        )
    return answers


@pytest.mark.parametrize("block", [1 << 22, 70], ids=["one block", "blocks"])
@pytest.mark.parametrize("sigma", [0.1, 0.2, 1.0])
def test_at_784_dimensions_it_is_the_sum_by_hand(sigma, block, monkeypatch):
    monkeypatch.setattr(distances, "BLOCK_ENTRIES", block)
    rng = np.random.default_rng(0)
    samples, points = (rng.random((n, 784), dtype=np.float32) for n in (30, 20))
    (got,) = parzen_log_likelihoods(samples, points, [sigma])
    np.testing.assert_allclose(got, by_hand(samples, points, sigma), rtol=1e-12)
    assert got.dtype == np.float64


def test_where_every_exponential_is_zero_the_logarithm_is_not():
    samples, points = np.zeros((2, 784)), np.ones((1, 784))
    assert math.exp(-784 / (2 * 0.1**2)) == 0
    # Both windows are equally far: log p = -784 / (2 s^2) - 392 log(2 pi s^2), here with s^2 as a fraction.
    exponent = float(-Fraction(784) / (2 * Fraction(1, 100)))
    expected = exponent - 392 * math.log(2 * math.pi / 100)
    assert parzen_log_likelihoods(samples, points, [0.1])[0, 0] == pytest.approx(expected, rel=1e-14)


def test_the_density_integrates_to_one():
    samples = np.array([[-1.0], [0.5], [2.0]])
    x = np.linspace(-12, 12, 20_001)[:, np.newaxis]
    (log_p,) = parzen_log_likelihoods(samples, x, [0.7])
    assert np.exp(log_p).sum() * (x[1, 0] - x[0, 0]) == pytest.approx(1, rel=1e-9)


def test_each_width_gives_the_same_as_alone():
    rng = np.random.default_rng(1)
    samples, points = rng.random((30, 6)), rng.random((20, 6))
    together = parzen_log_likelihoods(samples, points, SIGMAS)
    for row, sigma in zip(together, SIGMAS):
        assert (row == parzen_log_likelihoods(samples, points, [sigma])[0]).all()


def test_validation_images_select_the_width_and_test_images_give_the_mean():
    rng = np.random.default_rng(2)
    samples, test, validation = (rng.random((n, 20)) for n in (60, 40, 30))
    best = max(SIGMAS, key=lambda sigma: np.mean(by_hand(samples, validation, sigma)))
    assert choose_sigma(samples, validation) == best
    log_p = by_hand(samples, test, best)
    mean, error, sigma = parzen(samples, test, validation)
    assert sigma == best
    assert mean == pytest.approx(np.mean(log_p), rel=1e-12)
    assert error == pytest.approx(np.std(log_p) / np.sqrt(40), rel=1e-10)


def test_the_grid_is_the_one_of_the_paper_s_program():
    # sigma_range = np.logspace(start=-1, stop=0, num=10)
    assert len(SIGMAS) == 10
    assert SIGMAS[0] == pytest.approx(0.1)
    assert SIGMAS[-1] == pytest.approx(1)
    np.testing.assert_allclose(np.diff(np.log10(SIGMAS)), 1 / 9)


def test_the_width_found_is_the_true_one_where_there_is_one():
    # Two windows on the very centres of the data: the best width is that of the data.
    rng = np.random.default_rng(3)
    centres = np.array([[0.0] * 30, [5.0] * 30])
    points = centres[rng.integers(0, 2, 400)] + 0.3 * rng.standard_normal((400, 30))
    assert choose_sigma(centres, points, [0.1, 0.2, 0.3, 0.4, 0.5]) == 0.3


def test_bad_widths_and_sets_are_refused():
    x = np.zeros((5, 3))
    for sigmas in ([], [0.1, 0.0]):
        with pytest.raises(ConfigError, match="expected sigmas above 0, at least one, got"):
            parzen_log_likelihoods(x, x, sigmas)
    with pytest.raises(ShapeError, match=r"expected validation \(N, 3\), got \(5, 2\)"):
        parzen(x, x, x[:, :2])
    with pytest.raises(ShapeError, match=r"expected test \(N, 3\), got \(5, 2\)"):
        parzen(x, x[:, :2], x)
