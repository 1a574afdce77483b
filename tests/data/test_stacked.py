"""Stacked digits: three digits an image, one a channel, 1,000 kinds."""

import numpy as np
import pytest

from minigan import data
from minigan.data import Dataset, stacked


@pytest.fixture
def digits() -> Dataset:
    """Twenty images of 2x3, each of one value that tells its place; labels 0 to 9 twice."""
    images = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones((2, 3), np.uint8)
    return Dataset(images, np.tile(np.arange(10, dtype=np.uint8), 2), name="small")


def test_each_channel_is_a_digit_and_the_label_names_all_three(digits):
    stack = stacked.stack(digits, 500)
    assert (stack.shape, len(stack), stack.images.dtype) == ((2, 3, 3), 500, np.uint8)
    assert (stack.images == stack.images[:, :1, :1]).all()
    a, b, c = (stack.images[:, 0, 0, :].astype(int) % 10).T
    np.testing.assert_array_equal(stack.labels, 100 * a + 10 * b + c)


def test_every_image_is_drawn_in_every_channel(digits):
    stack = stacked.stack(digits, 2000)
    for channel in range(3):
        counts = np.bincount(stack.images[:, 0, 0, channel], minlength=20)
        assert counts.min() > 60
        assert counts.max() < 140


def test_channels_are_drawn_apart_from_each_other(digits):
    channels = stacked.stack(digits, 5000).images[:, 0, 0, :].astype(float)
    assert abs(np.corrcoef(channels.T) - np.eye(3)).max() < 0.05


def test_the_same_seed_makes_the_same_images(digits):
    first, again, other = (stacked.stack(digits, 50, seed=seed).labels.tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_value_range_is_that_of_the_digits():
    floats = Dataset(np.full((4, 2, 2), 0.5, np.float32), np.arange(4), value_range=(0, 2))
    stack = stacked.stack(floats, 3)
    assert (stack.value_range, stack.images.dtype) == ((0, 2), np.float32)


def test_the_embedded_digits_stack_to_all_thousand_modes():
    digits, stack = data.load("digits"), data.load("stacked-digits", image_size=28, channels=3)
    assert repr(stack) == "Dataset('stacked-digits': 25600 images of 28x28x3, uint8 from 0 to 255, labelled)"
    counts = np.bincount(stack.labels, minlength=stacked.MODES)
    assert len(counts) == 1000
    assert counts.min() > 5
    assert counts.max() < 60
    known = {image.tobytes(): label for image, label in zip(digits.images, digits.labels)}
    for image, label in zip(stack.images[:50], stack.labels):
        assert [known[image[..., channel].tobytes()] for channel in range(3)] == [int(d) for d in f"{label:03}"]


def test_a_set_may_be_named_to_stack(digits, tmp_path):
    np.savez(tmp_path / "mine.npz", images=digits.images, labels=digits.labels)
    stack = data.load(f"stacked-digits:{tmp_path / 'mine.npz'}")
    assert (stack.name, stack.shape) == (f"stacked-digits:{tmp_path / 'mine.npz'}", (2, 3, 3))
    np.testing.assert_array_equal(stack.images, stacked.stack(digits).images)


def test_the_test_split_is_that_of_the_set_to_stack(tmp_path, monkeypatch, as_idx, images, labels, refuses):
    for name in ("train", "t10k"):
        (tmp_path / f"{name}-images-idx3-ubyte").write_bytes(as_idx(images + (name == "t10k")))
        (tmp_path / f"{name}-labels-idx1-ubyte").write_bytes(as_idx(labels))
    train, test = (data.load(f"stacked-digits:mnist:{tmp_path}", split=split) for split in ("train", "test"))
    assert set(train.images[:, 0, 0, :].flat) == set(images[:, 0, 0])
    assert set(test.images[:, 0, 0, :].flat) == set(images[:, 0, 0] + 1)
    assert (train.labels != test.labels).mean() > 0.5
    with refuses("digits: has no split test"):
        data.load("stacked-digits", split="test")


@pytest.mark.parametrize("name", ["stacked-digits:ring", "stacked-digits:stacked-digits"])
def test_only_grey_images_are_stacked(name, refuses):
    with refuses(f"{name}: expected grey images to stack, got "):
        data.load(name)


@pytest.mark.parametrize("labels", [None, np.array([0, 10]), np.array([-1, 0])])
def test_only_images_of_ten_classes_are_stacked(labels, refuses):
    with refuses("stacked-digits: expected images labelled from 0 to 9 to stack, got Dataset('mine'"):
        stacked.stack(Dataset(np.zeros((2, 3, 3), np.uint8), labels, name="mine"))


def test_a_stack_of_none_is_refused(digits, refuses):
    with refuses("stacked-digits: expected a count of at least 1, got 0"):
        stacked.stack(digits, 0)
