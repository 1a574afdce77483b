"""Nearest neighbours against the plain definitions: every pair, one loop."""

import numpy as np
import pytest

from minigan.errors import ConfigError, DtypeError, ShapeError
from minigan.metrics import density_coverage, distances, memorisation, nearest_neighbour_accuracy, precision_recall
from minigan.metrics.distances import distance_blocks, nearest_distances


def pairwise(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=-1))


def prdc(real: np.ndarray, fake: np.ndarray, k: int) -> dict[str, float]:
    """The four figures as the package prdc computes them, with whole matrices of distances."""

    def radii(x):
        # The k + 1 smallest of a row, with the zero to itself: their greatest.
        return np.partition(pairwise(x, x), k, axis=-1)[:, : k + 1].max(axis=-1)

    real_radii, fake_radii = radii(real), radii(fake)
    between = pairwise(real, fake)
    return {
        "precision": (between < real_radii[:, None]).any(axis=0).mean(),
        "recall": (between < fake_radii[None]).any(axis=1).mean(),
        "density": (between < real_radii[:, None]).sum(axis=0).mean() / k,
        "coverage": (between.min(axis=1) < real_radii).mean(),
    }


@pytest.fixture(params=[1 << 22, 100], ids=["one block", "blocks"])
def _blocks(request, monkeypatch):
    monkeypatch.setattr(distances, "BLOCK_ENTRIES", request.param)


def two_sets(n: int = 60, m: int = 45, dim: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, dim)), 0.6 * rng.standard_normal((m, dim)) + 1


# Distances


@pytest.mark.usefixtures("_blocks")
def test_blocks_of_distances_are_those_of_all_pairs():
    x, y = two_sets()
    got = np.empty((len(x), len(y)))
    for rows, block in distance_blocks(x, y):
        got[rows] = block
    np.testing.assert_allclose(np.sqrt(got), pairwise(x, y), rtol=1e-12)


def test_close_points_far_from_the_origin_keep_their_distances():
    x, y = two_sets()
    ((_, block),) = distance_blocks((x + 1e4).astype(np.float32), (y + 1e4).astype(np.float32))
    exact = pairwise((x + 1e4).astype(np.float32).astype(float), (y + 1e4).astype(np.float32).astype(float))
    np.testing.assert_allclose(np.sqrt(block), exact, rtol=1e-9)


def test_no_block_is_greater_than_stated(monkeypatch):
    monkeypatch.setattr(distances, "BLOCK_ENTRIES", 100)
    x, y = two_sets(n=61)
    sizes = [block.size for _, block in distance_blocks(x, y)]
    assert max(sizes) <= 100
    assert sum(sizes) == len(x) * len(y)


@pytest.mark.usefixtures("_blocks")
def test_nearest_distances_are_sorted():
    x, y = two_sets()
    np.testing.assert_allclose(nearest_distances(x, y, 3), np.sort(pairwise(x, y), axis=1)[:, :3], rtol=1e-12)


# Precision and recall, density and coverage


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("sizes", [(60, 45), (45, 60)])
def test_the_four_metrics_equal_prdc(k, sizes):
    generated, real = two_sets(*sizes)
    expected = prdc(real, generated, k)
    got = precision_recall(generated, real, k)._asdict() | density_coverage(generated, real, k)._asdict()
    assert got == pytest.approx(expected, abs=1e-12)
    assert 0 < expected["precision"] < 1
    assert 0 < expected["recall"] < 1


def test_a_collapsed_generator_has_precision_without_recall():
    real = np.random.default_rng(0).standard_normal((200, 2))
    generated = np.full((200, 2), 0.1) + 1e-3 * np.random.default_rng(1).standard_normal((200, 2))
    assert precision_recall(generated, real).precision == 1
    assert precision_recall(generated, real).recall < 0.05
    assert density_coverage(generated, real).coverage < 0.2


def test_an_outlier_raises_precision_but_hardly_density():
    # Naeem et al., figure 3: one real outlier's ball takes in samples that are far from all other real ones.
    rng = np.random.default_rng(2)
    real = np.concatenate([rng.standard_normal((200, 2)), [[30.0, 30.0]]])
    generated = rng.standard_normal((201, 2)) + 15
    assert precision_recall(generated, real).precision > 0.9
    assert density_coverage(generated, real).density < 0.25


