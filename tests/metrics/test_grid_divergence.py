"""The divergences on a grid: exact values of small sets, known limits, and what the grid sees and what not."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minigan import data
from minigan.errors import ConfigError, ShapeError
from minigan.metrics import PointGrid, grid_divergence

#: Two cells of two points each.
PAIRS = np.array([[0.0], [0.0], [1.0], [1.0]])


@st.composite
def two_sets(draw):
    """Generated and real points of one or two coordinates, often equal ones."""
    size = draw(st.integers(1, 2))
    numbers = st.sampled_from([-3.0, -1.0, 0.0, 0.5, 1.0, 1e30])
    return [draw(arrays(np.float64, (draw(st.integers(1, 12)), size), elements=numbers)) for _ in range(2)]


@given(two_sets(), st.integers(1, 7))
def test_js_is_from_0_to_log_2_and_kl_is_at_least_0(sets, cells):
    kl, js = grid_divergence(*sets, cells)
    assert 0 <= js <= math.log(2) + 1e-12
    assert 0 <= kl < math.inf


@given(two_sets(), st.integers(1, 7))
def test_equal_sets_have_no_divergence_in_any_order(sets, cells):
    points = sets[0]
    assert grid_divergence(points[::-1], points, cells) == (0, 0)
    assert grid_divergence(np.concatenate([points, points]), points, cells).js == pytest.approx(0, abs=1e-12)


def test_the_divergences_are_those_of_the_fractions_in_the_cells():
    generated = np.array([[0.2], [0.6], [0.7], [0.9]])
    kl, js = grid_divergence(generated, PAIRS, cells=2)
    p, q = np.array([1 / 2, 1 / 2]), np.array([1 / 4, 3 / 4])
    m = (p + q) / 2
    assert js == pytest.approx(0.5 * np.sum(p * np.log(p / m)) + 0.5 * np.sum(q * np.log(q / m)), rel=1e-14)
    smooth = np.array([1.5, 3.5]) / 5
    assert kl == pytest.approx(np.sum(p * np.log(p / smooth)), rel=1e-14)


def test_sets_without_a_common_cell_have_a_js_of_log_2_and_a_finite_kl():
    kl, js = grid_divergence(np.zeros((4, 1)), np.array([[0.8], [1.0], [1.0], [1.0]]), cells=5)
    assert js == pytest.approx(math.log(2), rel=1e-14)
    # Three cells with a half count more each: that of real points at 0.8, that at 1.0, and outside.
    p, q = np.array([1.5, 3.5, 0.5]) / 5.5, np.array([0.5, 0.5, 4.5]) / 5.5
    assert kl == pytest.approx(np.sum(p * np.log(p / q)), rel=1e-14)


def test_all_points_outside_the_box_of_the_real_ones_are_in_one_cell():
    near, far = (np.full((4, 1), place) for place in (1.001, 1e90))
    assert grid_divergence(near, PAIRS) == grid_divergence(far, PAIRS)
    half_outside = np.array([[0.0], [1.0], [9.0], [-9.0]])
    assert 0 < grid_divergence(half_outside, PAIRS).js < math.log(2)


def test_real_points_that_are_all_equal_are_one_cell():
    real = np.full((5, 2), 3.0)
    assert grid_divergence(real[:2], real) == (0, 0)
    assert grid_divergence(real[:2] + 1, real).js == pytest.approx(math.log(2))


def test_the_upper_border_belongs_to_the_last_cell():
    assert grid_divergence(np.array([[1.0], [0.95]]), np.array([[0.0], [0.98], [1.0]]), cells=10).js < math.log(2)


def test_many_points_of_two_normal_distributions_come_near_their_divergences():
    rng = np.random.default_rng(0)
    real, generated = rng.standard_normal((2, 200_000, 1))
    generated += 1
    kl, js = grid_divergence(generated, real, cells=60)
    x = np.linspace(-9, 10, 20_001)
    p, q = (np.exp(-0.5 * (x - mean) ** 2) / math.sqrt(2 * math.pi) for mean in (0, 1))
    m, step = (p + q) / 2, x[1] - x[0]
    assert js == pytest.approx(step * np.sum(p * np.log(p / m) + q * np.log(q / m)) / 2, rel=0.02)
    assert kl == pytest.approx(0.5, rel=0.02)


def test_sets_of_one_distribution_have_the_floor_of_their_sizes():
    rng = np.random.default_rng(0)

    def draw(count: int) -> np.ndarray:  # ten cells, all well filled
        return rng.integers(0, 10, (count, 1)).astype(float)

    found = np.mean([grid_divergence(draw(2000), draw(4000), 10) for _ in range(500)], axis=0)
    both = 1 / 2000 + 1 / 4000
    assert found == pytest.approx([9 / 2 * both, 9 / 8 * both], rel=0.07)


def test_a_missing_mode_raises_both_and_a_second_set_of_real_points_is_far_below():
    ring = data.load("ring")
    grid = PointGrid(ring.points[4000:])
    part = ring.points[:4000]
    whole, without = grid(part[:2000]), grid(part[ring.labels[:4000] != 3][:2000])
    assert whole.js < 0.02 < without.js
    assert whole.kl < 0.02 < without.kl
    assert grid(part[:2000]) == grid_divergence(part[:2000], ring.points[4000:])


def test_points_that_do_not_fit_the_grid_are_refused():
    with pytest.raises(ShapeError, match="one or two coordinates, got 3"):
        grid_divergence(np.zeros((4, 3)), np.zeros((4, 3)))
    with pytest.raises(ShapeError, match=r"expected generated \(N, 1\)"):
        PointGrid(PAIRS)(np.zeros((4, 2)))
    with pytest.raises(ConfigError, match="expected cells to be at least 1"):
        PointGrid(PAIRS, 0)
