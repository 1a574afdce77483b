"""Models by name, and the noise they start from."""

import math

import numpy as np
import pytest

from minigan import models
from minigan.errors import ConfigError
from minigan.random import Stream
from minigan.runs.config import TrainConfig
from minigan.training import schedules


def test_an_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="unknown model 'dcgan29': expected one of dcgan28"):
        models.build("dcgan29")


def test_a_registered_model_is_built_by_its_name_with_its_options(monkeypatch):
    monkeypatch.setattr(models, "MODELS", dict(models.MODELS))
    models.register("mine", lambda seed, **options: (seed, options))
    assert models.build("mine", 7, width=3) == (7, {"width": 3})
    with pytest.raises(ConfigError, match=r"expected one of dcgan28, .*, mine$"):
        models.build("yours")


def test_every_model_has_its_name_and_recommended_settings():
    assert models.RECOMMENDED.keys() == models.MODELS.keys()
    for name, builder in models.MODELS.items():
        assert builder.__name__ == name.replace("-", "_")
        assert builder in (getattr(models, exported) for exported in models.__all__)


@pytest.mark.parametrize("name", models.MODELS)
def test_recommended_settings_are_those_of_a_training_run(name):
    TrainConfig(model=name, **models.RECOMMENDED[name])


def test_the_paper_s_schedules_are_as_published():
    settings = models.RECOMMENDED["gan2014-mnist"]
    rate, momentum = (schedules.parse(settings[key]) for key in ("learning_rate", "momentum"))
    assert (rate(0), rate(1), rate(10**8)) == (0.1, pytest.approx(0.1 / 1.000004), 1e-6)
    # 250 epochs of 500 steps.
    assert (momentum(0), momentum(250 * 500), momentum(10**6)) == (0.5, pytest.approx(0.7), pytest.approx(0.7))


@pytest.mark.parametrize("kind", models.NOISE_KINDS)
def test_noise_is_float32_and_fresh_at_every_draw(kind):
    rng = Stream(0, "noise")
    first, second = (models.draw_noise(rng, 4, 3, kind) for _ in range(2))
    assert first.shape == (4, 3)
    assert first.dtype == np.float32
    assert not np.array_equal(first, second)


def test_uniform_noise_fills_minus_one_to_one_and_normal_noise_goes_beyond():
    uniform = models.draw_noise(Stream(0, "noise"), 1000, 10)
    normal = models.draw_noise(Stream(0, "noise"), 1000, 10, "normal")
    assert -1 <= uniform.min() < -0.99
    assert 0.99 < uniform.max() < 1
    assert abs(normal.std() - 1) < 0.03
    assert np.abs(normal).max() > 2


def test_an_unknown_option_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"dcgan28 does not take --width: expected one of latent_size, image_size"):
        models.build("dcgan28", width=3)


@pytest.mark.parametrize(
    ("kind", "low", "high", "variance"), [("uniform", -1, 1, 1 / 3), ("unit-uniform", -1.7321, 1.7321, 1)]
)
def test_uniform_noise_fills_its_range(kind, low, high, variance):
    noise = models.draw_noise(Stream(0, "noise"), 2000, 10, kind)
    assert low <= noise.min() < 0.99 * low
    assert 0.99 * high < noise.max() < high
    assert noise.var() == pytest.approx(variance, rel=0.03)


@pytest.mark.parametrize(("kind", "deviation"), [("uniform", 3**-0.5), ("unit-uniform", 1.0), ("normal", 1.0)])
def test_truncated_noise_stays_within_the_given_standard_deviations(kind: str, deviation: float):
    z = models.draw_noise(Stream(0, "test"), 2000, 5, kind, truncation=0.6)
    assert (z.shape, z.dtype) == ((2000, 5), np.float32)
    bound = 0.6 * deviation
    assert 0.98 * bound < abs(z).max() <= bound
    # Within the bound nothing is changed: the density of a uniform number is flat, of a normal one nearly.
    share = np.mean(abs(z) < bound / 2)
    expected = {"normal": (math.erf(0.3 / 2**0.5) / math.erf(0.6 / 2**0.5))}.get(kind, 0.5)
    assert share == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("kind", models.NOISE_KINDS)
def test_a_wide_truncation_changes_nothing_and_a_narrow_one_is_refused(kind: str):
    plain, wide = (models.draw_noise(Stream(0, "test"), 3, 5, kind, truncation=value) for value in (None, 9.0))
    np.testing.assert_array_equal(plain, wide)
    for value in (0.05, 0.0, -1.0, math.nan):
        with pytest.raises(ConfigError, match=f"expected truncation to be at least 0.1, got {value}"):
            models.draw_noise(Stream(0, "test"), 3, 5, kind, truncation=value)
