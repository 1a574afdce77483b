"""dcgan28 with classes, and its relative for gradient penalties."""

import numpy as np
import pytest

from minigan import models
from minigan.errors import ConfigError
from minigan.layers import Context
from minigan.random import Stream
from tests.models.counting import counts, outline

SMALL = {"latent_size": 5, "image_size": 8, "generator_filters": (3, 2), "discriminator_filters": (2, 3)}
every_conditioning = pytest.mark.parametrize("conditioning", models.CONDITIONINGS)


def layers(network) -> list[str]:
    return [kind for kind, _ in outline(network)]


@every_conditioning
def test_the_generator_gets_an_embedding_with_its_noise(conditioning):
    gan, plain = (models.build("dcgan28", **options) for options in ({"classes": 10, "conditioning": conditioning}, {}))
    assert layers(gan.generator) == ["ConcatenateLabels", *layers(plain.generator)]
    assert gan.generator[0].output_shape == (110,)
    assert gan.classes == 10
    assert gan.latent_size == 100
    # A table of 10 x 10, and 10 more inputs of the first Dense.
    assert counts(gan.generator) == (855_809 + 100 + 10 * 6272, 384)


def test_the_discriminator_ends_with_a_projection():
    gan, plain = models.build("dcgan28", classes=10), models.build("dcgan28")
    assert layers(gan.discriminator) == [*layers(plain.discriminator)[:-1], "ProjectionHead"]
    assert counts(gan.discriminator) == (392_833 + 10 * 4096, 896)


def test_with_concatenation_the_discriminator_gets_an_embedding_at_every_pixel():
    gan = models.build("dcgan28", classes=10, conditioning="concatenation")
    plain = models.build("dcgan28")
    assert layers(gan.discriminator) == ["ConcatenateLabels", *layers(plain.discriminator)]
    assert gan.discriminator[0].output_shape == (28, 28, 11)
    # A table of 10 x 10, and 10 more inputs of 32 kernels of 3 x 3.
    assert counts(gan.discriminator) == (392_833 + 100 + 9 * 10 * 32, 896)


@every_conditioning
def test_images_and_d_s_outputs_depend_on_the_class(conditioning):
    gan = models.build("dcgan28", classes=3, conditioning=conditioning, **SMALL)
    noise = models.draw_noise(Stream(0, "test"), 4, 5)
    zeros, others = np.zeros(4, int), np.array([0, 1, 2, 0])
    images = [gan.generator.predict(noise, labels=labels) for labels in (zeros, others)]
    assert [np.array_equal(*pair) for pair in zip(*images)] == [True, False, False, True]
    judged = [gan.discriminator.logits.predict(images[0], labels=labels) for labels in (zeros, others)]
    assert (judged[0] == judged[1])[:, 0].tolist() == [True, False, False, True]
    assert judged[0].dtype == np.float32


@every_conditioning
def test_every_parameter_gets_a_gradient_in_a_round(conditioning):
    gan = models.build("dcgan28", classes=3, conditioning=conditioning, **SMALL)
    labels = np.array([0, 1, 2, 0])
    ctx = Context(training=True, rng=Stream(0, "dropout"), labels=labels)
    images, g_caches = gan.generator.forward(models.draw_noise(Stream(0, "test"), 4, 5), ctx)
    judge = gan.discriminator.logits
    z, d_caches = judge.forward(images, ctx)
    gan.generator.backward(judge.backward(np.ones_like(z), d_caches), g_caches)
    for network in (gan.generator, gan.discriminator):
        assert all(p.grad.any() for name, p in network.parameters().items() if p.trainable)


def test_the_default_has_no_classes():
    gan = models.build("dcgan28", **SMALL)
    assert gan.classes == 0
    assert "ConcatenateLabels" not in layers(gan.generator) + layers(gan.discriminator)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": -1}, "classes to be at least 0, got -1"),
        ({"classes": 3, "conditioning": "auxiliary"}, "one of projection, concatenation, got 'auxiliary'"),
    ],
)
def test_other_conditions_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        models.build("dcgan28", **SMALL, **options)


# For gradient penalties


def test_the_critic_has_no_layer_that_mixes_or_drops():
    gan = models.build("wgan-gp28")
    assert layers(gan.discriminator) == [
        *("Conv2D", "LeakyReLU"),
        *("Conv2D", "ZeroPadding2D", "LayerNorm", "LeakyReLU"),
        *("Conv2D", "LayerNorm", "LeakyReLU") * 2,
        *("Flatten", "Dense"),
    ]
    assert not any(layer.mixes_examples for layer in gan.discriminator)
    # LayerNorm learns as much as BatchNorm, and keeps nothing else.
    assert counts(gan.discriminator) == (392_833, 0)
    assert counts(gan.generator) == (855_809, 384)
    assert gan.name == "wgan-gp28"


@pytest.mark.parametrize("channels", [1, 3])
def test_the_critic_gives_any_number(channels):
    gan = models.build("wgan-gp28", channels=channels, **SMALL)
    assert gan.image_shape == (8, 8, channels)
    images = np.random.default_rng(0).standard_normal((20, 8, 8, channels)).astype(np.float32)
    judged = gan.discriminator.predict(images)
    assert judged.min() < 0
    np.testing.assert_array_equal(gan.discriminator.logits.predict(images), judged)
    assert gan.output_range == (-1.0, 1.0)
