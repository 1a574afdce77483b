"""The Fréchet distance against closed forms, and against numbers that SciPy gave."""

import numpy as np
import pytest

from minigan.errors import DtypeError, ShapeError
from minigan.metrics import Gaussian, fit_gaussian, frechet_distance, frechet_distance_of_gaussians


def random_covariance(rng: np.random.Generator, dim: int) -> np.ndarray:
    root = rng.standard_normal((dim, dim))
    return root @ root.T


def test_mean_and_covariance_are_numpy_s(monkeypatch):
    monkeypatch.setattr("minigan.metrics.frechet.BLOCK_ROWS", 7)  # blocks that do not divide the rows
    x = np.random.default_rng(0).standard_normal((50, 4)) * [1, 2, 3, 4] + 100
    fitted = fit_gaussian(x)
    np.testing.assert_allclose(fitted.mean, x.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(fitted.covariance, np.cov(x, rowvar=False), rtol=1e-12)


def test_float32_features_are_summed_in_float64():
    x = (np.random.default_rng(0).standard_normal((5000, 2)) + 1000).astype(np.float32)
    fitted = fit_gaussian(x)
    assert fitted.mean.dtype == fitted.covariance.dtype == np.float64
    np.testing.assert_allclose(fitted.covariance, np.cov(x.astype(np.float64), rowvar=False), rtol=1e-11)


def test_commuting_covariances_have_a_closed_form():
    # One basis for both: |m|^2 + sum (sqrt(a_i) - sqrt(b_i))^2.
    rng = np.random.default_rng(1)
    basis, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    a, b, shift = rng.uniform(0, 4, 6), rng.uniform(0, 4, 6), rng.standard_normal(6)
    first = Gaussian(np.zeros(6), basis * a @ basis.T)
    second = Gaussian(shift, basis * b @ basis.T)
    expected = shift @ shift + np.sum((np.sqrt(a) - np.sqrt(b)) ** 2)
    assert frechet_distance_of_gaussians(first, second) == pytest.approx(expected, rel=1e-12)


def test_two_dimensions_have_a_closed_form():
    # tr (S_1 S_2)^(1/2) = sqrt(tr(S_1 S_2) + 2 sqrt(det S_1 det S_2)): Cayley and Hamilton.
    rng = np.random.default_rng(2)
    first, second = random_covariance(rng, 2), random_covariance(rng, 2)
    overlap = np.sqrt(np.trace(first @ second) + 2 * np.sqrt(np.linalg.det(first) * np.linalg.det(second)))
    got = frechet_distance_of_gaussians(Gaussian(np.zeros(2), first), Gaussian(np.zeros(2), second))
    assert got == pytest.approx(np.trace(first) + np.trace(second) - 2 * overlap, rel=1e-11)


@pytest.mark.parametrize(
    ("dim", "expected"),
    [
        (1, 0.8790863966157294),
        (2, 5.456104058487989),
        (8, 22.62379263410392),
        (64, 2432.493832239099),
    ],
)
def test_it_equals_the_formula_with_scipy_s_matrix_root(dim, expected):
    # |m|^2 + tr(S_1 + S_2 - 2 scipy.linalg.sqrtm(S_1 @ S_2)), SciPy 1.17.1, of these very sets.
    rng = np.random.default_rng(0)
    a = rng.standard_normal((300, dim)) @ rng.standard_normal((dim, dim))
    b = rng.standard_normal((200, dim)) @ rng.standard_normal((dim, dim)) + 0.5
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)


def test_it_is_symmetric_and_invariant_under_rotation():
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((40, 5)), rng.standard_normal((60, 5)) * [1, 2, 3, 4, 5] + 1
    turn, _ = np.linalg.qr(rng.standard_normal((5, 5)))
    expected = frechet_distance(a, b)
    assert frechet_distance(b, a) == pytest.approx(expected, rel=1e-12)
    assert frechet_distance(a @ turn, b @ turn) == pytest.approx(expected, rel=1e-12)
    assert frechet_distance(3 * a, 3 * b) == pytest.approx(9 * expected, rel=1e-12)


def test_equal_sets_are_at_zero_and_never_below():
    x = np.random.default_rng(4).standard_normal((30, 8))
    assert 0 <= frechet_distance(x, x) < 1e-12


def test_fewer_samples_than_features_give_a_finite_distance():
    # Singular covariances, where the root of a plain product goes astray: points on two lines, in closed form.
    t = np.linspace(-1, 1, 9)
    first, second = np.zeros((9, 20)), np.zeros((9, 20))
    first[:, 0], second[:, 1] = t, t
    assert frechet_distance(first, second) == pytest.approx(2 * np.var(t, ddof=1), rel=1e-12)
    second[:, 0], second[:, 1] = 3 * t, 0
    assert frechet_distance(first, second) == pytest.approx(4 * np.var(t, ddof=1), rel=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros((5, 3)), np.zeros((5, 2)), r"expected real \(N, 3\), got \(5, 2\)"),
        (np.zeros((1, 3)), np.zeros((5, 3)), "expected generated of at least 2 vectors, got 1"),
        (np.zeros((5, 3, 1)), np.zeros((5, 3)), r"expected generated \(N, D\), got \(5, 3, 1\)"),
    ],
)
def test_sets_that_do_not_fit_are_refused(a, b, message):
    with pytest.raises(ShapeError, match=message):
        frechet_distance(a, b)


def test_bytes_are_refused():
    with pytest.raises(DtypeError, match="expected features of a floating dtype, got uint8"):
        fit_gaussian(np.zeros((5, 3), np.uint8))
