"""The DCGAN paper's networks."""

import numpy as np
import pytest

from minigan import models
from minigan.errors import ConfigError
from minigan.layers import Context, Conv2D, Conv2DTranspose
from minigan.random import Stream
from tests.models.counting import counts, outline

SMALL = {"generator_filters": (4, 3), "discriminator_filters": (2, 5)}


def expected_counts(latent, channels, generator, discriminator) -> tuple[tuple[int, int], tuple[int, int]]:
    """Weights without biases; 2 learned and 2 moving values a BatchNorm channel."""
    g = latent * 16 * generator[0] + 2 * sum(generator)
    g += sum(25 * a * b for a, b in zip(generator, (*generator[1:], channels)))
    d = sum(25 * a * b for a, b in zip((channels, *discriminator), discriminator))
    d += 2 * sum(discriminator[1:]) + 16 * discriminator[-1]
    return (g, 2 * sum(generator)), (d, 2 * sum(discriminator[1:]))


@pytest.mark.slow
def test_the_default_has_the_paper_s_maps_and_counts():
    gan = models.build("dcgan64")
    maps = [shape for kind, shape in outline(gan.generator) if kind in ("Reshape", "Conv2DTranspose")]
    assert maps == [(4, 4, 1024), (8, 8, 512), (16, 16, 256), (32, 32, 128), (64, 64, 3)]
    maps = [shape for kind, shape in outline(gan.discriminator) if kind == "Conv2D"]
    assert maps == [(32, 32, 128), (16, 16, 256), (8, 8, 512), (4, 4, 1024)]
    expected = expected_counts(100, 3, (1024, 512, 256, 128), (128, 256, 512, 1024))
    assert (counts(gan.generator), counts(gan.discriminator)) == expected
    assert expected == ((18_855_040, 3840), (17_232_768, 3584))


@pytest.mark.parametrize("channels", [1, 3])
def test_other_sizes_have_the_counts_and_shapes_they_say(channels):
    gan = models.build("dcgan64", channels=channels, latent_size=7, **SMALL)
    expected = expected_counts(7, channels, (4, 3), (2, 5))
    assert (counts(gan.generator), counts(gan.discriminator)) == expected
    assert gan.image_shape == gan.discriminator.input_shape == (16, 16, channels)
    images, _ = gan.generator.forward(
        models.draw_noise(Stream(0, "test"), 3, 7), Context(training=True, rng=Stream(0, "dropout"))
    )
    judged = gan.discriminator.predict(images)
    assert images.dtype == judged.dtype == np.float32
    assert abs(images).max() <= 1
    assert gan.output_range == (-1.0, 1.0)
    assert ((judged > 0) & (judged < 1)).all()


def test_weights_begin_small_and_there_are_no_biases():
    gan = models.build("dcgan64", generator_filters=(32, 32), discriminator_filters=(32, 32))
    for network in (gan.generator, gan.discriminator):
        kernels = [p.data for name, p in network.parameters().items() if name.endswith("kernel")]
        assert all(kernel.std() == pytest.approx(0.02, rel=0.2) for kernel in kernels)
        assert not [name for name in network.parameters() if name.endswith("bias")]


def test_the_transposed_convolution_is_the_adjoint_of_the_one_that_halves():
    gan = models.build("dcgan64", **SMALL)
    up = next(layer for layer in gan.generator if isinstance(layer, Conv2DTranspose))
    down = next(layer for layer in gan.discriminator if isinstance(layer, Conv2D))
    assert up.windows == down.windows
    assert up.output_shape[0] == 2 * up.input_shape[0]
    assert down.input_shape[0] == 2 * down.output_shape[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"generator_filters": (4,)}, "as many .* at least one, got 1 and 2"),
        ({"generator_filters": (), "discriminator_filters": ()}, "as many .* at least one, got 0 and 0"),
        ({"channels": 0}, "at least 1, got 0"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_what_was_expected(options, message):
    with pytest.raises(ConfigError, match=message):
        models.build("dcgan64", **{**SMALL, **options})
