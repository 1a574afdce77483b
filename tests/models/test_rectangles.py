"""Images that are no squares: every model that takes a size, every penalty, every way to give classes."""

import inspect

import numpy as np
import pytest

from minigan import data, models, penalties, plots
from minigan.errors import ConfigError
from minigan.layers import Context
from minigan.models.options import option_names
from minigan.optimizers import SGD
from minigan.random import Stream
from minigan.training import Trainer
from minigan.training.options import GameOptions
from tests.loops import loop_over

SMALL = {"latent_size": 3, "generator_filters": (3, 2), "discriminator_filters": (2, 3)}
SIZED = [name for name, builder in models.MODELS.items() if "image_size" in option_names(builder)]
SIZES = [(8, 16), (16, 8), (4, 12), (12, 20), (28, 56)]


def test_three_models_take_a_size():
    assert {"dcgan28", "dcgan64", "wgan-gp28"} <= {*SIZED}


@loop_over(name=SIZED)
@loop_over(size=SIZES)
def test_both_networks_take_the_size_as_height_and_width(name, size):
    gan = models.build(name, image_size=size, **SMALL)
    channels = inspect.signature(models.MODELS[name]).parameters["channels"].default
    assert gan.image_shape == gan.discriminator.input_shape == (*size, channels)
    images, _ = gan.generator.forward(np.ones((2, 3), np.float32), Context(training=True, rng=Stream(0, "a")))
    assert images.shape == (2, *size, channels)
    assert gan.discriminator.predict(images).shape == (2, 1)


@loop_over(name=SIZED)
def test_a_square_is_the_same_as_one_number(name):
    pair, number = (models.build(name, image_size=size, **SMALL) for size in ((8, 8), 8))
    for one, other in ((pair.generator, number.generator), (pair.discriminator, number.discriminator)):
        np.testing.assert_array_equal(one.flat_data, other.flat_data)


@pytest.mark.parametrize("size", SIZES)
def test_a_generator_turned_on_its_side_has_as_many_weights(size):
    wide, high = (models.build("dcgan28", image_size=shape, **SMALL) for shape in (size, size[::-1]))
    assert wide.generator.flat_data.size == high.generator.flat_data.size
    assert wide.discriminator.flat_data.size == high.discriminator.flat_data.size


@pytest.mark.parametrize("name", SIZED)
def test_sides_that_the_filters_cannot_make_are_refused_with_those_they_can(name):
    for size, words in (
        ((8, 10), r"height and width that are multiples of 4, .* got 8x10: --image-size 8x12"),
        ((10, 8), r"got 10x8: --image-size 12x8"),
        (10, r"a size that is a multiple of 4, .* got 10: --image-size 12"),
        (1, r"got 1: --image-size 4"),
    ):
        with pytest.raises(ConfigError, match=words):
            models.build(name, image_size=size, **SMALL)
    for size in (0, (8, 0), (8, 8, 8), 8.0, "wide", True, (8,)):
        with pytest.raises(ConfigError, match=r"--image-size: expected a size such as 28 or 28x56"):
            models.build(name, image_size=size, **SMALL)


# Training


def wide_data(size: tuple[int, int], channels: int) -> data.Dataset:
    rng = np.random.default_rng(0)
    return data.Dataset(rng.integers(0, 256, (24, *size, channels), dtype=np.uint8), np.arange(24) % 3, name="wide")


@pytest.mark.parametrize("penalty", penalties.PENALTIES)
def test_every_penalty_works_on_rectangles(penalty):
    gan = models.build("wgan-gp28", image_size=(8, 12), **SMALL)
    options = GameOptions(penalties.get(penalty))
    trainer = Trainer(gan, wide_data((8, 12), 1), loss="wasserstein", options=options, batch_size=8)
    events = [event for event in trainer.train(steps=2) if hasattr(event, "d_loss")]
    assert all(np.isfinite([event.d_loss, event.g_loss]).all() for event in events)


