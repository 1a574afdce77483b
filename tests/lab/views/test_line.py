"""The view of numbers on a line: figure 1 of the 2014 paper."""

import numpy as np
import pytest

from tests.lab.views.sessions import line_session
from tests.lab.views.test_plane import differences


@pytest.fixture(scope="module")
def session():
    return line_session()


def test_the_density_of_the_data_is_the_known_one_and_that_of_g_has_an_area_of_one(session):
    shown = session.view("line")
    x = shown["x"]
    expected = np.exp(-0.5 * ((x - 4) / 1.25) ** 2) / (1.25 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(shown["real_density"], expected, rtol=1e-4, atol=1e-7)
    inside = np.mean((shown["fake"] > x[0]) & (shown["fake"] < x[-1]))
    assert np.sum(shown["fake_density"]) * (x[1] - x[0]) == pytest.approx(inside, abs=0.1)


def test_d_is_what_d_predicts(session):
    shown = session.view("line", {"points": 10})
    expected = session.trainer.gan.discriminator.predict(shown["x"][:, np.newaxis])[:, 0]
    np.testing.assert_allclose(shown["d"], expected, rtol=1e-5)
    assert shown["limits"] == (0, 1)


def test_the_map_goes_from_quantiles_of_the_noise_to_what_g_makes_of_them(session):
    shown = session.view("line")
    assert (np.diff(shown["noise"]) > 0).all()
    np.testing.assert_allclose(shown["noise"], -shown["noise"][::-1], atol=1e-6)
    expected = session.trainer.gan.generator.predict(shown["noise"][:, np.newaxis])[:, 0]
    np.testing.assert_allclose(shown["map"], expected, rtol=1e-5)


def test_more_than_one_noise_value_has_no_map():
    shown = line_session(latent_size=2).view("line")
    assert shown["noise"] is None
    assert shown["map"] is None


def test_the_arrows_are_minus_the_slope_of_g_loss(session):
    shown = session.view("line")
    x = shown["arrows_x"][:, np.newaxis]
    np.testing.assert_array_equal(shown["arrows_x"], shown["fake"][: len(x)])
    measured = differences(session.trainer, x)[:, 0]
    np.testing.assert_allclose(-shown["arrows_direction"], measured, atol=2e-3 * abs(measured).max())
