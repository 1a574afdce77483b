"""The views of numbers: D's histogram, and how good the points are."""

import math

import numpy as np
import pytest

from minigan.metrics import count_modes, grid_divergence
from tests.lab.views.sessions import KINDS, line_session, points_session
from tests.loops import loop_over


@loop_over(kind=list(KINDS))
def test_the_histogram_counts_what_d_predicts_of_real_and_of_generated_examples(kind):
    session = KINDS[kind]()
    shown = session.view("histogram", {"count": 40, "bins": 10})
    gan = session.trainer.gan
    if kind == "points":
        examples = session.view("points", {"count": 40})
        for name in ("real", "fake"):
            d = gan.discriminator.predict(examples[name])[:, 0]
            np.testing.assert_allclose(shown[name], np.histogram(d, shown["edges"])[0] / 40)
    if kind == "images":
        d = session.view("samples", {"count": 40})["d"]
        np.testing.assert_allclose(shown["fake"], np.histogram(d, shown["edges"])[0] / 40)
    for name in ("real", "fake"):
        assert shown[name].sum() == pytest.approx(1)
    assert shown["edges"].shape == (11,)
    assert (shown["edges"][0], shown["edges"][-1]) == (0, 1)
    assert shown["probability"]


@loop_over(loss=["wasserstein", "hinge", "least-squares"])
def test_scores_have_a_histogram_over_all_values_seen(loss):
    shown = points_session(loss=loss).view("histogram")
    assert not shown["probability"]
    assert shown["real"].sum() == pytest.approx(1)
    assert shown["fake"].sum() == pytest.approx(1)
    assert shown["real"][0] + shown["fake"][0] > 0
    assert shown["real"][-1] + shown["fake"][-1] > 0


def test_equal_scores_still_have_a_histogram():
    session = points_session(loss="wasserstein")
    session.trainer.gan.discriminator.flat_data[...] = 0
    shown = session.view("histogram")
    assert shown["edges"][0] < shown["edges"][-1]
    assert shown["real"].sum() == pytest.approx(1)


def test_the_quality_is_that_of_the_metrics():
    session = points_session()
    data = session.trainer.data
    shown, fake = session.view("quality", {"count": 100}), session.view("points", {"count": 100})["fake"]
    found = count_modes(fake, data.modes, data.mode_stddev)
    assert (shown["modes"], shown["of"], shown["good"]) == (found.found, 8, found.good)
    np.testing.assert_array_equal(shown["per_mode"], found.histogram)
    assert (shown["kl"], shown["js"]) == pytest.approx(grid_divergence(fake, data.points))


def test_a_generator_that_draws_the_data_has_all_modes_and_is_at_the_floor(monkeypatch):
    session = points_session()
    others = session.trainer.data.points[-2000:]
    monkeypatch.setattr(session.trainer.gan.generator, "predict", lambda noise, *_: others[: len(noise)])
    shown = session.view("quality")
    assert (shown["modes"], shown["of"]) == (8, 8)
    assert shown["good"] == pytest.approx(1 - math.exp(-9 / 2), abs=0.01)
    assert shown["per_mode"].sum() == round(shown["good"] * 2000)
    assert shown["js"] == pytest.approx(shown["js_real"], abs=0.002)
    assert shown["kl"] == pytest.approx(shown["kl_real"], abs=0.01)


def test_data_without_known_modes_have_divergences_only():
    shown = points_session(data="spiral").view("quality")
    assert shown["modes"] is shown["of"] is shown["good"] is shown["per_mode"] is None
    assert 0 < shown["js_real"] < shown["js"] <= math.log(2)


def test_the_points_drawn_by_hand_have_a_quality():
    drawn = tuple((x / 20, (x / 20) ** 2) for x in range(20))
    shown = points_session(data="drawn", drawn=drawn).view("quality")
    assert shown["modes"] is None
    assert 0 < shown["js_real"] < shown["js"] <= math.log(2)


def test_numbers_on_a_line_have_a_quality_too():
    shown = line_session().view("quality")
    assert shown["of"] == 1
    assert shown["js_real"] < shown["js"]
