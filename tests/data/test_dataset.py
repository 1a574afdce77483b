"""Dataset: what it takes, what it refuses, and how exactly it scales."""

from fractions import Fraction

import numpy as np
import pytest

from minigan import backend
from minigan.data import Dataset
from minigan.errors import DtypeError

EVERY_BYTE = np.arange(256, dtype=np.uint8).reshape(4, 8, 8)


def test_bytes_stay_bytes_and_are_not_copied():
    pixels = np.zeros((3, 4, 5, 3), np.uint8)
    dataset = Dataset(pixels)
    assert dataset.images.dtype == np.uint8
    assert np.shares_memory(dataset.images, pixels)
    assert dataset.value_range == (0, 255)
    assert (len(dataset), dataset.shape) == (3, (4, 5, 3))


def test_three_axes_gain_a_channel_axis_without_a_copy():
    dataset = Dataset(EVERY_BYTE)
    assert dataset.images.shape == (4, 8, 8, 1)
    assert np.shares_memory(dataset.images, EVERY_BYTE)


@pytest.mark.parametrize(
    "images",
    [np.asfortranarray(EVERY_BYTE.reshape(4, 8, 8, 1)), EVERY_BYTE.astype(">u2"), EVERY_BYTE[::2, ::2]],
    ids=["fortran order", "foreign byte order", "strided"],
)
def test_any_memory_layout_becomes_c_order_and_native(images):
    dataset = Dataset(images, value_range=(0, 255))
    assert dataset.images.flags.c_contiguous
    assert dataset.images.dtype.isnative
    np.testing.assert_array_equal(dataset.images.reshape(images.shape), images)


def test_repr_shows_size_and_content(labels):
    float_set = Dataset(np.zeros((7, 4, 5, 3), np.float32), labels, name="mine", value_range=(-0.5, 1))
    assert repr(float_set) == "Dataset('mine': 7 images of 4x5x3, float32 from -0.5 to 1, labelled)"
    assert repr(Dataset(EVERY_BYTE)) == "Dataset('images': 4 images of 8x8x1, uint8 from 0 to 255)"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("output_range", [(-1.0, 1.0), (0.0, 1.0), (-0.9, 0.7), (-1 / 3, 1e6), (1.0, -1.0)])
