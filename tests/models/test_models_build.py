"""Models by name, and the noise they start from."""

import numpy as np
import pytest

from minigan import models
from minigan.errors import ConfigError
from minigan.random import Stream


def test_an_unknown_model_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match="unknown model 'dcgan29': expected one of dcgan28"):
        models.build("dcgan29")


def test_a_registered_model_is_built_by_its_name_with_its_options(monkeypatch):
    monkeypatch.setattr(models, "MODELS", dict(models.MODELS))
    models.register("mine", lambda seed, **options: (seed, options))
    assert models.build("mine", 7, width=3) == (7, {"width": 3})
    with pytest.raises(ConfigError, match="expected one of dcgan28, mine"):
        models.build("yours")


@pytest.mark.parametrize("kind", models.NOISES)
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


def test_an_unknown_option_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match=r"dcgan28: .*'width'.*: expected some of latent_size, image_size"):
        models.build("dcgan28", width=3)
