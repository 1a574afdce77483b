"""The views of points: the field is D, the arrows are G's gradient by differences, and the grid is G of a grid."""

import numpy as np
import pytest

from minigan import losses
from minigan.layers.base import Context
from tests.lab.views.sessions import points_session
from tests.loops import loop_over

#: A set-up for every loss.
LOSSES = list(losses.GAN_LOSSES)


@pytest.fixture(scope="module")
def session():
    return points_session()


def differences(trainer, points: np.ndarray, h: float = 1e-3) -> np.ndarray:
    """``dL_G/dx`` by central differences, in float64."""
    network = trainer.gan.discriminator.logits

    def loss_at(x: np.ndarray) -> float:
        logits, _ = network.forward(x.astype(np.float32), Context())
        return float(trainer.loss.generator(logits.astype(np.float64))[0])

    gradient = np.zeros(points.shape)
    for place in np.ndindex(points.shape):
        above, below = points.astype(np.float64), points.astype(np.float64)
        above[place] += h
        below[place] -= h
        # The step that float32 really takes.
        step = float(above[place].astype(np.float32)) - float(below[place].astype(np.float32))
        gradient[place] = (loss_at(above) - loss_at(below)) / step
    return gradient


@loop_over(loss=LOSSES)
def test_an_arrow_is_minus_the_slope_of_g_loss_for_every_loss(loss):
    session = points_session(loss=loss)
    shown = session.view("arrows", {"count": 6})
    measured = differences(session.trainer, shown["points"])
    scale = abs(measured).max()
    assert scale > 0
    np.testing.assert_allclose(-shown["directions"], measured, atol=2e-3 * scale)


def test_a_small_step_along_its_arrow_lowers_the_loss_of_g(session):
    shown = session.view("arrows", {"count": 50})
    network, loss = session.trainer.gan.discriminator.logits, session.trainer.loss
    before, after = (
        float(loss.generator(network.predict(shown["points"] + step * shown["directions"]))[0]) for step in (0, 1)
    )
    assert after < before


def test_the_field_is_what_d_predicts_at_the_middle_of_each_square(session):
    shown = session.view("field", {"size": 7})
    left, right, lower, upper = shown["extent"]
    middles = (np.arange(7) + 0.5) / 7
    for row in (0, 3, 6):
        x = np.column_stack([left + middles * (right - left), np.full(7, lower + middles[row] * (upper - lower))])
        expected = session.trainer.gan.discriminator.predict(x.astype(np.float32))[:, 0]
        np.testing.assert_allclose(shown["values"][row], expected, rtol=1e-5)
    assert shown["probability"]
    assert shown["limits"] == (0, 1)


@loop_over(loss=["wasserstein", "hinge", "least-squares"])
def test_scores_are_no_probabilities_and_have_limits_around_the_middle(loss):
    session = points_session(loss=loss)
    shown = session.view("field", {"size": 9})
    assert not shown["probability"]
    low, high = shown["limits"]
    assert low < high
    threshold = session.trainer.loss.decision_threshold
    if threshold is not None:
        assert (low + high) / 2 == pytest.approx(threshold)
    left, right, lower, upper = shown["extent"]
    middle = np.array([[(left + right) / 2, (lower + upper) / 2]], np.float32)
    expected = session.trainer.gan.discriminator.logits.predict(middle)[0, 0]
    assert shown["values"][4, 4] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_points_are_those_of_the_data_and_of_g_whatever_their_number(session):
    few, many = session.view("points", {"count": 5}), session.view("points", {"count": 50})
    np.testing.assert_array_equal(few["real"], many["real"][:5])
    np.testing.assert_allclose(few["fake"], many["fake"][:5], rtol=1e-5)
    data = {tuple(point) for point in session.trainer.data.points.tolist()}
    assert all(tuple(point) in data for point in many["real"].tolist())
    left, right, lower, upper = many["extent"]
    assert ((many["real"] > [left, lower]) & (many["real"] < [right, upper])).all()


def test_around_each_drawn_point_some_are_shown():
    drawn = tuple((x / 20, (x / 20) ** 2) for x in range(20))
    session = points_session(data="drawn", drawn=drawn)
    shown = session.view("points")["real"]
    distances = np.linalg.norm(shown[:, None] - np.array(drawn), axis=2)
    assert distances.min(axis=0).max() < 0.03
    assert distances.min(axis=1).max() < 0.1


@loop_over(noise=["normal", "uniform", "unit-uniform"])
def test_the_bent_grid_is_g_of_straight_lines_between_quantiles_of_the_noise(noise):
    session = points_session(noise=noise, latent_size=3)
    lines = session.view("bent_grid", {"lines": 3, "points": 5})["lines"]
    assert lines.shape == (6, 5, 2)
    end = {"normal": 2.3263479, "uniform": 0.98, "unit-uniform": 0.98 * 3**0.5}[noise]
    corners = {(0, 0): (-end, -end), (0, 4): (end, -end), (2, 0): (-end, end), (1, 2): (0, 0), (3, 4): (-end, end)}
    for (line, point), (first, second) in corners.items():
        expected = session.trainer.gan.generator.predict(np.array([[first, second, 0]], np.float32))[0]
        np.testing.assert_allclose(lines[line, point], expected, rtol=1e-4, atol=1e-6)


def test_a_single_noise_value_gives_one_line():
    assert points_session(latent_size=1).view("bent_grid")["lines"].shape == (1, 60, 2)


def test_a_new_seed_has_other_noise_and_the_same_seed_the_same():
    one, same, other = (points_session(seed=seed).view("points")["fake"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
