"""Pictures of images: pixels, grids, neighbours, walks, rows of classes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from minigan import plots
from minigan.errors import ConfigError, ShapeError

GROUND, YELLOW = 40, (255, 221, 0)


# Pixels


@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 1.0), (0.0, 255.0), (-0.3, 0.7)])
def test_the_ends_of_the_range_become_black_and_white(value_range):
    low, high = value_range
    values = np.array([low, high, low - 9, high + 9, (low + high) / 2], np.float32)
    pixels = plots.to_pixels(values, value_range)
    assert pixels.dtype == np.uint8
    assert pixels[:4].tolist() == [0, 255, 0, 255]
    assert pixels[4] in (127, 128)


def test_bytes_to_network_values_and_back_are_unchanged():
    stored = np.arange(256, dtype=np.uint8)
    scaled = (stored / 127.5 - 1).astype(np.float32)
    np.testing.assert_array_equal(plots.to_pixels(scaled, (-1.0, 1.0)), stored)


def test_the_images_are_not_changed():
    images = np.linspace(-2, 2, 16, dtype=np.float32)
    before = images.copy()
    plots.to_pixels(images, (-1.0, 1.0))
    np.testing.assert_array_equal(images, before)


# Grids


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 13),
    h=st.integers(1, 5),
    w=st.integers(1, 5),
    c=st.sampled_from([1, 3]),
    columns=st.integers(1, 15),
    gap=st.integers(0, 3),
)
def test_every_image_is_in_its_place_on_the_background(n, h, w, c, columns, gap):
    images = np.random.default_rng(0).integers(100, 256, (n, h, w, c), dtype=np.uint8)
    sheet = plots.tile(images, columns, gap)
    across = min(columns, n)
    down = -(-n // across)
    assert sheet.shape == (down * (h + gap) + gap, across * (w + gap) + gap, c)
    covered = np.zeros(sheet.shape, bool)
    for i in range(n):
        top, left = gap + i // across * (h + gap), gap + i % across * (w + gap)
        place = np.s_[top : top + h, left : left + w]
        np.testing.assert_array_equal(sheet[place], images[i])
        covered[place] = True
    assert (sheet[~covered] == GROUND).all()


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_a_grid_is_a_png_of_the_right_size_and_mode(tmp_path, channels, mode):
    images = np.full((10, 6, 5, channels), 1.0, np.float32)
    images[0] = -1.0
    plots.save_grid(tmp_path / "a.png", images, (-1.0, 1.0), columns=4, scale=3)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.format == "PNG"
        assert picture.mode == mode
        assert picture.size == (3 * (4 * 7 + 2), 3 * (3 * 8 + 2))
        pixels = np.asarray(picture).reshape(*picture.size[::-1], channels)
    scale = np.s_[3 * 2 : 3 * 8, 3 * 2 : 3 * 7]
    assert (pixels[scale] == 0).all(), "the first image is black"
    assert (pixels[3 * 2 : 3 * 8, 3 * 9 : 3 * 14] == 255).all(), "the second is white"
    assert (pixels[:6] == GROUND).all(), "the gap above is ground"


def test_the_same_images_make_the_same_file(tmp_path):
    images = np.random.default_rng(0).uniform(-1, 1, (9, 8, 8, 1)).astype(np.float32)
    plots.save_grid(tmp_path / "a.png", images, (-1.0, 1.0))
    plots.save_grid(tmp_path / "b.png", images, (-1.0, 1.0))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


# Neighbours


def test_the_nearest_is_that_of_brute_force_over_all_blocks():
    rng = np.random.default_rng(0)
    images, examples = rng.normal(size=(7, 4, 5, 1)), rng.normal(size=(50, 4, 5, 1))
    places, neighbours = plots.nearest(images, (examples[start : start + 12] for start in range(0, 50, 12)))
    distances = ((images[:, None] - examples) ** 2).sum(axis=(2, 3, 4))
    np.testing.assert_array_equal(places, distances.argmin(axis=1))
    np.testing.assert_array_equal(neighbours, examples[places])


def test_a_copy_is_its_own_nearest_and_of_equals_the_first():
    examples = np.random.default_rng(1).uniform(-1, 1, (9, 6, 6, 3)).astype(np.float32)
    examples[7] = examples[2]
    places, neighbours = plots.nearest(examples[[5, 7]], [examples[:4], examples[4:]])
    assert places.tolist() == [5, 2]
    np.testing.assert_array_equal(neighbours, examples[[5, 7]])


def test_examples_of_another_shape_and_no_examples_are_refused():
    images = np.zeros((2, 4, 4, 1))
    with pytest.raises(ShapeError, match=r"expected training examples of \(4, 4, 1\), got \(5, 4, 1\)"):
        plots.nearest(images, [np.zeros((3, 5, 4, 1))])
    with pytest.raises(ShapeError, match="at least one training example"):
        plots.nearest(images, [])


def pixels_of(path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_the_right_most_column_holds_the_neighbours_in_a_yellow_border(tmp_path):
    images = np.linspace(-1, 0.2, 6, dtype=np.float32)[:, None, None, None] * np.ones((6, 42, 42, 1), np.float32)
    neighbours = np.array([0.4, 0.8], np.float32)[:, None, None, None] * np.ones((2, 42, 42, 1), np.float32)
    plots.save_neighbours(tmp_path / "a.png", images, neighbours, (-1.0, 1.0))
    sheet = pixels_of(tmp_path / "a.png")
    assert sheet.shape == (2 * (2 * 44 + 2) + 26, 2 * (4 * 44 + 2), 3)
    sheet = sheet[26:]
    middles = sheet[[2 * 23, 2 * 67]][:, [2 * (23 + 44 * i) for i in range(4)], 0]
    expected = np.array([[*images[:3, 0, 0, 0], 0.4], [*images[3:, 0, 0, 0], 0.8]], np.float32)
    np.testing.assert_array_equal(middles, plots.to_pixels(expected, (-1.0, 1.0)))
    down, across = np.nonzero((sheet == YELLOW).all(axis=2))
    assert (across.min(), across.max()) == (2 * 3 * 44, sheet.shape[1] - 1)
    assert (down.min(), down.max()) == (0, len(sheet) - 1)
    column = sheet[:, 2 * 3 * 44 + 4 : -4]
    assert (column[4:-4] != YELLOW).any(axis=2).all(), "the frame covers no image"


def test_rows_that_are_not_full_are_refused(tmp_path):
    with pytest.raises(ShapeError, match=r"fill 2 rows, one for each neighbour, got \(5, 4, 4, 1\)"):
        plots.save_neighbours(tmp_path / "a.png", np.zeros((5, 4, 4, 1)), np.zeros((2, 4, 4, 1)), (-1.0, 1.0))
    with pytest.raises(ShapeError, match=r"expected images of shape \(N, H, W, C\)"):
        plots.save_neighbours(tmp_path / "a.png", np.zeros((4, 4, 4)), np.zeros((2, 4, 4, 1)), (-1.0, 1.0))
    assert not list(tmp_path.iterdir())


# Walks


@pytest.mark.parametrize("kind", ["linear", "spherical"])
def test_a_walk_begins_and_ends_at_its_ends(kind):
    start, end = np.random.default_rng(0).normal(size=(2, 100)).astype(np.float32)
    walk = plots.interpolate(start, end, 5, kind)
    assert (walk.shape, walk.dtype) == ((5, 100), np.float32)
    np.testing.assert_allclose(walk[[0, -1]], [start, end], rtol=1e-5, atol=1e-6)


def test_a_straight_walk_has_equal_steps_and_a_spherical_one_equal_angles_and_lengths():
    rng = np.random.default_rng(0)
    start, end = rng.normal(size=(2, 50))
    end *= np.linalg.norm(start) / np.linalg.norm(end)
    steps = np.diff(plots.interpolate(start, end, 6, "linear"), axis=0)
    np.testing.assert_allclose(steps, np.tile(steps[0], (5, 1)), atol=1e-12)
    walk = plots.interpolate(start, end, 6, "spherical")
    lengths = np.linalg.norm(walk, axis=1)
    np.testing.assert_allclose(lengths, lengths[0])
    cosines = (walk[1:] * walk[:-1]).sum(axis=1) / lengths[0] ** 2
    np.testing.assert_allclose(cosines, cosines[0])


def test_a_spherical_walk_between_parallel_vectors_is_straight():
    a = np.array([1.0, 2.0])
    for end in (2 * a, -a, 0 * a):
        np.testing.assert_allclose(plots.interpolate(a, end, 3, "spherical")[1], (a + end) / 2)


def test_bad_arguments_of_a_walk_are_refused():
    with pytest.raises(ConfigError, match="unknown walk 'random': expected linear or spherical"):
        plots.interpolate(np.zeros(3), np.ones(3), 5, "random")
    with pytest.raises(ConfigError, match="at least 2 steps, got 1"):
        plots.interpolate(np.zeros(3), np.ones(3), 1)


# Rows


def test_each_walk_and_each_class_has_a_row(tmp_path):
    values = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    images = values[:, :, None, None, None] * np.ones((42, 42, 3), np.float32)
    plots.save_walk(tmp_path / "walk.png", images, (-1.0, 1.0), "linear")
    plots.save_classes(tmp_path / "classes.png", images, (-1.0, 1.0), ["cat", "dog"])
    walk, classes = pixels_of(tmp_path / "walk.png"), pixels_of(tmp_path / "classes.png")
    height, width = 2 * 44 + 2, 3 * 44 + 2
    assert walk.shape == (height + 26, width, 3)
    assert classes.shape[0] == height
    left = classes.shape[1] - width
    assert left > 30, "room for the names"
    for sheet in (walk[26:], classes[:, left:]):
        middles = sheet[[23, 67]][:, [23, 67, 111], 0]
        np.testing.assert_array_equal(middles, plots.to_pixels(values, (-1.0, 1.0)))
    for row in range(2):
        assert (classes[row * 45 : row * 45 + 44, :left] > 200).any(), "the name stands beside its row"


def test_rows_of_another_shape_and_names_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(ShapeError, match=r"expected rows of images \(R, S, H, W, C\)"):
        plots.save_walk(tmp_path / "a.png", np.zeros((3, 4, 4, 1)), (-1.0, 1.0))
    with pytest.raises(ShapeError, match="a name for each of 3 classes, got 2"):
        plots.save_classes(tmp_path / "a.png", np.zeros((3, 2, 4, 4, 1)), (-1.0, 1.0), ["a", "b"])
