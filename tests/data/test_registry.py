"""Names: what is known, what is not, and that nothing is resized in silence."""

import subprocess
import sys

import numpy as np
import pytest

from minigan import data
from tests.loops import loop_over

POINTS = ["gaussian", "ring", "grid", "spiral", "line", "moons"]


def test_the_names_are_those_of_the_documentation():
    assert list(data.NAMES) == ["digits", "mnist", "fashion-mnist", "cifar10", "stacked-digits", *POINTS]
    assert not [name for name in data.NAMES if f"``{name}``" not in data.load.__doc__]


@pytest.mark.parametrize(
    "name",
    ["foo", "", "digits:x", "mnist:", "cifar10:", "stacked-digits:", "ring:8", "folder:", "folder", "a.np", "Digits"],
)
def test_an_unknown_name_is_refused(name, refuses):
    with refuses(
        f"unknown data set {name!r}: expected digits, mnist, fashion-mnist, cifar10, stacked-digits, ",
        "gaussian, ring, grid, spiral, line, moons, folder:PATH, or a file PATH.npy or PATH.npz",
    ):
        data.load(name)


def test_an_unknown_name_to_stack_is_refused(refuses):
    with refuses("unknown data set 'foo'"):
        data.load("stacked-digits:foo")


def test_an_unknown_name_is_reported_before_a_missing_split(refuses):
    with refuses("unknown data set 'foo'"):
        data.load("foo", split="test")


def test_an_unknown_split_is_refused(refuses):
    with refuses("unknown split 'valid': expected train or test"):
        data.load("mnist", split="valid")


def test_the_size_and_channels_asked_for_may_be_those_there():
    assert data.load("digits", image_size=28, channels=1).shape == (28, 28, 1)


def test_another_size_is_an_error_and_not_a_resize(refuses):
    with refuses("digits: expected images of 32x32, got 28x28"):
        data.load("digits", image_size=32)


@pytest.mark.parametrize("size", [4, 6])
def test_images_that_are_not_square_fit_no_size(size, tmp_path, refuses):
    np.save(tmp_path / "a.npy", np.zeros((2, 4, 6), np.uint8))
    with refuses(f"a.npy: expected images of {size}x{size}, got 4x6"):
        data.load(str(tmp_path / "a.npy"), image_size=size)


def test_other_channels_are_an_error_and_not_a_conversion(refuses):
    with refuses("digits: expected images of channels 3, got 1"):
        data.load("digits", channels=3)


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize(("setting", "value"), [("image_size", 28), ("channels", 1), ("value_range", (0, 255))])
def test_what_points_do_not_have_is_refused(name, setting, value, refuses):
    words = setting.replace("_", " ")
    with refuses(f"{name}: is a set of points, which have no {words}, got {value}"):
        data.load(name, **{setting: value})


def test_labels_come_along():
    assert np.bincount(data.load("digits", image_size=28, channels=1).labels).tolist() == [500] * 10


def test_a_stated_range_is_held_to(refuses):
    assert data.load("digits", value_range=(0, 255)).value_range == (0, 255)
    with refuses("digits: expected values from 0 to 1, got 0 to 255"):
        data.load("digits", value_range=(0, 1))


def test_importing_and_the_digits_need_no_heavy_library():
    script = (
        "import sys, minigan.data; minigan.data.load('digits'); "
        "print([name for name in ('PIL', 'pooch', 'requests', 'rich', 'matplotlib') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@loop_over(kind=["mnist:{}", "fashion-mnist:{}", "cifar10:{}", "folder:{}", "{}.npy", "{}.npz"])
@loop_over(place=["x" * 300, "a\0b", "~nobody-of-this-name/a", "/dev/null/a"])
def test_a_place_that_cannot_be_is_refused_like_one_that_is_not_there(kind, place, refuses):
    with refuses():
        data.load(kind.format(place))
