"""The line on a data set, and the notice on values that use little of their range."""

import numpy as np
import pytest
from PIL import Image

from minigan import data
from minigan.data.description import describe, range_notice
from tests.loops import loop_over


def save(path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


# The line


def test_pictures_are_described_with_what_was_changed_left_out_and_skipped(tmp_path):
    for name in ("cats/a", "cats/b", "dogs/c"):
        save(tmp_path / f"{name}.png", noise(90, 120, 3))
    (tmp_path / "readme.txt").touch()
    (tmp_path / "cats" / "x.docx").touch()
    (tmp_path / "dogs" / "bad.png").touch()
    pictures = data.load(f"folder:{tmp_path}", image_size=28, channels=1, skip_bad=True)
    assert describe(pictures, (-1, 1)) == (
        "3 images, 90x120 8-bit RGB -> 28x28 grey (--image-size and --channels 3 keep more), values 0..255 -> -1..1, "
        "2 classes (cats, dogs), 2 files of other kinds left out, 1 file skipped that cannot be read"
    )


@pytest.mark.parametrize(
    ("stored", "size", "channels", "line"),
    [
        ([(8, 8, 3)], 8, 3, "8x8 8-bit RGB -> 8x8 RGB"),
        ([(8, 8, 3)], 8, 1, "8x8 8-bit RGB -> 8x8 grey (--channels 3 keeps more)"),
        ([(8, 8)], 8, 1, "8x8 8-bit grey -> 8x8 grey"),
        ([(8, 16)], (4, 8), 1, "8x16 8-bit grey -> 4x8 grey (--image-size keeps more)"),
        ([(4, 4)], 8, 3, "4x4 8-bit grey -> 8x8 RGB"),
        ([(4, 4), (20, 30)], 8, 1, "4x4 to 20x30 8-bit grey -> 8x8 grey (--image-size keeps more)"),
    ],
)
def test_what_was_lost_names_the_setting_that_keeps_it(stored, size, channels, line, tmp_path):
    for number, shape in enumerate(stored):
        save(tmp_path / f"{number}.png", noise(*shape))
    pictures = data.load(f"folder:{tmp_path}", image_size=size, channels=channels)
    assert describe(pictures).split(", ")[1] == line


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("digits", "5,000 images, 28x28 grey, values 0..255, 10 classes"),
        ("stacked-digits", "25,600 images, 28x28 RGB, values 0..255, 1,000 classes"),
        ("grid", "50,000 points of 2 coordinates, 25 modes, 25 classes"),
        ("gaussian", "50,000 points of 1 coordinate, 1 mode, 1 class"),
        ("line", "50,000 points of 2 coordinates"),
    ],
)
def test_other_sets_are_described_as_they_are(name, line):
    assert describe(data.load(name)) == line


def test_the_names_of_few_classes_are_shown_and_numbers_are_not():
    images = np.zeros((6, 2, 2), np.uint8)
    for names, text in (
        (("cat", "dog"), "2 classes (cat, dog)"),
        (("1", "2"), "2 classes"),
        (tuple("abcdef"), "6 classes"),
    ):
        labelled = data.Dataset(images, np.arange(6) % 2, class_names=names)
        assert describe(labelled).endswith(text)


# Values


@pytest.mark.parametrize("name", ["digits", "stacked-digits", "ring", "gaussian", "moons", "line"])
def test_the_sets_of_the_package_give_no_notice(name):
    assert range_notice(data.load(name)) is None


@loop_over(
    case=[
        (np.uint8, None, 0, 1, "values from 0 to 1 of 0..255: ", "is --data-range 0 1 meant?"),
        (np.uint8, None, 0, 3, "values from 0 to 3 of 0..255: ", "is --data-range 0 3 meant?"),
        (np.uint8, None, 100, 120, "values from 100 to 120 of 0..255: ", "is --data-range 100 120 meant?"),
        (np.float32, (0, 255), 0, 1, "values from 0 to 1 of 0..255: ", "is --data-range 0 1 meant?"),
        (np.float64, (-100, 100), -1, 1, "values from -1 to 1 of -100..100: ", "is --data-range -1 1 meant?"),
        (np.uint16, (0, 65535), 0, 4095, "values from 0 to 4095 of 0..65535: ", "is --data-range 0 4095 meant?"),
        (np.uint8, None, 0, 30, "", ""),
        (np.uint8, (0, 1), 0, 1, "", ""),
        (np.float32, (-1, 1), -1, 1, "", ""),
    ]
)
def test_values_that_use_less_than_a_tenth_of_their_range_are_reported(case):
    dtype, value_range, low, high, begin, end = case
    images = np.full((5, 4, 4), low, dtype)
    images[:, ::2] = high
    notice = range_notice(data.Dataset(images, value_range=value_range))
    if begin:
        assert notice.startswith(begin)
        assert notice.endswith(end)
    else:
        assert notice is None


def test_images_of_one_colour_are_reported():
    same = data.Dataset(np.full((5, 4, 4), 7, np.uint8))
    assert range_notice(same) == "values from 7 to 7 of 0..255: all images are of one colour; are these the right data?"
    flat = np.repeat(np.arange(0, 250, 10, dtype=np.uint8), 16).reshape(-1, 4, 4)
    assert range_notice(data.Dataset(flat)).startswith(
        "most images are nearly of one colour: within an image the values"
    )
    assert range_notice(data.Dataset(np.arange(200, dtype=np.uint8).reshape(-1, 1, 1))) is None  # of one pixel


@pytest.mark.parametrize("kind", ["npy", "npz", "idx", "folder"])
def test_masks_of_0_and_1_are_reported_from_every_kind_of_file(kind, tmp_path):
    mask = np.zeros((6, 8, 8), np.uint8)
    mask[:, 2:5] = 1
    name = str(tmp_path / f"mask.{kind}")
    if kind == "npy":
        np.save(name, mask)
    elif kind == "npz":
        np.savez_compressed(name, images=mask)
    elif kind == "idx":
        header = b"\0\0\x08\x03" + b"".join(size.to_bytes(4, "big") for size in mask.shape)
        (tmp_path / "train-images-idx3-ubyte").write_bytes(header + mask.tobytes())
        name = f"mnist:{tmp_path}"
    else:
        for number, image in enumerate(mask):
            save(tmp_path / f"{number}.png", image)
        name = f"folder:{tmp_path}"
    assert range_notice(data.load(name)).endswith("is --data-range 0 1 meant?")
    assert range_notice(data.load(name, value_range=(0, 1))) is None


def test_deep_pictures_that_use_few_of_their_bits_are_reported(tmp_path):
    save(tmp_path / "a.png", np.arange(0, 4096, 16, dtype=np.uint16).reshape(16, 16))
    assert "--data-range LOW HIGH states the range of their values" in range_notice(data.load(f"folder:{tmp_path}"))
    assert range_notice(data.load(f"folder:{tmp_path}", value_range=(0, 4095))) is None