def test_of_one_distribution_density_is_one_and_coverage_as_expected():
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((2, 1000, 3))
    density, coverage = density_coverage(x, y)
    assert density == pytest.approx(1, abs=0.05)
    assert coverage == pytest.approx(1 - 0.5**5, abs=0.02)


# The 1-NN test


def one_nn(generated: np.ndarray, real: np.ndarray) -> tuple[float, float, float]:
    heap, is_real = np.concatenate([real, generated]), np.arange(2 * len(real)) < len(real)
    between = pairwise(heap, heap)
    np.fill_diagonal(between, np.inf)
    right = is_real[between.argmin(axis=1)] == is_real
    return right.mean(), right[is_real].mean(), right[~is_real].mean()


@pytest.mark.usefixtures("_blocks")
def test_the_accuracy_is_that_of_the_joined_sets():
    generated, real = two_sets(60, 60)
    expected = one_nn(generated, real)
    assert nearest_neighbour_accuracy(generated, real) == pytest.approx(expected, abs=1e-12)
    assert expected[1] != expected[2]


def test_accuracy_is_one_for_separate_sets_and_zero_for_copies():
    real = np.random.default_rng(0).standard_normal((50, 3))
    assert nearest_neighbour_accuracy(real + 100, real) == (1, 1, 1)
    assert nearest_neighbour_accuracy(real + 1e-9, real) == (0, 0, 0)


def test_accuracy_is_a_half_for_one_distribution():
    x, y = np.random.default_rng(1).standard_normal((2, 1500, 3))
    assert nearest_neighbour_accuracy(x, y).accuracy == pytest.approx(0.5, abs=0.03)


# Memorisation


@pytest.mark.usefixtures("_blocks")
def test_memorisation_equals_the_computation_over_all_pairs():
    generated, training = two_sets()
    generated[:7] = training[:7] + 0.01
    found = memorisation(generated, training)
    first, second = np.sort(pairwise(generated, training), axis=1)[:, :2].T
    own = np.sort(pairwise(training, training), axis=1)
    assert found.ratio == np.mean(first < second / 3) >= 7 / 60
    assert found.distance == pytest.approx(np.median(first) / np.median(own[:, 1]), rel=1e-12)
    assert found.training_ratio == np.mean(own[:, 1] < own[:, 2] / 3)


def test_copies_are_found_and_new_samples_are_not():
    rng = np.random.default_rng(0)
    training, fresh = rng.standard_normal((2, 300, 50))
    copies = memorisation(training[::2], training)
    assert (copies.ratio, copies.distance) == (1, pytest.approx(0, abs=1e-6))
    new = memorisation(fresh, training)
    assert new.ratio == new.training_ratio == 0
    assert new.distance == pytest.approx(1, abs=0.05)


def test_probes_replace_the_training_examples_in_the_comparison():
    generated, training = two_sets()
    probes = training[5:20]
    own = np.sort(pairwise(probes, training), axis=1)
    expected = np.median(np.sort(pairwise(generated, training), axis=1)[:, 0]) / np.median(own[:, 1])
    assert memorisation(generated, training, probes).distance == pytest.approx(expected, rel=1e-12)


# What does not fit


def test_sets_that_cannot_be_compared_are_refused():
    x, y = two_sets()
    with pytest.raises(ConfigError, match="expected k to be at least 1, got 0"):
        precision_recall(x, y, 0)
    with pytest.raises(ShapeError, match="expected real of at least 6 vectors, got 5"):
        density_coverage(x, y[:5], 5)
    with pytest.raises(ShapeError, match="expected as many generated as real, got 60 and 45"):
        nearest_neighbour_accuracy(x, y)
    with pytest.raises(ShapeError, match="expected training of at least 3 vectors, got 2"):
        memorisation(x, y[:2])
    with pytest.raises(ShapeError, match=r"expected y \(N, 4\), got \(45, 3\)"):
        nearest_distances(x, y[:, :3], 1)
    with pytest.raises(DtypeError, match="expected x of a floating dtype, got int64"):
        nearest_distances(x.astype(np.int64), y, 1)
