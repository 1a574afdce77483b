"""The names of idx files: hyphens and dots, plain and packed, several sets, with and without labels."""

import gzip

import numpy as np
import pytest

from minigan import data


def put(folder, name, content):
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("separator", ["-", "."])
def test_hyphen_and_dot_packed_and_plain(separator, end, tmp_path, as_idx, images, labels):
    put(tmp_path, f"train-images{separator}idx3-ubyte{end}", as_idx(images))
    put(tmp_path, f"train-labels{separator}idx1-ubyte{end}", as_idx(labels))
    read = data.load(f"mnist:{tmp_path}")
    np.testing.assert_array_equal(read.images[..., 0], images)
    np.testing.assert_array_equal(read.labels, labels)


@pytest.mark.parametrize("name", ["t10k", "test"])
def test_the_test_split_has_two_names(name, tmp_path, as_idx, images):
    put(tmp_path, f"{name}-images-idx3-ubyte", as_idx(images))
    assert len(data.load(f"fashion-mnist:{tmp_path}", split="test")) == len(images)


def test_labels_are_asked_for_only_where_they_are_needed(tmp_path, as_idx, images):
    put(tmp_path, "train-images-idx3-ubyte", as_idx(images))
    read = data.load(f"mnist:{tmp_path}")
    assert read.labels is None
    assert "expected a file train-labels-idx1-ubyte" in read.without_labels


def test_emnist_s_names_and_turned_images_are_understood(tmp_path, as_idx, images, labels, refuses):
    for name in ("letters", "digits"):
        put(tmp_path, f"emnist-{name}-train-images-idx3-ubyte.gz", as_idx(images))
        put(tmp_path, f"emnist-{name}-train-labels-idx1-ubyte.gz", as_idx(labels))
    read = data.load(f"mnist:{tmp_path}/emnist-letters")
    np.testing.assert_array_equal(read.images[..., 0], images.swapaxes(1, 2))
    np.testing.assert_array_equal(read.labels, labels)
    words = "expected one set of images, found emnist-digits, emnist-letters: name one, as "
    with refuses(tmp_path, words, f"{tmp_path}/emnist-digits"):
        data.load(f"mnist:{tmp_path}")
    with refuses("no such folder: ", "emnist-latin"):
        data.load(f"mnist:{tmp_path}/emnist-latin")


def test_the_only_set_of_a_folder_needs_no_name(tmp_path, as_idx, images):
    put(tmp_path, "kuzushiji-train-images-idx3-ubyte", as_idx(images))
    np.testing.assert_array_equal(data.load(f"mnist:{tmp_path}").images[..., 0], images)


def test_colours_floats_and_wide_labels_are_read(tmp_path):
    colour = np.random.default_rng(0).random((4, 3, 5, 3), dtype=np.float32)
    numbers = np.array([0, 1, 300, 1], np.int32)

    def as_idx(values, number):
        header = bytes([0, 0, number, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
        return header + values.astype(values.dtype.newbyteorder(">")).tobytes()

    put(tmp_path, "train-images-idx4-float", as_idx(colour, 0x0D))
    put(tmp_path, "train-labels-idx1-int", as_idx(numbers, 0x0C))
    read = data.load(f"mnist:{tmp_path}", value_range=(0, 1))
    np.testing.assert_array_equal(read.images, colour)
    np.testing.assert_array_equal(read.labels, numbers)


def test_fashion_s_names_are_kept_for_its_ten_classes_alone(tmp_path, as_idx, images, labels):
    put(tmp_path, "train-images-idx3-ubyte", as_idx(images))
    put(tmp_path, "train-labels-idx1-ubyte", as_idx(labels % 10))
    assert data.load(f"fashion-mnist:{tmp_path}").class_names[0] == "T-shirt"
    assert data.load(f"mnist:{tmp_path}").class_names is None
    put(tmp_path, "train-labels-idx1-ubyte", as_idx(labels % 10 + 30))
    assert data.load(f"fashion-mnist:{tmp_path}").class_names is None