def test_the_ends_of_the_range_are_exact_and_the_dtype_is_kept(output_range, dtype):
    batch = Dataset(EVERY_BYTE).batch(slice(None), output_range, dtype).reshape(-1)
    assert batch.dtype == dtype
    low, high = map(dtype, output_range)
    assert batch[0] == low
    assert batch[255] == high
    assert batch.min() >= min(low, high)
    assert batch.max() <= max(low, high)
    steps = np.diff(batch) if low < high else -np.diff(batch)
    assert (steps > 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_without_an_output_range_the_stored_values_are_as_they_are(dtype):
    batch = Dataset(EVERY_BYTE).batch([3, 0], None, dtype)
    assert batch.dtype == dtype
    np.testing.assert_array_equal(batch[..., 0], EVERY_BYTE[[3, 0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_byte_is_scaled_to_within_rounding(dtype):
    batch = Dataset(EVERY_BYTE).batch(slice(None), dtype=dtype).reshape(-1)
    exact = [Fraction(2 * byte, 255) - 1 for byte in range(256)]
    worst = max(abs(Fraction(float(got)) - want) for got, want in zip(batch, exact))
    assert worst <= Fraction(float(np.finfo(dtype).eps))


def test_a_stored_range_other_than_bytes_is_scaled_from_its_ends():
    stored = np.array([-0.1, 0.0, 0.3]).reshape(1, 1, 3)
    batch = Dataset(stored, value_range=(-0.1, 0.3)).batch([0], (0.0, 1.0))
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch.ravel(), [0, 0.25, 1], atol=1e-7)
    assert batch.ravel()[[0, 2]].tolist() == [0, 1]


def test_float32_values_equal_to_a_rounded_limit_are_inside():
    tenth = np.full((1, 1, 1), 0.1, np.float32)  # as a float64 this is more than 0.1
    assert Dataset(tenth, value_range=(0.0, 0.1)).batch([0]).item() == 1


def test_a_batch_takes_any_indices_in_order_and_is_a_new_array():
    ones = np.ones((4, 2, 2, 1), np.float32) * np.arange(4, dtype=np.float32).reshape(4, 1, 1, 1)
    dataset = Dataset(ones, value_range=(0, 3))
    assert dataset.batch([3, 0, 3], (0, 3))[:, 0, 0, 0].tolist() == [3, 0, 3]
    assert dataset.batch(np.array([1]), (0, 3)).shape == (1, 2, 2, 1)
    for indices in (slice(1, 3), [0]):
        dataset.batch(indices)[...] = 7
    assert dataset.images[:, 0, 0, 0].tolist() == [0, 1, 2, 3]


def test_bytes_move_to_the_backend_before_they_are_scaled(monkeypatch):
    moved = []
    monkeypatch.setattr(backend, "asarray", lambda array: moved.append(array.dtype) or array.copy())
    Dataset(EVERY_BYTE).batch([1])
    assert moved == [np.uint8]


@pytest.mark.gpu
def test_a_batch_has_the_same_bits_on_the_gpu():
    dataset = Dataset(EVERY_BYTE)
    expected = dataset.batch([2, 0, 3, 1], (-0.3, 0.9))
    with backend.using("cupy"):
        batch = dataset.batch([2, 0, 3, 1], (-0.3, 0.9))
    assert not isinstance(batch, np.ndarray)
    np.testing.assert_array_equal(backend.asnumpy(batch), expected)


@pytest.mark.parametrize("dtype", [np.float16, np.uint8, "complex64"])
def test_a_batch_of_another_dtype_is_refused(dtype):
    with pytest.raises(DtypeError, match="expected a batch dtype of float32 or float64, got"):
        Dataset(EVERY_BYTE).batch([0], dtype=dtype)


def test_an_index_out_of_bounds_raises():
    with pytest.raises(IndexError):
        Dataset(EVERY_BYTE).batch([4])


@pytest.mark.parametrize("shape", [(4,), (8, 8), (4, 8, 8, 2), (4, 8, 8, 4), (4, 3, 8, 8), (1, 4, 8, 8, 1)])
def test_other_shapes_are_refused(shape, refuses):
    with refuses("mine: expected shape (N, H, W) or (N, H, W, C) with C of 1 or 3", f"got {shape}"):
        Dataset(np.zeros(shape, np.uint8), name="mine")


@pytest.mark.parametrize("shape", [(0, 8, 8), (4, 0, 8, 1)])
def test_nothing_to_see_is_refused(shape, refuses):
    with refuses("expected at least one image of at least one pixel", f"got {shape}"):
        Dataset(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("dtype", [bool, np.complex64, "U3", "M8[s]", object])
def test_other_dtypes_are_refused(dtype, refuses):
    with refuses("another real number type", np.dtype(dtype)):
        Dataset(np.zeros((4, 8, 8), dtype), value_range=(0, 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint16, np.int64])
def test_the_range_of_anything_but_bytes_must_be_stated(dtype, refuses):
    with refuses("mine: ", np.dtype(dtype), "--data-range LOW HIGH"):
        Dataset(np.zeros((4, 8, 8), dtype), name="mine")


@pytest.mark.parametrize("value_range", [(1, 0), (1, 1), (0, np.nan), (-np.inf, 0), (1e9, 1e9 + 1)])
def test_a_range_that_is_none_is_refused(value_range, refuses):
    with refuses("expected a value range LOW < HIGH"):
        Dataset(np.full((1, 1, 1), value_range[0], np.float64), value_range=value_range)


@pytest.mark.parametrize(
    ("value", "value_range", "told"),
    [
        (np.float32(1.5), (0, 1), "from 0 to 1, got 0.5 to 1.5"),
        (np.float64(-0.1), (0, 1), "from 0 to 1, got -0.1 to 0.5"),
        (np.float32(np.inf), (0, 1), "from 0 to 1, got 0.5 to inf"),
        (np.float32(np.nan), (0, 1), "from 0 to 1, got NaN"),
    ],
)
def test_values_outside_the_stated_range_are_refused(value, value_range, told, refuses):
    images = np.full((2, 2, 2), 0.5, value.dtype)
    images[1, 0, 1] = value
    with refuses(f"mine: expected values {told}"):
        Dataset(images, name="mine", value_range=value_range)


def test_bytes_outside_a_narrower_stated_range_are_refused(refuses):
    assert Dataset(EVERY_BYTE[:2], value_range=(0, 127)).value_range == (0, 127)
    with refuses("from 0 to 1, got 0 to 255"):
        Dataset(EVERY_BYTE, value_range=(0, 1))


def test_labels_may_be_a_column(labels):
    dataset = Dataset(np.zeros((7, 2, 2), np.uint8), labels[:, np.newaxis])
    np.testing.assert_array_equal(dataset.labels, labels)


@pytest.mark.parametrize(
    "bad",
    [np.zeros(6, np.uint8), np.zeros((7, 10), np.uint8), np.zeros(7, np.float32), np.array(["a"] * 7)],
    ids=["too few", "one-hot", "float", "text"],
)
def test_labels_that_are_no_whole_number_an_image_are_refused(bad, refuses):
    with refuses("expected 7 labels as whole numbers of shape (7,)", f"got {bad.dtype} of shape {bad.shape}"):
        Dataset(np.zeros((7, 2, 2), np.uint8), bad)


def test_the_mean_image_is_that_of_the_scaled_images():
    pixels = np.random.default_rng(0).integers(0, 256, (9, 4, 5, 3), dtype=np.uint8)
    dataset = Dataset(pixels)
    for output_range in ((0.0, 1.0), (-1.0, 1.0)):
        expected = dataset.batch(range(9), output_range, np.float64).mean(axis=0)
        np.testing.assert_allclose(dataset.mean(output_range), expected, atol=1e-14)
