"""The four of the 2014 paper: what the published settings say of layers, counts and initial values."""

import numpy as np
import pytest

from minigan import models
from minigan.errors import ConfigError, ShapeError
from minigan.layers import Dropout, MaxPooling2D, Sigmoid
from minigan.models.gan2014_initial import sparse
from minigan.random import Stream
from tests.models.counting import counts, dense, maxout, outline

#: Small networks of each kind, with options that shrink what can be shrunk.
SMALL = {
    "gan2014-mnist": {"generator_units": (6, 5), "discriminator_units": (4, 3), "pieces": 2},
    "gan2014-tfd": {"generator_units": (6, 5), "discriminator_units": (4, 3), "pieces": 2},
    "gan2014-cifar10": {"generator_units": (6, 5), "discriminator_units": (4, 3), "pieces": 2},
    "gan2014-cifar10-conv": {
        "generator_units": 6,
        "generator_maps": 2,
        "discriminator_filters": (2, 3, 4),
        "discriminator_units": 3,
    },
}
SHAPES = {
    "gan2014-mnist": (28, 28, 1),
    "gan2014-tfd": (48, 48, 1),
    "gan2014-cifar10": (32, 32, 3),
    "gan2014-cifar10-conv": (32, 32, 3),
}
every_model = pytest.mark.parametrize("name", SMALL)


@pytest.fixture(scope="module")
def mnist() -> models.GAN:
    return models.build("gan2014-mnist")


def test_mnist_has_the_paper_s_layers(mnist):
    assert outline(mnist.generator) == [
        ("Dense", (1200,)),
        ("Dense", (1200,)),
        ("Dense", (784,)),
        ("Reshape", (28, 28, 1)),
    ]
    assert [type(layer.activation).__name__ for layer in mnist.generator[:3]] == ["ReLU", "ReLU", "Sigmoid"]
    assert outline(mnist.discriminator) == [
        ("Flatten", (784,)),
        ("Dropout", (784,)),
        ("Maxout", (240,)),
        ("Dropout", (240,)),
        ("Maxout", (240,)),
        ("Dropout", (240,)),
        ("Dense", (1,)),
    ]
    rates = [layer.rate for layer in mnist.discriminator if isinstance(layer, Dropout)]
    assert rates == [0.2, 0.5, 0.5]
    assert mnist.discriminator["maxout"].pieces == mnist.discriminator["maxout_1"].pieces == 5
    assert isinstance(mnist.discriminator[-1].activation, Sigmoid)


def test_mnist_has_the_paper_s_counts(mnist):
    assert counts(mnist.generator) == (dense(100, 1200, 1200, 784), 0) == (2_503_984, 0)
    assert counts(mnist.discriminator) == (maxout(784, 240, 240), 0) == (1_231_441, 0)


def test_mnist_begins_as_published(mnist):
    for network, limit in ((mnist.generator, 0.05), (mnist.discriminator, 0.005)):
        for name, parameter in network.parameters().items():
            if name.endswith("bias"):
                assert not parameter.data.any()
            else:
                assert 0.99 * limit < abs(parameter.data).max() <= limit or parameter.data.size < 1000
                assert abs(parameter.data).max() <= limit


def test_mnist_images_are_grey_values_and_d_s_outputs_near_a_half_at_first(mnist):
    images = mnist.generator.predict(models.draw_noise(Stream(0, "test"), 3, 100))
    assert images.shape == (3, 28, 28, 1)
    assert 0 < images.min() < images.max() < 1
    assert mnist.output_range == (0.0, 1.0)
    assert mnist.discriminator.predict(images) == pytest.approx(0.5, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "generator", "discriminator"),
    [
        ("gan2014-tfd", 83_250_304, 21_037_201),
        ("gan2014-cifar10", 89_395_072, 37_393_601),
    ],
)
def test_the_large_ones_have_the_published_counts(name, generator, discriminator):
    gan = models.build(name)
    assert counts(gan.generator) == (generator, 0)
    assert counts(gan.discriminator) == (discriminator, 0)


@pytest.mark.slow
def test_the_convolutional_one_has_the_published_maps_and_counts():
    gan = models.build("gan2014-cifar10-conv")
    assert outline(gan.generator)[-2:] == [("Reshape", (10, 10, 80)), ("Conv2DTranspose", (32, 32, 3))]
    maps = [shape for kind, shape in outline(gan.discriminator) if kind in ("ChannelMax", "MaxPooling2D")]
    # The file's partial_sum, 33 and 15, divides the height of the first two maps of its convolutions.
    assert maps == [(33, 33, 32), (16, 16, 32), (15, 15, 32), (7, 7, 32), (9, 9, 192), (5, 5, 192)]
    assert counts(gan.generator) == (dense(100, 8000, 8000) + 5 * 5 * 3 * 80 + 3, 0) == (64_822_003, 0)
    convolutions = (8 * 8 * 3 + 1) * 64 + (8 * 8 * 32 + 1) * 64 + (5 * 5 * 32 + 1) * 384
    assert counts(gan.discriminator) == (convolutions + maxout(4800, 500), 0) == (12_454_073, 0)