@pytest.mark.parametrize("conditioning", models.CONDITIONINGS)
@pytest.mark.parametrize("size", [(8, 12), (12, 8)])
def test_classes_work_on_rectangles(conditioning, size):
    gan = models.build("dcgan28", image_size=size, classes=3, conditioning=conditioning, **SMALL)
    trainer = Trainer(gan, wide_data(size, 1), batch_size=8, g_optimizer=SGD(0.1), d_optimizer=SGD(0.1))
    before = gan.generator.flat_data.copy()
    assert len(list(trainer.train(steps=3))) == 4  # with the end of an epoch
    assert not np.array_equal(gan.generator.flat_data, before)


# Pictures


@pytest.mark.parametrize("size", [(8, 12), (12, 8), (28, 56), (200, 20)])
def test_every_picture_of_images_takes_rectangles(size, tmp_path):
    images = np.random.default_rng(0).random((6, *size, 3))
    plots.save_grid(tmp_path / "grid.png", images, (0, 1), columns=3)
    plots.save_neighbours(tmp_path / "near.png", images, images[:2], (0, 1))
    plots.save_walk(tmp_path / "walk.png", images.reshape(2, 3, *size, 3), (0, 1), "linear")
    plots.save_classes(tmp_path / "classes.png", images.reshape(2, 3, *size, 3), (0, 1), ["cats", "dogs"])
    from PIL import Image

    with Image.open(tmp_path / "grid.png") as grid:
        height, width = 2 * (2 * (size[0] + 2) + 2), 2 * (3 * (size[1] + 2) + 2)
        assert (grid.height, grid.width) == (height, width)


# Options that a model does not take


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("gan2014-mnist", {"image_size": 32}, "makes images of 28x28, got --image-size 32: leave it out, or choose"),
        ("gan2014-mnist", {"image_size": (28, 56)}, "got --image-size 28x56"),
        ("gan2014-mnist", {"channels": 3}, "makes images of channels 1, got --channels 3: leave it out, or choose"),
        (
            "mlp2d",
            {"image_size": 28},
            "mlp2d makes points, which have no image size: leave it out, or choose --model d",
        ),
        ("mlp1d", {"channels": 1}, "mlp1d makes points, which have no channels"),
        ("mlp2d", {"generator_filters": (4,)}, "mlp2d does not take --generator-filters: leave it out, or choose"),
        (
            "dcgan64",
            {"output_activation": "relu"},
            "dcgan64 does not take --output-activation: leave it out",
        ),
        (
            "wgan-gp28",
            {"classes": 3},
            "wgan-gp28 does not take --classes: leave --conditional out, or choose --model d",
        ),
        ("dcgan64", {"conditioning": "projection"}, "does not take --conditioning: leave --conditional out"),
        ("dcgan28", {"wide": 3}, "dcgan28 does not take --wide: expected one of latent_size, image_size"),
    ],
)
def test_an_option_that_a_model_does_not_take_is_refused_by_its_flag(name, options, words):
    units = {"generator_units": (4,), "discriminator_units": (4,)} if name.startswith(("gan", "mlp")) else {}
    with pytest.raises(ConfigError, match=words) as caught:
        models.build(name, **units, **options)
    assert "keyword" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name in models.MODELS if name not in SIZED and name.startswith("gan")])
def test_the_size_that_a_model_has_anyway_may_be_stated(name):
    small = {"latent_size": 3, "generator_units": (4,), "discriminator_units": (4,)}
    if name == "gan2014-cifar10-conv":
        small = {
            "generator_units": 4,
            "generator_maps": 2,
            "discriminator_filters": (1, 2, 2),
            "discriminator_units": 2,
        }
    shape = models.build(name, **small).image_shape
    assert models.build(name, image_size=shape[0], channels=shape[2], **small).image_shape == shape
    assert models.build(name, image_size=shape[:2], **small).image_shape == shape
