"""Real images that are mirrored at random: about half of them, each time anew, and nothing else changes."""

from contextlib import nullcontext

import numpy as np
import pytest

from minigan import backend, models
from minigan.backend import asnumpy
from minigan.data import Dataset, Points
from minigan.errors import ConfigError
from minigan.random import Stream
from minigan.training import Trainer
from minigan.training.batches import RealBatches, mirrored
from tests.devices.strict import strict_backend

#: Images whose left and right columns say which they are and on which side.
COUNT = 40
PIXELS = np.zeros((COUNT, 3, 5, 1), np.uint8)
PIXELS[:, :, 0, 0] = 5 * np.arange(COUNT)[:, np.newaxis] + 1


def batches(flips: Stream | None, size: int = 8) -> RealBatches:
    data = Dataset(PIXELS, np.arange(COUNT) % 7, name="arrows")
    return RealBatches(data, size, None, True, Stream(0, "shuffle"), flips)


@pytest.mark.parametrize("place", [nullcontext, strict_backend])
def test_mirrored_exchanges_left_and_right_of_the_chosen_ones(place):
    pixels = np.arange(2 * 2 * 3 * 1, dtype=np.float32).reshape(2, 2, 3, 1)
    with place():
        once = asnumpy(mirrored(backend.asarray(pixels), backend.asarray(np.array([True, False]))))
    np.testing.assert_array_equal(once[0, :, :, 0], [[2, 1, 0], [5, 4, 3]])
    np.testing.assert_array_equal(once[1], pixels[1])


def test_about_half_are_mirrored_and_each_image_now_and_then():
    drawn = batches(Stream(0, "flips"))
    flipped, images = np.zeros(COUNT), 0
    for _ in range(500):
        batch, labels = next(drawn)
        left, right = batch[:, 0, 0, 0], batch[:, 0, -1, 0]
        assert ((left > 0) != (right > 0)).all()
        number = (np.maximum(left, right).astype(int) - 1) // 5
        np.testing.assert_array_equal(labels, number % 7)  # an image keeps its class
        np.add.at(flipped, number, right > 0)
        images += len(batch)
    assert abs(flipped.sum() / images - 0.5) < 4 * 0.5 / images**0.5
    assert (flipped > 30).all()  # of 100 times
    assert (flipped < 70).all()


def test_the_order_and_the_images_are_those_without_flips():
    plain, flipped = batches(None), batches(Stream(0, "flips"))
    for _ in range(12):
        (one, labels), (other, others) = next(plain), next(flipped)
        np.testing.assert_array_equal(labels, others)
        np.testing.assert_array_equal(np.sort(one, axis=2), np.sort(other, axis=2))


@pytest.mark.parametrize("size", [1, 3, 40])
def test_batches_of_any_size_are_drawn_from_the_stream_of_flips_alone(size):
    drawn = batches(Stream(0, "flips"), size)
    before = drawn.flips.state
    next(drawn)
    assert drawn.flips.state != before
    again = batches(Stream(0, "flips"), size)
    np.testing.assert_array_equal(next(again)[0], next(batches(Stream(0, "flips"), size))[0])


def test_a_trainer_without_flips_draws_as_before_and_with_them_otherwise():
    small = {"image_size": 8, "latent_size": 5, "generator_filters": (4, 4), "discriminator_filters": (4, 4)}
    pixels = np.random.default_rng(0).integers(0, 256, (24, 8, 8), dtype=np.uint8)
    weights = {}
    for flip in (False, True):
        trainer = Trainer(models.build("dcgan28", **small), Dataset(pixels, name="tiny"), batch_size=8, flip=flip)
        assert (trainer.batches.flips is not None) == flip
        list(trainer.train(steps=4))
        weights[flip] = trainer.gan.generator.flat_data.copy()
    assert not np.array_equal(weights[False], weights[True])


def test_points_have_no_left_and_right():
    points = Points(np.zeros((64, 2)), name="cloud")
    with pytest.raises(ConfigError, match="--flip mirrors images, and cloud has points"):
        Trainer(models.build("mlp2d"), points, batch_size=8, flip=True)
