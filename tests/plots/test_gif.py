"""Films: frames in order, for as long as they should be seen, in their colours."""

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


def test_a_drawing_keeps_its_pale_tones(tmp_path):
    ramp = np.linspace(230, 255, 256).astype(np.uint8)
    sheet = np.stack([np.full((64, 256), 255, np.uint8), np.tile(ramp, (64, 1)), np.full((64, 256), 240, np.uint8)], -1)
    opaque = np.full((64, 256, 1), 255, np.uint8)
    Image.fromarray(np.concatenate([sheet, opaque], -1)).save(tmp_path / "a.png")  # with alpha, as matplotlib does
    plots.save_film(tmp_path / "film.gif", [tmp_path / "a.png"])
    with Image.open(tmp_path / "film.gif") as film:
        shown = np.asarray(film.convert("RGB")).astype(int)
    assert abs(shown - sheet).max() <= 2
