"""The small networks for points."""

import numpy as np
import pytest

from minigan import models
from minigan.errors import ConfigError
from minigan.random import Stream
from tests.models.counting import counts, dense, outline


def test_on_a_line():
    gan = models.build("mlp1d")
    assert (gan.latent_size, gan.image_shape, gan.output_range, gan.name) == (1, (1,), None, "mlp1d")
    assert counts(gan.generator) == counts(gan.discriminator) == (dense(1, 32, 32, 1), 0) == (1153, 0)
    assert {type(layer.activation).__name__ for layer in gan.generator[:-1]} == {"Tanh"}


def test_in_the_plane():
    gan = models.build("mlp2d")
    assert (gan.latent_size, gan.image_shape, gan.output_range, gan.name) == (2, (2,), None, "mlp2d")
    assert outline(gan.generator) == [("Dense", (128,))] * 3 + [("Dense", (2,))]
    assert outline(gan.discriminator) == [("Dense", (128,))] * 3 + [("Dense", (1,))]
    assert counts(gan.generator) == (dense(2, 128, 128, 128, 2), 0) == (33_666, 0)
    assert counts(gan.discriminator) == (dense(2, 128, 128, 128, 1), 0) == (33_537, 0)


@pytest.mark.parametrize(("name", "dimensions"), [("mlp1d", 1), ("mlp2d", 2)])
def test_other_sizes(name, dimensions):
    gan = models.build(name, 1, latent_size=5, generator_units=(4, 3, 2), discriminator_units=(6,))
    assert counts(gan.generator) == (dense(5, 4, 3, 2, dimensions), 0)
    assert counts(gan.discriminator) == (dense(dimensions, 6, 1), 0)
    points = gan.generator.predict(models.draw_noise(Stream(0, "test"), 9, 5, "normal"))
    judged = gan.discriminator.predict(points)
    assert points.shape == (9, dimensions)
    assert points.dtype == judged.dtype == np.float32
    assert ((judged > 0) & (judged < 1)).all()


@pytest.mark.parametrize(("name", "activation"), [("mlp1d", "Tanh"), ("mlp2d", "LeakyReLU")])
def test_the_discriminators_activation(name, activation):
    gan = models.build(name)
    *hidden, last = (type(layer.activation).__name__ for layer in gan.discriminator)
    assert set(hidden) == {activation}
    assert last == "Sigmoid"


@pytest.mark.parametrize("option", ["generator_units", "discriminator_units"])
def test_a_network_without_a_hidden_layer_is_refused(option):
    with pytest.raises(ConfigError, match=f"one number or more in {option}, got none"):
        models.build("mlp2d", **{option: ()})
