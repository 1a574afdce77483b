"""Points: what it takes, what it refuses, and the density of a mixture."""

from statistics import NormalDist

import numpy as np
import pytest

from minigan import backend
from minigan.data import Points
from minigan.errors import DtypeError

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def test_points_are_kept_as_float32():
    points = Points(CORNERS, name="corners")
    assert points.points.dtype == np.float32
    assert (len(points), points.shape) == (4, (2,))
    assert points.labels is points.modes is points.mode_stddev is None
    np.testing.assert_array_equal(points.points, CORNERS)


def test_float32_points_are_not_copied():
    array = np.zeros((3, 2), np.float32)
    assert np.shares_memory(Points(array).points, array)


@pytest.mark.parametrize("array", [np.asfortranarray(CORNERS, ">f8"), CORNERS.astype(">i2")])
def test_any_memory_layout_becomes_c_order_and_native(array):
    points = Points(array).points
    assert points.flags.c_contiguous
    assert points.dtype.isnative
    np.testing.assert_array_equal(points, CORNERS)


def test_repr_shows_size_and_content():
    assert repr(Points(CORNERS, name="corners")) == "Points('corners': 4 points of 2 coordinates)"
    one = Points(np.zeros((2, 1)), [0, 0], name="one", modes=[[0.0]], mode_stddev=1)
    assert repr(one) == "Points('one': 2 points of 1 coordinate, 1 mode, labelled)"


@pytest.mark.parametrize(
    ("points", "parts"),
    [
        (np.zeros(3), ["expected points of shape (N, D), got (3,)"]),
        (np.zeros((2, 2, 2)), ["expected points of shape (N, D), got (2, 2, 2)"]),
        (np.zeros((0, 2)), ["at least one point", "(0, 2)"]),
        (np.zeros((2, 0)), ["at least one point", "(2, 0)"]),
        (np.zeros((2, 2), complex), ["a real number type, got complex128"]),
        (np.zeros((2, 2), bool), ["a real number type, got bool"]),
        (np.array([["a", "b"]]), ["a real number type, got <U1"]),
        (np.array([[0, 0], [0, np.nan]]), ["finite float32 numbers, got nan in point 1"]),
        (np.array([[-np.inf, 0]]), ["finite float32 numbers, got -inf in point 0"]),
        (np.array([[0, 1e39]]), ["finite float32 numbers, got inf in point 0"]),
    ],
)
def test_what_are_no_points_is_refused(points, parts, refuses):
    with refuses("mine: expected", *parts):
        Points(points, name="mine")


@pytest.mark.parametrize("labels", [[0, 1, 2], np.zeros(4), np.zeros((4, 2), int)])
def test_labels_must_be_whole_numbers_one_a_point(labels, refuses):
    with refuses("points: expected 4 labels as whole numbers of shape (4,)"):
        Points(CORNERS, labels)


def test_labels_lose_an_axis_of_one():
    assert Points(CORNERS, np.array([[3], [1], [2], [0]])).labels.tolist() == [3, 1, 2, 0]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"modes": CORNERS}, "modes and mode_stddev, or neither"),
        ({"mode_stddev": 1.0}, "modes and mode_stddev, or neither"),
        ({"modes": CORNERS[:, :1], "mode_stddev": 1}, "modes of shape (M, 2), got (4, 1)"),
        ({"modes": CORNERS[:0], "mode_stddev": 1}, "modes of shape (M, 2), got (0, 2)"),
        ({"modes": [[0, np.inf]], "mode_stddev": 1}, "modes of finite real numbers"),
        ({"modes": CORNERS, "mode_stddev": 0}, "a mode_stddev above 0, got 0"),
        ({"modes": CORNERS, "mode_stddev": np.nan}, "a mode_stddev above 0, got nan"),
        ({"modes": CORNERS, "mode_stddev": np.inf}, "a mode_stddev above 0, got inf"),
    ],
)
def test_modes_and_their_deviation_must_fit(changes, part, refuses):
    with refuses("points: expected", part):
        Points(CORNERS, **changes)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_batch_is_the_points_as_they_are_and_a_new_array(dtype):
    points = Points(CORNERS * 1e6)
    for indices in ([2, 0, 2], np.array([2, 0, 2]), slice(1, 3)):
        batch = points.batch(indices, dtype=dtype)
        assert batch.dtype == dtype
        np.testing.assert_array_equal(batch, CORNERS[indices] * 1e6)
        batch[...] = 7
    np.testing.assert_array_equal(points.points, CORNERS * 1e6)


def test_a_batch_takes_no_output_range(refuses):
    with refuses("corners: expected no output range", "(-1, 1)"):
        Points(CORNERS, name="corners").batch([0], (-1, 1))


def test_a_batch_of_another_dtype_is_refused():
    with pytest.raises(DtypeError, match="expected a batch dtype of float32 or float64, got float16"):
        Points(CORNERS).batch([0], dtype=np.float16)


def test_an_index_out_of_bounds_raises():
    with pytest.raises(IndexError):
        Points(CORNERS).batch([4])


@pytest.mark.gpu
def test_a_batch_has_the_same_bits_on_the_gpu():
    points = Points(CORNERS / 3)
    expected = points.batch([2, 0, 3, 1])
    with backend.using("cupy"):
        batch = points.batch([2, 0, 3, 1])
    assert not isinstance(batch, np.ndarray)
    np.testing.assert_array_equal(backend.asnumpy(batch), expected)


@pytest.fixture
def mixture() -> Points:
    return Points(CORNERS, modes=[[0, 0], [1, 2], [-3, 0.5]], mode_stddev=0.7)


def test_the_density_is_that_of_the_even_mixture(mixture):
    def normal(x: float, mean: float) -> float:
        return NormalDist(mean, 0.7).pdf(x)

    x = np.random.default_rng(0).normal(size=(50, 2))
    expected = [sum(normal(a, c) * normal(b, d) for c, d in mixture.modes) / 3 for a, b in x]
    np.testing.assert_allclose(mixture.density(x), expected, rtol=1e-12)


def test_the_density_sums_to_one(mixture):
    axis = np.linspace(-9, 9, 181)
    x = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    assert mixture.density(x).sum() * 0.01 == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_density_has_the_dtype_it_was_asked_in(mixture, dtype):
    x = CORNERS.astype(dtype)
    assert mixture.density(x).dtype == dtype
    np.testing.assert_allclose(mixture.density(x), mixture.density(CORNERS), rtol=1e-6)
    assert mixture.density(CORNERS).dtype == np.float64


def test_on_a_line_the_density_takes_plain_numbers():
    line = Points(np.zeros((1, 1)), modes=[[1.0]], mode_stddev=2)
    np.testing.assert_allclose(line.density([1.0, 3.0]), np.exp([0, -0.5]) / np.sqrt(8 * np.pi), rtol=1e-14)
    np.testing.assert_array_equal(line.density([1.0, 3.0]), line.density([[1.0], [3.0]]))


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 3), (1, 3, 2)])
def test_a_density_at_points_of_another_shape_is_refused(mixture, shape, refuses):
    with refuses("expected x of shape (n, 2)", shape):
        mixture.density(np.zeros(shape))


def test_without_modes_no_density_is_known(refuses):
    with refuses("corners: expected a mixture with known modes"):
        Points(CORNERS, name="corners").density(CORNERS)
