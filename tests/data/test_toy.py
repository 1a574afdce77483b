"""The distributions in the plane and on the line: the papers' definitions, and the same points in every run."""

import hashlib

import numpy as np
import pytest

from minigan import backend, data
from minigan.data import toy

MIXTURES = {"gaussian": 1, "ring": 8, "grid": 25}


def chi_squared(counts: np.ndarray) -> float:
    """How far counts are from even, in standard deviations of what chance does."""
    expected = counts.mean()
    return ((counts - expected) ** 2 / expected).sum() / (len(counts) - 1) - 1


@pytest.mark.parametrize("name", toy.SETS)
def test_every_set_is_a_named_sample_of_finite_points(name):
    points = data.load(name)
    assert type(points) is data.Points
    assert points.name == name
    assert points.points.shape == (50_000, 1 if name == "gaussian" else 2)
    assert (points.modes is not None) == (name in MIXTURES)
    assert (points.labels is not None) == (name in MIXTURES or name == "moons")


@pytest.mark.parametrize("name", toy.SETS)
def test_the_same_seed_gives_the_same_bits_and_another_does_not(name):
    first, again, other = (toy.SETS[name](1000, seed=seed).points for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert len(np.intersect1d(first, other)) < 10


@pytest.mark.parametrize("name", toy.SETS)
def test_the_test_split_is_another_sample_of_the_same_distribution(name):
    train, test = (data.load(name, split=split) for split in ("train", "test"))
    assert len(train) == len(test)
    assert np.mean(np.isin(train.points[:, 0], test.points[:, 0])) < 0.05
    np.testing.assert_allclose(train.points.mean(axis=0), test.points.mean(axis=0), atol=0.08)
    np.testing.assert_allclose(np.cov(train.points.T), np.cov(test.points.T), atol=0.2)
    if train.modes is not None:
        np.testing.assert_array_equal(train.modes, test.modes)


def test_nothing_is_taken_from_numpy_s_global_state():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    for make in toy.SETS.values():
        make(10)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_the_sample_is_written_down():
    """Rounded, since the last bit of a cosine is the C library's affair."""
    rounded = np.round(toy.ring(100).points, 3) + 0.0
    assert toy.ring(100).labels[:8].tolist() == [2, 5, 2, 1, 6, 4, 6, 4]
    assert hashlib.sha256(rounded.astype("<f4").tobytes()).hexdigest()[:16] == "db25b0676fcb5693"


@pytest.mark.parametrize("name", MIXTURES)
def test_a_mixture_is_normal_about_each_of_its_modes_and_all_are_as_likely(name):
    points = data.load(name)
    assert len(points.modes) == MIXTURES[name]
    assert points.labels.dtype.kind == "i"
    assert set(points.labels) == set(range(MIXTURES[name]))
    z = (points.points - points.modes[points.labels]) / points.mode_stddev
    assert abs(z.mean()) < 0.015
    assert abs(z.std() - 1) < 0.01
    assert abs((z**4).mean() - 3) < 0.15
    if MIXTURES[name] > 1:
        assert abs(np.corrcoef(z.T)[0, 1]) < 0.02
        assert abs(chi_squared(np.bincount(points.labels))) < 2


def test_the_gaussian_has_its_mean_and_deviation():
    points = toy.gaussian(mean=-2, stddev=0.5)
    assert (points.modes.tolist(), points.mode_stddev) == ([[-2]], 0.5)
    assert points.points.mean() == pytest.approx(-2, abs=0.01)
    assert points.points.std() == pytest.approx(0.5, abs=0.01)
    assert (data.load("gaussian").modes.tolist(), data.load("gaussian").mode_stddev) == ([[4]], 1.25)


def test_the_ring_is_that_of_the_papers():
    points = data.load("ring")
    root = np.sqrt(0.5)
    modes = [[1, 0], [root, root], [0, 1], [-root, root], [-1, 0], [-root, -root], [0, -1], [root, -root]]
    np.testing.assert_allclose(points.modes, modes, atol=1e-15)
    assert points.mode_stddev**2 == pytest.approx(0.0001, rel=1e-12)


def test_the_grid_is_that_of_the_papers():
    points = data.load("grid")
    modes = [[x, y] for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)]
    np.testing.assert_array_equal(points.modes, modes)
    assert points.mode_stddev**2 == pytest.approx(0.0025, rel=1e-12)


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_of_the_data_themselves_all_but_chance_s_share_are_good(name):
    """In two dimensions a normal point is beyond three standard deviations with probability exp(-9/2)."""
    points = data.load(name)
    distances = np.linalg.norm(points.points[:, None] - points.modes, axis=2)
    assert np.mean(distances.argmin(axis=1) == points.labels) == 1
    good = np.mean(distances.min(axis=1) <= 3 * points.mode_stddev)
    assert good == pytest.approx(1 - np.exp(-4.5), abs=0.002)


