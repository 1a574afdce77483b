"""The digit classifier: its loss, its file, how well it reads, and its training."""

import hashlib
from importlib import resources

import numpy as np
import pytest

from minigan import backend, data
from minigan.errors import CheckpointError, ConfigError, DataError, ShapeError
from minigan.metrics import DigitClassifier, FrechetDigits, classifier, digit_classifier, digit_features
from minigan.metrics import softmax_crossentropy as cross_entropy
from minigan.metrics.train_classifier import batches, main, random_shifts, train
from minigan.random import Stream


@pytest.fixture(scope="module")
def digits():
    return data.load("digits")


# The loss


def test_the_cross_entropy_is_minus_the_log_probability_of_the_label():
    z, labels = np.random.default_rng(0).standard_normal((6, 4)), np.array([0, 3, 1, 1, 2, 0])
    shares = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    assert float(cross_entropy(z, labels)[0]) == pytest.approx(-np.log(shares[np.arange(6), labels]).mean(), rel=1e-14)


def test_its_gradient_equals_central_differences():
    z, labels = np.random.default_rng(1).standard_normal((5, 4)), np.array([0, 3, 1, 1, 2])
    _, dz = cross_entropy(z, labels)
    numeric = np.empty_like(z)
    for place in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[place] = 1e-6
        numeric[place] = (cross_entropy(z + step, labels)[0] - cross_entropy(z - step, labels)[0]) / 2e-6
    np.testing.assert_allclose(dz, numeric, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(dz.sum(axis=1), 0, atol=1e-15)


def test_large_scores_do_not_overflow_and_float32_stays():
    z = np.array([[1e4, -1e4], [-1e4, 1e4]], np.float32)
    loss, dz = cross_entropy(z, np.array([0, 0]))
    assert float(loss) == 1e4
    assert dz.tolist() == [[0, 0], [-0.5, 0.5]]
    assert loss.dtype == dz.dtype == np.float32


def test_labels_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"expected scores \(N, K\) and labels \(N,\), got \(3, 2\) and \(2,\)"):
        cross_entropy(np.zeros((3, 2)), np.array([0, 1]))


# The trained network


def test_the_file_is_the_one_that_the_documentation_states():
    content = resources.files("minigan.metrics").joinpath(classifier.FILE).read_bytes()
    assert hashlib.sha256(content).hexdigest() == classifier.SHA256
    assert len(content) < 300_000


def test_it_reads_the_embedded_digits(digits):
    # It has learnt them among the 60,000: not a measure of how it reads digits that it has not seen.
    assert digit_classifier().accuracy(digits.batch(slice(None)), digits.labels) == pytest.approx(0.9958, abs=0.0005)


@pytest.mark.slow
def test_it_reads_digits_that_it_has_not_seen():
    try:
        test = data.load("mnist", split="test")
    except DataError as error:
        pytest.skip(f"MNIST cannot be had: {error}")
    # 9,945 of 10,000, give or take one that rounding decides.
    assert digit_classifier().accuracy(test.batch(slice(None)), test.labels) == pytest.approx(0.9945, abs=0.0002)


def test_a_shift_by_one_pixel_keeps_the_class(digits):
    images = np.roll(digits.batch(slice(0, 500)), (1, -1), axis=(1, 2))
    assert digit_classifier().accuracy(images, digits.labels[:500]) > 0.98


def test_it_is_read_once_for_a_backend():
    assert digit_classifier() is digit_classifier()


def test_a_file_with_another_checksum_is_refused(monkeypatch):
    monkeypatch.setattr(classifier, "SHA256", "0" * 64)
    with pytest.raises(CheckpointError, match=r"digit classifier: .* is damaged .*: reinstall minigan"):
        classifier._shipped.__wrapped__(backend.name())


def test_none_of_the_64_features_is_always_zero(digits):
    features = digit_features(digits.images[:1000], (0, 255))
    assert (features.shape, features.dtype) == ((1000, 64), np.float32)
    assert (features >= 0).all()
    assert (features.std(axis=0) > 0).all()


def test_features_do_not_depend_on_the_range_of_the_images(digits):
    images = digits.images[:50]
    expected = digit_classifier().features(digits.batch(slice(0, 50)))
    for low, high in ((0, 255), (0, 1), (-3, 5)):
        scaled = (images / 255 * (high - low) + low).astype(np.float32)
        np.testing.assert_allclose(digit_features(scaled, (low, high)), expected, atol=1e-3)


def test_values_outside_the_range_are_clipped(digits):
    images = digits.batch(slice(0, 20))
    assert (digit_features(images * 1.5, (-1, 1)) == digit_features(np.clip(images * 1.5, -1, 1), (-1, 1))).all()


