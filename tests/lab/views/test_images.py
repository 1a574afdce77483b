"""The views of images: samples as ``minigan sample`` makes them, walks between them, and the nearest training image."""

import numpy as np
import pytest

from minigan.errors import ConfigError
from minigan.lab.views.outputs import noise_of
from minigan.plots.pixels import to_pixels
from minigan.training.averaging import MovingAverage
from tests.lab.views.sessions import everything, images_session
from tests.loops import loop_over


@pytest.fixture(scope="module")
def session():
    return images_session(noise="normal")


def same_pixels(one: np.ndarray, other: np.ndarray) -> bool:
    """Equal but for the rounding of a product of another size."""
    return one.shape == other.shape and abs(one.astype(int) - other.astype(int)).max() <= 1


def test_samples_are_made_in_inference_mode_and_the_same_whatever_their_number(session):
    few, many = session.view("samples", {"count": 3}), session.view("samples", {"count": 10})
    assert many["images"].shape == (10, 8, 8, 1)
    assert many["images"].dtype == np.uint8
    # In training mode BatchNorm would mix the samples.
    assert same_pixels(few["images"], many["images"][:3])
    np.testing.assert_allclose(few["d"], many["d"][:3], rtol=1e-4)


def test_samples_are_those_of_the_averaged_weights_where_there_is_an_average():
    session = images_session()
    trainer = session.trainer
    trainer.average = MovingAverage(trainer.gan.generator, 0.5)
    trainer.average.update()
    trainer.average.values *= 4
    session.d_step()
    before = everything(session)
    shown = session.view("samples", {"count": 4})["images"]
    assert everything(session) == before
    own = to_pixels(trainer.gan.generator.predict(noise_of(session, 4)), (-1, 1))
    with trainer.average.applied() as averaged:
        expected = to_pixels(averaged.predict(noise_of(session, 4)), (-1, 1))
    assert same_pixels(shown, expected)
    assert not same_pixels(shown, own)


def test_d_of_a_sample_is_what_d_predicts(session):
    noise_alone = {"noise": [0.5] * 5}
    shown = session.view("walk", noise_alone)
    gan = session.trainer.gan
    image = gan.generator.predict(np.full((1, 5), 0.5, np.float32))
    np.testing.assert_array_equal(shown["image"], to_pixels(image, (-1, 1))[0])
    assert shown["d"] == pytest.approx(float(gan.discriminator.predict(image)[0, 0]), rel=1e-5)


@loop_over(noise=["normal", "uniform"])
def test_a_walk_begins_and_ends_at_the_two_samples(noise):
    session = images_session(noise=noise)
    images = session.view("samples")["images"]
    for t, index in ((0, 3), (1, 7)):
        assert same_pixels(session.view("walk", {"first": 3, "second": 7, "t": t})["image"], images[index])
    halfway = session.view("walk", {"first": 3, "second": 7, "t": 0.5})["image"]
    assert not same_pixels(halfway, images[3])


def test_a_walk_refuses_places_and_noise_that_are_none(session):
    for t in (-0.1, 1.1, "0.5", None, float("nan"), True):
        with pytest.raises(ConfigError, match="t"):
            session.view("walk", {"t": t})
    for noise in ([0.0] * 4, [0.0] * 6, "12345", ["0"] * 5, [float("nan")] * 5, [1e9] * 5, [[0.0]] * 5, {"0": 1.0}):
        with pytest.raises(ConfigError, match="noise"):
            session.view("walk", {"noise": noise})


def test_the_nearest_training_image_is_the_nearest_of_all(session):
    data = session.trainer.data
    pixels = data.images.reshape(len(data), -1) / 255
    for index in (0, 5, 99):
        shown = session.view("nearest", {"index": index})
        sample = session.view("samples", {"count": 100})["images"][index]
        assert same_pixels(shown["sample"], sample)
        distances = np.linalg.norm(pixels - sample.ravel() / 255, axis=1)
        assert shown["distance"] == pytest.approx(distances.min(), abs=0.02)
        assert distances[shown["place"]] == pytest.approx(distances.min(), abs=0.02)
        np.testing.assert_array_equal(shown["image"], data.images[shown["place"]])


def test_the_usual_distance_is_that_of_training_images_to_their_nearest_neighbours(session):
    data = session.trainer.data
    pixels = data.images.reshape(len(data), -1)[:1000] / 255.0
    squares = (pixels**2).sum(axis=1)
    between = squares[:, np.newaxis] - 2 * pixels @ pixels.T + squares
    np.fill_diagonal(between, np.inf)
    usual = session.view("nearest")["usual"]
    # Among five times as many, the nearest is a little closer.
    assert 0.75 < usual / float(np.median(np.sqrt(between.min(axis=1)))) < 1


def test_a_copy_of_a_training_image_is_found_at_no_distance(session, monkeypatch):
    copy = session.trainer.data.batch([150], (-1.0, 1.0))
    monkeypatch.setattr(session.trainer.gan.generator, "predict", lambda *_: copy)
    shown = session.view("nearest")
    assert shown["place"] == 150
    assert shown["distance"] == 0