@pytest.mark.parametrize("name", MIXTURES)
def test_the_density_is_that_of_the_points(name):
    """Its mean over the sample is the integral of its square, which is known for normal distributions far apart."""
    points = data.load(name)
    size, s = points.shape[0], points.mode_stddev
    expected = (2 * s * np.sqrt(np.pi)) ** -size / MIXTURES[name]
    assert points.density(points.points.astype(np.float64)).mean() == pytest.approx(expected, rel=0.01)


def test_the_spiral_has_two_turns_evenly_covered():
    points = toy.spiral(noise=0).points.astype(np.float64)
    radius = np.hypot(*points.T)
    turned = np.exp(1j * 4 * np.pi * radius) - (points[:, 0] + 1j * points[:, 1]) / radius
    assert abs(turned).max() < 1e-3
    np.testing.assert_allclose(np.quantile(radius, [0.25, 0.5, 1]), [0.5, np.sqrt(0.5), 1], atol=0.01)


def test_the_line_is_the_diagonal_and_evenly_filled():
    points = data.load("line").points
    np.testing.assert_array_equal(points[:, 0], points[:, 1])
    np.testing.assert_allclose(np.quantile(points[:, 0], [0, 0.25, 0.5, 1]), [-1, -0.5, 0, 1], atol=0.02)


def test_the_moons_are_two_half_circles_that_reach_into_each_other():
    moons = toy.moons(noise=0)
    upper, lower = (moons.points[moons.labels == label].astype(np.float64) for label in (0, 1))
    np.testing.assert_allclose(np.hypot(*upper.T), 1, atol=1e-6)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1, atol=1e-6)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0.5
    assert len(upper) == pytest.approx(25_000, abs=500)


@pytest.mark.parametrize("name", ["spiral", "line", "moons"])
def test_noise_moves_the_points_off_their_curve(name):
    moved = toy.SETS[name](noise=0.3).points - toy.SETS[name](noise=0).points
    assert moved.std() == pytest.approx(0.3, abs=0.005)
    assert abs(moved.mean()) < 0.005


@pytest.mark.parametrize("name", toy.SETS)
def test_a_sample_of_none_is_refused(name, refuses):
    with refuses(f"{name}: expected a count of at least 1, got 0"):
        toy.SETS[name](0)


@pytest.mark.parametrize("noise", [-0.1, np.nan, np.inf])
def test_a_noise_that_is_none_is_refused(noise, refuses):
    with refuses("moons: expected a noise of at least 0"):
        toy.moons(10, noise=noise)


def test_a_gaussian_without_width_is_refused(refuses):
    with refuses("gaussian: expected a mode_stddev above 0, got 0"):
        toy.gaussian(10, stddev=0)


@pytest.mark.gpu
def test_on_the_gpu_the_sample_is_the_same_and_in_host_memory():
    expected = toy.ring(100)
    with backend.using("cupy"):
        points = toy.ring(100)
    np.testing.assert_array_equal(points.points, expected.points)
