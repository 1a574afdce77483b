"""The DCGAN for colour pictures that a CPU trains."""

import numpy as np
import pytest

from minigan import models
from minigan.errors import ConfigError
from minigan.layers import Context
from minigan.random import Stream
from tests.models.counting import counts, outline

SMALL = {"generator_filters": (4, 3), "discriminator_filters": (2, 5), "image_size": 16}


def test_the_default_has_the_maps_and_counts_of_its_docstring():
    gan = models.build("dcgan64-small")
    maps = [shape for kind, shape in outline(gan.generator) if kind in ("Reshape", "Conv2D")]
    assert maps == [(4, 4, 256), (8, 8, 128), (16, 16, 64), (32, 32, 32), (64, 64, 3)]
    maps = [shape for kind, shape in outline(gan.discriminator) if kind == "Conv2D"]
    assert maps == [(32, 32, 32), (16, 16, 64), (8, 8, 128), (4, 4, 256)]
    assert counts(gan.generator)[0] + counts(gan.generator)[1] == 799_459
    assert counts(gan.discriminator)[0] + counts(gan.discriminator)[1] == 393_825


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [16, (16, 24)])
def test_other_sizes_have_the_shapes_they_say(channels, size):
    gan = models.build("dcgan64-small", **{**SMALL, "channels": channels, "latent_size": 7, "image_size": size})
    shape = (16, 16 if size == 16 else 24, channels)
    assert gan.image_shape == gan.discriminator.input_shape == shape
    noise = models.draw_noise(Stream(0, "test"), 3, 7)
    images, _ = gan.generator.forward(noise, Context(training=True, rng=Stream(0, "dropout")))
    judged = gan.discriminator.predict(images)
    assert images.dtype == judged.dtype == np.float32
    assert abs(images).max() <= 1
    assert ((judged > 0) & (judged < 1)).all()


def test_with_classes_both_networks_see_them():
    gan = models.build("dcgan64-small", classes=3, **SMALL)
    noise = models.draw_noise(Stream(0, "test"), 2, 100)
    one, other = (gan.generator.predict(noise, labels=np.full(2, label)) for label in (0, 2))
    assert abs(one - other).max() > 1e-6
    assert (
        gan.discriminator.predict(one, labels=np.full(2, 0)) != gan.discriminator.predict(one, labels=np.full(2, 2))
    ).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"generator_filters": ()}, "one number or more in generator_filters"),
        ({"discriminator_filters": ()}, "one number or more in discriminator_filters"),
        ({"image_size": 18}, "a multiple of 4, .*got 18: --image-size 20"),
        ({"channels": 0}, "at least 1, got 0"),
        ({"classes": -1}, "at least 0 classes, got -1"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_what_was_expected(options, message):
    with pytest.raises(ConfigError, match=message):
        models.build("dcgan64-small", **{**SMALL, **options})
