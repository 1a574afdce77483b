"""The networks of dcgan28: the article's counts, shapes for other options, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan import models
from minigan.errors import ConfigError
from minigan.layers import Context
from minigan.random import Stream


def counts(network) -> tuple[int, int]:
    """Trainable and other values."""
    sizes = [(p.trainable, p.data.size) for p in network.parameters().values()]
    return sum(size for trainable, size in sizes if trainable), sum(size for trainable, size in sizes if not trainable)


def expected_counts(size, channels, latent, generator, discriminator) -> tuple[tuple[int, int], tuple[int, int]]:
    """The same from the options alone: weights and biases, 2 learned and 2 moving values a BatchNorm channel."""
    start = size // 2 ** len(generator)
    g = (latent + 1) * generator[0] * start * start
    before = generator[0]
    for width in generator:
        g += (9 * before + 1) * width + 2 * width
        before = width
    g += (9 * before + 1) * channels
    d, before = 0, channels
    for place, width in enumerate(discriminator):
        d += (9 * before + 1) * width + (2 * width if place else 0)
        before = width
        if place < len(discriminator) - 1:
            size = (size + 1) // 2
            size += size % 2
    d += size * size * before + 1
    return (g, 2 * sum(generator)), (d, 2 * sum(discriminator[1:]))


# The article's


@pytest.fixture(scope="module")
def article() -> models.GAN:
    return models.build("dcgan28", seed=0)


def test_the_default_has_the_article_s_counts(article):
    assert counts(article.discriminator) == (392_833, 896)
    assert counts(article.generator) == (855_809, 384)
    assert expected_counts(28, 1, 100, (128, 64), (32, 64, 128, 256)) == ((855_809, 384), (392_833, 896))


def test_the_default_has_the_article_s_layers(article):
    generator = [(type(layer).__name__, layer.output_shape) for layer in article.generator]
    assert generator == [
        ("Dense", (6272,)),
        ("Reshape", (7, 7, 128)),
        ("UpSampling2D", (14, 14, 128)),
        ("Conv2D", (14, 14, 128)),
        ("BatchNorm", (14, 14, 128)),
        ("UpSampling2D", (28, 28, 128)),
        ("Conv2D", (28, 28, 64)),
        ("BatchNorm", (28, 28, 64)),
        ("Conv2D", (28, 28, 1)),
    ]
    discriminator = [(type(layer).__name__, layer.output_shape) for layer in article.discriminator]
    assert discriminator == [
        ("Conv2D", (14, 14, 32)),
        ("LeakyReLU", (14, 14, 32)),
        ("Dropout", (14, 14, 32)),
        ("Conv2D", (7, 7, 64)),
        ("ZeroPadding2D", (8, 8, 64)),
        ("BatchNorm", (8, 8, 64)),
        ("LeakyReLU", (8, 8, 64)),
        ("Dropout", (8, 8, 64)),
        ("Conv2D", (4, 4, 128)),
        ("BatchNorm", (4, 4, 128)),
        ("LeakyReLU", (4, 4, 128)),
        ("Dropout", (4, 4, 128)),
        ("Conv2D", (4, 4, 256)),
        ("BatchNorm", (4, 4, 256)),
        ("LeakyReLU", (4, 4, 256)),
        ("Dropout", (4, 4, 256)),
        ("Flatten", (4096,)),
        ("Dense", (1,)),
    ]


def test_a_gan_has_its_shapes_name_and_range(article):
    assert article.name == "dcgan28"
    assert article.latent_size == 100
    assert article.image_shape == (28, 28, 1)
    assert article.output_range == (-1.0, 1.0)
    assert article.generator.name == "generator"
    assert article.discriminator.name == "discriminator"


def test_outputs_of_both_networks_are_in_their_ranges(article):
    noise = models.draw_noise(Stream(0, "test"), 3, 100)
    images = article.generator.predict(noise)
    assert images.shape == (3, 28, 28, 1)
    assert images.dtype == np.float32
    assert np.abs(images).max() <= 1
    judged = article.discriminator.predict(images)
    assert judged.shape == (3, 1)
    assert judged.dtype == np.float32
    assert ((judged > 0) & (judged < 1)).all()


def test_one_seed_gives_one_pair_of_networks():
    options = {"generator_filters": (3, 2), "discriminator_filters": (2, 2), "latent_size": 3}
    first, again, other = (models.build("dcgan28", seed, **options) for seed in (1, 1, 2))
    for network in ("generator", "discriminator"):
        a, b, c = (getattr(gan, network).state_dict() for gan in (first, again, other))
        assert all(np.array_equal(a[name], b[name]) for name in a)
        assert not np.array_equal(a["conv2d.kernel"], c["conv2d.kernel"])


def test_both_networks_draw_from_their_own_streams(article):
    g = article.generator.state_dict()["conv2d.kernel"]
    d = article.discriminator.state_dict()["conv2d_1.kernel"]
    assert not np.isin(d.ravel()[:50], g.ravel()).all()


# Other options


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_valid_options_give_the_counts_and_shapes_they_say(data):
    filters = st.lists(st.integers(1, 4), min_size=1, max_size=4)
    generator, discriminator = data.draw(filters), data.draw(filters)
    size = 2 ** len(generator) * data.draw(st.integers(1, 3))
    channels, latent = data.draw(st.sampled_from([1, 3])), data.draw(st.integers(1, 6))
    activation = data.draw(st.sampled_from(list(models.OUTPUT_RANGES)))
    gan = models.build(
        "dcgan28",
        data.draw(st.integers(0, 9)),
        image_size=size,
        channels=channels,
        latent_size=latent,
        generator_filters=generator,
        discriminator_filters=discriminator,
        output_activation=activation,
    )
    expected = expected_counts(size, channels, latent, generator, discriminator)
    assert (counts(gan.generator), counts(gan.discriminator)) == expected
    assert gan.image_shape == gan.discriminator.input_shape == (size, size, channels)
    assert gan.latent_size == latent

    noise = models.draw_noise(Stream(0, "test"), 2, latent, data.draw(st.sampled_from(models.NOISE_KINDS)))
    ctx = Context(training=True, rng=Stream(0, "dropout"))
    images, _ = gan.generator.forward(noise, ctx)
    low, _ = gan.output_range
    assert images.shape == (2, size, size, channels)
    assert images.dtype == np.float32
    assert images.min() >= low
    if activation != "relu":
        assert images.max() <= gan.output_range[1]
    judged, _ = gan.discriminator.forward(images, ctx)
    assert judged.shape == (2, 1)
    assert judged.dtype == np.float32
    assert ((judged >= 0) & (judged <= 1)).all()


@pytest.mark.parametrize(("activation", "value_range"), [("tanh", (-1, 1)), ("sigmoid", (0, 1)), ("relu", (0, 1))])
def test_real_images_are_scaled_to_the_range_of_the_last_activation(activation, value_range):
    gan = models.build("dcgan28", output_activation=activation, generator_filters=(2,), discriminator_filters=(2,))
    assert gan.output_range == value_range


# Refusals


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"image_size": 30},
            "multiple of 4, as 2 generator filters double .* got 30: --image-size 32",
        ),
        ({"image_size": 0}, r"expected a size such as 28 or 28x56 \(height x width\), got 0"),
        (
            {"image_size": 28, "generator_filters": (2, 2, 2)},
            "multiple of 8, as 3 .* got 28: --image-size 32",
        ),
        ({"generator_filters": ()}, "expected one number or more in generator_filters, got none"),
        ({"discriminator_filters": ()}, "expected one number or more in discriminator_filters, got none"),
        ({"generator_filters": (0, 4)}, "at least 1, got 0"),
        ({"discriminator_filters": (4, -1)}, "at least 1, got -1"),
        ({"channels": 0}, "at least 1, got 0"),
        ({"output_activation": "softmax"}, "one of tanh, sigmoid, relu, got 'softmax'"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_what_was_expected(options, message):
    with pytest.raises(ConfigError, match=message):
        models.build("dcgan28", **options)
