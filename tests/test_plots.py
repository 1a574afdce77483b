"""Pictures: the pixels of grids, the frames of films, and the curves of a run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from minigan import plots

GROUND = 40


def metrics_of(steps: int) -> dict[str, np.ndarray]:
    """Columns such as a run's, all different."""
    step = np.arange(1.0, steps + 1)
    return {
        "step": step,
        "d_loss": 1.4 + np.sin(step / 9),
        "g_loss": 0.7 + np.cos(step / 7),
        "d_real": 0.5 + 0.3 * np.sin(step / 5),
        "d_fake": 0.5 - 0.3 * np.sin(step / 5),
        "real_accuracy": np.full(steps, 0.75),
        "fake_accuracy": np.full(steps, 0.25),
    }


# Pixels


@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 1.0), (0.0, 255.0), (-0.3, 0.7)])
def test_the_ends_of_the_range_become_black_and_white(value_range):
    low, high = value_range
    values = np.array([low, high, low - 9, high + 9, (low + high) / 2], np.float32)
    pixels = plots.to_pixels(values, value_range)
    assert pixels.dtype == np.uint8
    assert pixels[:4].tolist() == [0, 255, 0, 255]
    assert pixels[4] in (127, 128)


def test_bytes_survive_the_way_to_the_network_and_back():
    stored = np.arange(256, dtype=np.uint8)
    scaled = (stored / 127.5 - 1).astype(np.float32)
    np.testing.assert_array_equal(plots.to_pixels(scaled, (-1.0, 1.0)), stored)


def test_the_images_stay_as_they_are():
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
def test_every_image_lies_at_its_place_and_the_rest_is_ground(n, h, w, c, columns, gap):
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


def test_a_grid_is_a_png_whatever_its_name(tmp_path):
    plots.save_grid(tmp_path / "samples", np.zeros((1, 4, 4, 1), np.float32), (-1.0, 1.0))
    with Image.open(tmp_path / "samples") as picture:
        assert picture.format == "PNG"
    assert [path.name for path in tmp_path.iterdir()] == ["samples"]


def test_the_same_images_make_the_same_file(tmp_path):
    images = np.random.default_rng(0).uniform(-1, 1, (9, 8, 8, 1)).astype(np.float32)
    plots.save_grid(tmp_path / "a.png", images, (-1.0, 1.0))
    plots.save_grid(tmp_path / "b.png", images, (-1.0, 1.0))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


# Films


@pytest.fixture
def frames(tmp_path):
    """Nine pictures, each another grey."""
    paths = []
    for i in range(9):
        path = tmp_path / f"{i}.png"
        plots.save_grid(path, np.full((1, 4, 4, 1), -1 + i / 4, np.float32), (-1.0, 1.0))
        paths.append(path)
    return paths


def test_a_film_has_the_frames_in_order_and_rests_on_the_last(tmp_path, frames):
    plots.save_film(tmp_path / "film.gif", frames, seconds=0.9)
    durations = []
    with Image.open(tmp_path / "film.gif") as film:
        assert film.format == "GIF"
        assert film.n_frames == len(frames)
        assert film.info["loop"] == 0, "it begins anew for ever"
        for place, frame in enumerate(frames):
            film.seek(place)
            durations.append(film.info["duration"])
            with Image.open(frame) as picture:
                np.testing.assert_array_equal(np.asarray(film.convert("L")), np.asarray(picture))
    assert durations == [100] * 8 + [2000]


def test_a_short_film_shows_each_frame_for_a_quarter_of_a_second(tmp_path, frames):
    plots.save_film(tmp_path / "film.gif", frames[:3], seconds=6.0)
    with Image.open(tmp_path / "film.gif") as film:
        assert film.info["duration"] == 250


def test_one_picture_is_a_film_too(tmp_path, frames):
    plots.save_film(tmp_path / "film.gif", frames[:1])
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 1


# Curves


@pytest.mark.parametrize("steps", [1, 300])
def test_the_curves_are_a_picture_of_three_panels(tmp_path, steps):
    plots.save_losses(tmp_path / "losses.png", metrics_of(steps), steps_per_epoch=50)
    with Image.open(tmp_path / "losses.png") as picture:
        assert picture.size == (990, 880)
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert [path.name for path in tmp_path.iterdir()] == ["losses.png"]
    # The four colours of matplotlib's cycle are there, each in its panel.
    blue, orange, green, red = (31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40)
    for colour, top, bottom in ((blue, 0, 310), (orange, 0, 310), (green, 310, 880), (red, 310, 880)):
        found = np.argwhere(np.abs(pixels - colour).sum(-1) < 12)[:, 0]
        assert len(found) > 30, f"no {colour}"
        assert found.min() >= top
        assert found.max() <= bottom


def drawn(steps: int, monkeypatch, tmp_path) -> list:
    """The axes that `save_losses` makes, without the time it takes to paint them."""
    from matplotlib.figure import Figure

    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *_, **__: figures.append(self))
    plots.save_losses(tmp_path / "losses.png", metrics_of(steps), steps_per_epoch=50)
    return figures[0].axes


def test_the_curves_show_the_numbers_their_means_and_where_the_game_ends(tmp_path, monkeypatch):
    metrics = metrics_of(300)
    axes = drawn(300, monkeypatch, tmp_path)
    columns = [("d_loss", "g_loss"), ("d_real", "d_fake"), ("real_accuracy", "fake_accuracy")]
    ends = [(np.log(4), np.log(2)), (0.5,), (0.5,)]
    for panel, names, levels in zip(axes, columns, ends):
        lines = [line for line in panel.get_lines() if line.get_linestyle() == "-"]
        for i, name in enumerate(names):
            pale, bold = lines[2 * i : 2 * i + 2]
            np.testing.assert_array_equal(pale.get_xydata(), np.stack([metrics["step"], metrics[name]], 1))
            middle = bold.get_ydata()[100]
            np.testing.assert_allclose(middle, metrics[name][88:113].mean())
        dashed = [line.get_ydata()[0] for line in panel.get_lines() if line.get_linestyle() == "--"]
        np.testing.assert_allclose(dashed, levels)
        assert len(panel.get_legend().get_texts()) == 2
        assert panel.get_ylabel()
    assert axes[-1].get_xlabel() == "step"


def test_the_means_at_the_ends_are_over_the_steps_there_are(tmp_path, monkeypatch):
    axes = drawn(40, monkeypatch, tmp_path)
    bold = axes[2].get_lines()[1]
    np.testing.assert_allclose(bold.get_ydata(), 0.75)


def test_a_run_of_one_step_shows_its_point(tmp_path, monkeypatch):
    axes = drawn(1, monkeypatch, tmp_path)
    assert axes[0].get_lines()[1].get_marker() == "o"


def test_steps_are_counted_in_whole_numbers(tmp_path, monkeypatch):
    axes = drawn(4, monkeypatch, tmp_path)
    low, high = axes[2].get_xlim()
    ticks = [tick for tick in axes[2].get_xticks() if low <= tick <= high]
    assert ticks == [1, 2, 3, 4]
