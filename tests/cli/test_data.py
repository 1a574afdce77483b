"""minigan data: what training would see, in words and as a picture; and a run of one's own pictures."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import data

NETWORKS = ["--generator-filters", "4,4", "--discriminator-filters", "4,4", "--latent-size", 5]


@pytest.fixture
def photos(tmp_path) -> Path:
    """Two class folders of pictures of two sizes, a bad file and files of other kinds."""
    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(10):
            pixels = rng.integers(0, 256, (30, 40 + 10 * (number == 9), 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    (tmp_path / "photos" / "cats" / "notes.txt").touch()
    (tmp_path / "photos" / "dogs" / "bad.jpg").write_text("no picture")
    return tmp_path / "photos"


def lines(out: str) -> dict[str, str]:
    """The text after each word at the beginning of a line."""
    return dict(re.findall(r"^(\S.*?)  +(.*)$", out, re.MULTILINE))


def test_a_folder_is_described_with_all_that_training_would_see(minigan, photos):
    status, out, err = minigan("data", "folder:photos", "--skip-bad", "--image-size", "8x12", "--channels", 3)
    assert (status, err) == (0, "")
    said = lines(out)
    assert said["data"].startswith(
        "20 images, 30x40 to 30x50 8-bit RGB -> 8x12 RGB (--image-size keeps more), values 0.."
    )
    assert said["sizes"] == "30x40 (18), 30x50 (2), height x width (files)"
    assert said["stored as"] == "8-bit RGB"
    assert said["classes"] == "2, of 10 examples each"
    assert re.search(r"\n +cats: 10\n +dogs: 10\n", out)
    assert "dogs/bad.jpg" in out
    assert ".txt" in out
    assert said["to train"] == (
        "minigan train --data folder:photos --skip-bad --image-size 8x12 --channels 3; --conditional for its classes"
    )
    assert out.endswith("Wrote data-photos.png\n")
    with Image.open("data-photos.png") as picture:
        assert picture.width > picture.height  # two rows of ten


def test_the_command_that_it_prints_trains(minigan, photos):
    out = minigan("data", "folder:photos", "--skip-bad", "--image-size", "8x12").out
    command = lines(out)["to train"].partition(";")[0].split()[1:]
    status, out, err = minigan(*command, *NETWORKS, "--conditional", "--steps", 2, "--batch-size", 4, "--out", "run")
    assert (status, err) == (0, "")
    assert "2 classes (cats, dogs)" in out
    assert minigan("sample", "run", "--class", "dogs").out == "Wrote run/samples-0.png\n"
    assert (
        "--class: expected one of the classes cats, dogs, got horses"
        in minigan("sample", "run", "--class", "horses").err
    )
    assert "Wrote run/pictures/samples.png" in minigan("plot", "run", "samples").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["folder:photos"], "bad.jpg: cannot be read as an image"),
        (["photos"], "did you mean folder:photos?"),
        (["mnits"], "did you mean mnist?"),
        (["none.npy"], "no such file: none.npy"),
        (["folder:photos", "--skip-bad", "--labels", "none.csv"], "--labels: no such file: none.csv"),
        (["folder:photos", "--skip-bad", "--image-size", "10"], "a size that is a multiple of 4"),
        (["folder:photos", "--skip-bad", "--image-size", "10x"], "size: expected HEIGHTxWIDTH, such as 28x56"),
        (["digits", "--skip-bad"], "digits takes no --skip-bad"),
        (["ring", "--data-range", "0", "1"], "ring takes no --data-range"),
    ],
)
def test_bad_data_and_settings_are_refused_with_status_2(minigan, photos, arguments, words):
    status, out, err = minigan("data", *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert not list(Path().glob("*.png"))


@pytest.mark.parametrize(
    ("name", "train"),
    [
        ("digits", "minigan train --data digits; --conditional for its classes"),
        ("ring", "minigan train --data ring --model mlp2d"),
        ("gaussian", "minigan train --data gaussian --model mlp1d"),
        ("stacked-digits", "minigan train --data stacked-digits --channels 3; --conditional for its classes"),
        ("wide.npy", "minigan train --data wide.npy --image-size 8x12"),
    ],
)
def test_every_kind_of_data_is_drawn_and_gets_its_command(minigan, name, train):
    np.save("wide.npy", np.random.default_rng(0).integers(0, 256, (20, 8, 12), dtype=np.uint8))
    status, out, _ = minigan("data", name, "--out", "picture.png")
    assert status == 0
    assert lines(out)["to train"] == train
    with Image.open("picture.png") as picture:
        picture.load()


def test_values_that_are_few_are_noted(minigan):
    mask = np.zeros((20, 8, 8), np.uint8)
    mask[:, 2:5] = 1
    np.save("mask.npy", mask)
    assert "note      values from 0 to 1 of 0..255: " in minigan("data", "mask.npy").out
    assert "note" not in lines(minigan("data", "mask.npy", "--data-range", 0, 1).out)


def test_points_of_three_coordinates_are_described_without_a_picture(minigan, monkeypatch):
    cloud = data.Points(np.random.default_rng(0).random((50, 3)), name="cloud")
    monkeypatch.setitem(data.toy.SETS, "cloud", lambda split: cloud)
    status, out, _ = minigan("data", "cloud")
    assert status == 0
    assert "Wrote" not in out


@pytest.mark.parametrize("width", [40, 80])
def test_it_fits_a_terminal_and_breaks_no_word(minigan, photos, monkeypatch, width):
    arguments = ("data", "folder:photos", "--skip-bad", "--image-size", "8x12", "--channels", 3)
    whole = minigan(*arguments).out
    monkeypatch.setenv("COLUMNS", str(width))
    assert minigan(*arguments).out == whole  # a pipe has no width
    monkeypatch.setenv("FORCE_COLOR", "1")  # for rich a terminal
    shown = minigan(*arguments).out
    assert max(map(len, shown.splitlines())) <= width
    assert set(shown.split()) == set(whole.split())