@every_model
def test_other_sizes_have_the_counts_they_say(name):
    gan = models.build(name, **SMALL[name], latent_size=7)
    if name == "gan2014-cifar10-conv":
        expected = dense(7, 6, 200) + 5 * 5 * 3 * 2 + 3
        features = (8 * 8 * 3 + 1) * 4 + (8 * 8 * 2 + 1) * 6 + (5 * 5 * 3 + 1) * 8 + maxout(5 * 5 * 4, 3)
    else:
        size = int(np.prod(SHAPES[name]))
        expected, features = dense(7, 6, 5, size), maxout(size, 4, 3, pieces=2)
    assert counts(gan.generator) == (expected, 0)
    assert counts(gan.discriminator) == (features, 0)


@every_model
def test_names_shapes_and_ranges(name):
    gan = models.build(name, **SMALL[name])
    assert gan.name == name
    assert gan.image_shape == gan.discriminator.input_shape == SHAPES[name]
    assert gan.latent_size == 100
    assert gan.output_range == ((-1.0, 1.0) if "cifar10" in name else (0.0, 1.0))
    images = gan.generator.predict(models.draw_noise(Stream(0, "test"), 2, 100, "normal"))
    judged = gan.discriminator.predict(images)
    assert images.shape == (2, *SHAPES[name])
    assert images.dtype == judged.dtype == np.float32
    assert ((judged > 0) & (judged < 1)).all()


def test_cifar10_images_can_leave_their_range():
    """Their end is linear."""
    gan = models.build("gan2014-cifar10", **SMALL["gan2014-cifar10"])
    gan.generator.flat_data *= 20
    assert abs(gan.generator.predict(models.draw_noise(Stream(0, "test"), 8, 100, "normal"))).max() > 1


def test_pooling_reaches_over_the_edge():
    gan = models.build("gan2014-cifar10-conv", **SMALL["gan2014-cifar10-conv"])
    pools = [layer for layer in gan.discriminator if isinstance(layer, MaxPooling2D)]
    assert [(layer.input_shape[0], layer.output_shape[0]) for layer in pools] == [(33, 16), (15, 7), (9, 5)]


def test_the_faces_generator_begins_sparse_and_with_few_hidden_units_on():
    gan = models.build("gan2014-tfd", generator_units=(30, 200), discriminator_units=(2, 2))
    hidden, last = gan.generator["dense_1"], gan.generator["dense_2"]
    assert (hidden.bias.data == -2).all()
    assert ((last.kernel.data != 0).sum(axis=0) == 100).all()
    assert last.kernel.data[last.kernel.data != 0].std() == pytest.approx(1, abs=0.01)
    # Not the same inputs for each pixel.
    assert (last.kernel.data != 0).any(axis=1).all()


def test_a_sparse_kernel_of_few_inputs_is_full():
    assert sparse(100)((3, 2), Stream(0), np.float64).all()


def test_the_generator_can_begin_with_the_mean_image():
    gan = models.build("gan2014-mnist", **SMALL["gan2014-mnist"])
    mean = np.random.default_rng(0).uniform(0, 1, (28, 28, 1)).astype(np.float32)
    mean[0, 0], mean[0, 1] = 0, 1
    gan.generator["dense_2"].kernel.data[...] = 0
    _, cache = gan.generator.forward(np.zeros((1, 100), np.float32))
    models.bias_from_marginals(gan, mean)
    image = gan.generator.predict(np.zeros((1, 100), np.float32))[0]
    np.testing.assert_allclose(image, mean, atol=1e-6)
    assert gan.generator.flat_data.dtype == np.float32
    with pytest.raises(Exception, match="run forward again"):
        gan.generator.backward(image[None], cache)


def test_a_mean_that_does_not_fit_is_refused():
    gan = models.build("gan2014-mnist", **SMALL["gan2014-mnist"])
    with pytest.raises(ShapeError, match=r"expected the mean image \(28, 28, 1\), got \(784,\)"):
        models.bias_from_marginals(gan, np.zeros(784, np.float32))
    other = models.build("gan2014-cifar10-conv", **SMALL["gan2014-cifar10-conv"])
    with pytest.raises(ConfigError, match="expected a generator that ends with Dense and Reshape"):
        models.bias_from_marginals(other, np.zeros((32, 32, 3), np.float32))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("gan2014-mnist", {"latent_size": 0}, "latent_size to be at least 1, got 0"),
        ("gan2014-mnist", {"pieces": 0}, "pieces .* at least 1, got 0"),
        ("gan2014-mnist", {"discriminator_units": ()}, "one number or more in discriminator_units, got none"),
        ("gan2014-tfd", {"generator_units": ()}, "one number or more in generator_units, got none"),
        ("gan2014-cifar10-conv", {"discriminator_filters": (2, 2)}, r"three numbers .* got \(2, 2\)"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_what_was_expected(name, options, message):
    with pytest.raises(ConfigError, match=message):
        models.build(name, **{**SMALL[name], **options})
