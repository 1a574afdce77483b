"""Animations: frames in order, their durations and colours."""

import numpy as np
import pytest
from PIL import Image

from minigan import plots


@pytest.fixture
def frames(tmp_path):
    """Nine pictures, each another grey."""
    paths = []
    for i in range(9):
        path = tmp_path / f"{i}.png"
        plots.save_grid(path, np.full((1, 4, 4, 1), -1 + i / 4, np.float32), (-1.0, 1.0))
        paths.append(path)
    return paths


def test_an_animation_has_the_frames_in_order_and_pauses_on_the_last(tmp_path, frames):
    plots.save_film(tmp_path / "animation.gif", frames, seconds=0.9)
    durations = []
    with Image.open(tmp_path / "animation.gif") as animation:
        assert animation.format == "GIF"
        assert animation.n_frames == len(frames)
        assert animation.info["loop"] == 0, "it repeats forever"
        for place, frame in enumerate(frames):
            animation.seek(place)
            durations.append(animation.info["duration"])
            with Image.open(frame) as picture:
                np.testing.assert_array_equal(np.asarray(animation.convert("L")), np.asarray(picture))
    assert durations == [100] * 8 + [2000]


def test_a_short_animation_shows_each_frame_for_a_quarter_of_a_second(tmp_path, frames):
    plots.save_film(tmp_path / "animation.gif", frames[:3], seconds=6.0)
    with Image.open(tmp_path / "animation.gif") as animation:
        assert animation.info["duration"] == 250


def test_of_many_frames_those_at_even_distances_are_shown(tmp_path, frames):
    plots.save_film(tmp_path / "animation.gif", frames, most=5)
    with Image.open(tmp_path / "animation.gif") as animation:
        assert animation.n_frames == 5
        for place, frame in enumerate(frames[::2]):
            animation.seek(place)
            with Image.open(frame) as picture:
                np.testing.assert_array_equal(np.asarray(animation.convert("L")), np.asarray(picture))


def test_a_large_grid_of_samples_is_shown_pixel_by_pixel(tmp_path):
    images = np.random.default_rng(0).choice(np.float32([-1, 1]), (1, 550, 300, 1))
    small = plots.save_grid(None, images, (-1.0, 1.0), scale=1)
    plots.save_grid(tmp_path / "a.png", images, (-1.0, 1.0))
    plots.save_film(tmp_path / "animation.gif", [tmp_path / "a.png"])
    with Image.open(tmp_path / "animation.gif") as animation:
        np.testing.assert_array_equal(np.asarray(animation.convert("L")), np.asarray(small))


def test_one_picture_is_an_animation_too(tmp_path, frames):
    plots.save_film(tmp_path / "animation.gif", frames[:1])
    with Image.open(tmp_path / "animation.gif") as animation:
        assert animation.n_frames == 1


def test_a_drawing_keeps_its_pale_tones(tmp_path):
    ramp = np.linspace(230, 255, 256).astype(np.uint8)
    sheet = np.stack([np.full((64, 256), 255, np.uint8), np.tile(ramp, (64, 1)), np.full((64, 256), 240, np.uint8)], -1)
    opaque = np.full((64, 256, 1), 255, np.uint8)
    Image.fromarray(np.concatenate([sheet, opaque], -1)).save(tmp_path / "a.png")  # with alpha, as matplotlib does
    plots.save_film(tmp_path / "animation.gif", [tmp_path / "a.png"])
    with Image.open(tmp_path / "animation.gif") as animation:
        shown = np.asarray(animation.convert("RGB")).astype(int)
    assert abs(shown - sheet).max() <= 2
