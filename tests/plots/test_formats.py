"""A suffix says what is written."""

import numpy as np
import pytest
from PIL import Image

from minigan import plots
from minigan.errors import ConfigError
from minigan.plots.formats import DRAWINGS, FILMS, IMAGES, check_suffix, format_of
from minigan.plots.pixels import save_pixels

GREY = np.random.default_rng(0).integers(0, 256, (9, 8, 1), dtype=np.uint8)
RGB = np.random.default_rng(1).integers(0, 256, (9, 8, 3), dtype=np.uint8)

LOSSLESS = {"PNG", "WEBP", "TIFF"}


@pytest.mark.parametrize("pixels", [GREY, RGB], ids=["grey", "RGB"])
@pytest.mark.parametrize("suffix", [*IMAGES, ".PNG", ".JPG", ".Jpeg", ".WebP"])
def test_pixels_have_the_format_of_the_suffix(tmp_path, suffix, pixels):
    wanted = IMAGES[suffix.lower()]
    Image.init()
    if wanted not in Image.SAVE:
        pytest.skip(f"this Pillow writes no {wanted}")
    path = tmp_path / f"picture{suffix}"
    save_pixels(path, pixels)
    with Image.open(path) as picture:
        assert picture.format == wanted
        found = np.asarray(picture.convert("L" if pixels.shape[2] == 1 else "RGB")).reshape(pixels.shape)
    assert np.abs(found.astype(int) - pixels).max() <= (0 if wanted in LOSSLESS else 60)
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", DRAWINGS)
def test_drawings_have_the_format_of_the_suffix(tmp_path, suffix):
    path = tmp_path / f"drawing{suffix}"
    plots.save_histogram(path, np.arange(9.0), np.arange(5.0))
    begins = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "jpg": b"\xff\xd8", "webp": b"RIFF"}
    assert path.read_bytes().startswith(begins[DRAWINGS[suffix]])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["picture", "picture.", "picture.txt", "picture.npz", "a.png.gz", "png", ".png"])
@pytest.mark.parametrize(
    ("known", "save"),
    [
        (IMAGES, lambda path: save_pixels(path, GREY)),
        (DRAWINGS, lambda path: plots.save_histogram(path, np.arange(9.0), np.arange(5.0))),
        (FILMS, lambda path: plots.save_film(path, [])),
    ],
    ids=["image", "drawing", "film"],
)
def test_another_suffix_and_none_are_refused_with_all_that_there_are(tmp_path, name, known, save):
    with pytest.raises(ConfigError, match=rf"ends with one of {next(iter(known))}.*, got .*{name}"):
        save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_format_that_pillow_cannot_write_is_not_offered(monkeypatch):
    Image.init()
    monkeypatch.setattr(Image, "SAVE", {name: save for name, save in Image.SAVE.items() if name != "AVIF"})
    with pytest.raises(ConfigError) as caught:
        format_of("a.avif", IMAGES)
    assert ".avif" not in str(caught.value).partition(", got")[0]


@pytest.mark.parametrize(("suffix", "most"), [(".jpg", 65_500), (".webp", 16_383)])
def test_a_picture_that_is_too_large_for_its_format_is_refused(tmp_path, suffix, most):
    for height, width in ((most + 1, 1), (1, most + 1)):
        with pytest.raises(ConfigError, match=f"at most {most:,} pixels a side"):
            save_pixels(tmp_path / f"long{suffix}", np.zeros((height, width, 1), np.uint8))
    assert list(tmp_path.iterdir()) == []
    save_pixels(tmp_path / f"long{suffix}", np.zeros((most, 1, 1), np.uint8))


@pytest.mark.parametrize("name", ["results.csv", "results", "results.json.bak", "config.toml"])
def test_the_name_of_another_format_is_refused(tmp_path, name):
    check_suffix(tmp_path / "results.JSON", ".json")
    with pytest.raises(ConfigError, match=r"ends with \.json"):
        check_suffix(tmp_path / name, ".json")