def test_images_of_another_shape_are_refused():
    with pytest.raises(ShapeError, match=r"expected digits \(N, 28, 28, 1\), got \(5, 32, 32, 1\)"):
        digit_classifier().features(np.zeros((5, 32, 32, 1), np.float32))


# Its training


def test_it_learns(digits):
    some = data.Dataset(digits.images[:256], digits.labels[:256])
    images, rng = some.batch(slice(None)), Stream(0, "dropout")
    assert DigitClassifier().add_gradients(images, some.labels, rng) > 2
    assert train(some, epochs=12).add_gradients(images, some.labels, rng) < 1


def test_one_command_gives_one_file(tmp_path, monkeypatch, digits, capsys):
    np.savez(tmp_path / "some.npz", images=digits.images[:256], labels=digits.labels[:256])
    whole = data.load
    monkeypatch.setattr(data, "load", lambda name, split, **wanted: whole(name, **wanted))
    for name in ("a.npz", "b.npz"):
        arguments = ["--data", str(tmp_path / "some.npz"), "--epochs", "1", "--out", str(tmp_path / name)]
        monkeypatch.setattr("sys.argv", ["train_classifier", *arguments])
        main()
    first, second = ((tmp_path / name).read_bytes() for name in ("a.npz", "b.npz"))
    assert first == second
    out = capsys.readouterr().out
    assert f"sha256 {hashlib.sha256(first).hexdigest()}\n" in out
    assert "train: " in out
    again = DigitClassifier.load(tmp_path / "a.npz")
    for name, weights in again.state_dict().items():
        assert (weights == np.load(tmp_path / "a.npz")[name]).all()


def test_images_without_labels_are_refused(digits):
    with pytest.raises(DataError, match="expected images with labels to learn from, got none in images"):
        train(data.Dataset(digits.images[:200]), epochs=1)


def test_every_epoch_has_its_own_order():
    first, second = np.array(list(batches(300, 2, seed=0))).reshape(2, -1)
    assert len(set(first)) == len(first) == 256
    assert first.tolist() != second.tolist()


def test_each_image_gets_its_own_shift():
    images = np.full((200, 9, 9, 1), -1, np.float32)
    images[:, 4, 4] = np.arange(1, 201)[:, np.newaxis]
    moved = random_shifts(images, Stream(0, "shifts"))
    assert moved.shape == images.shape
    numbers, rows, columns, _ = np.nonzero(moved > 0)
    assert (moved.max(axis=(1, 2, 3)) == np.arange(1, 201)).all()
    assert len(numbers) == 200
    for places in (rows, columns):
        assert set(places) == {2, 3, 4, 5, 6}
    assert len(set(zip(rows, columns))) == 25
    # What comes in from the side is ground.
    assert ((moved == -1) | (moved > 0)).all()


# The Fréchet distance of digits


def test_the_floor_is_far_below_what_a_bad_generator_gets(digits):
    frechet = FrechetDigits(digits, count=1000)
    assert frechet.count == 1000
    assert frechet.floor > 0
    # Ones alone, and blurred digits.
    ones = digits.images[digits.labels == 1]
    assert frechet(np.concatenate([ones, ones]), (0, 255)) > 10 * frechet.floor
    images = digits.images[:1000] / 255
    blurred = sum(np.roll(images, shift, axis=(1, 2)) for shift in ((0, 0), (0, 2), (2, 0), (2, 2))) / 4
    assert frechet(blurred, (0, 1)) > 3 * frechet.floor


def test_real_images_get_about_the_floor(digits):
    frechet = FrechetDigits(digits, count=1000, seed=1)
    assert frechet(digits.images[4000:], (0, 255)) < 2 * frechet.floor


def test_half_of_the_data_is_the_most_there_is_to_compare(digits):
    assert FrechetDigits(digits, count=10_000).count == 2500


def test_digits_that_cannot_be_compared_are_refused(digits):
    frechet = FrechetDigits(digits, count=100)
    with pytest.raises(ShapeError, match="expected 100 images, as many as real ones, got 99"):
        frechet(digits.images[:99], (0, 255))
    with pytest.raises(ShapeError, match=r"expected digits of \(28, 28, 1\), got \(8, 8, 1\) in tiny"):
        FrechetDigits(data.Dataset(np.zeros((9, 8, 8), np.uint8), name="tiny"))
    with pytest.raises(ConfigError, match="expected at least 2 images, and twice as many in two, got 1"):
        FrechetDigits(data.Dataset(digits.images[:2], name="two"))
