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
        f"unknown data set {name!r}: ",
        "xpected digits, mnist, fashion-mnist, cifar10, stacked-digits, ",
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
    with refuses("digits: expected images of 32x32 (height x width), got 28x28: --image-size 28"):
        data.load("digits", image_size=32)


@pytest.mark.parametrize("size", [4, 6])
def test_images_that_are_not_square_fit_no_size(size, tmp_path, refuses):
    np.save(tmp_path / "a.npy", np.zeros((2, 4, 6), np.uint8))
    with refuses(f"a.npy: expected images of {size}x{size} (height x width), got 4x6: --image-size 4x6"):
        data.load(str(tmp_path / "a.npy"), image_size=size)


def test_other_channels_are_an_error_and_not_a_conversion(refuses):
    with refuses("digits: expected images of channels 3, got 1: --channels 1"):
        data.load("digits", channels=3)


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize(
    ("setting", "value", "flag"),
    [
        ("image_size", 28, "--image-size"),
        ("channels", 1, "--channels"),
        ("value_range", (0, 255), "--data-range"),
        ("labels", "a.csv", "--labels"),
    ],
)
def test_what_points_do_not_have_is_refused(name, setting, value, flag, refuses):
    with refuses(f"{name} takes no {flag}: it is a set of points, which have none"):
        data.load(name, **{setting: value})


@loop_over(name=["digits", "ring", "a.npy", "mnist:a", "stacked-digits"])
@loop_over(given=[("background", "white", "--background"), ("skip_bad", True, "--skip-bad")])
def test_settings_of_pictures_are_refused_with_other_data(name, given, refuses):
    setting, value, flag = given
    with refuses(f"{name} takes no {flag}: it is for pictures of a folder, as folder:photos"):
        data.load(name, **{setting: value})


@pytest.mark.parametrize("name", ["digits", "a.npz", "mnist:a", "cifar10:a"])
def test_labels_are_refused_where_the_data_have_their_own(name, refuses):
    with refuses(f"{name} takes no --labels: it is for pictures from a folder:PATH and for a PATH.npy"):
        data.load(name, labels="a.csv")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mnits", "mnist"),
        ("Digits", "digits"),
        ("fashion_mnist", "fashion-mnist"),
        ("CIFAR10", "cifar10"),
        ("stacked", "stacked-digits"),
        ("folders:a", "folder:PATH"),
        ("rings", "ring"),
    ],
)
def test_a_misspelled_name_is_put_right(typed, meant, refuses):
    with refuses(f"unknown data set {typed!r}: did you mean {meant}? Otherwise expected digits"):
        data.load(typed)


@pytest.mark.parametrize("typed", ["photos", "photos/", "./photos", "images:photos", "~/photos"])
def test_the_name_of_a_folder_that_exists_is_put_right(typed, tmp_path, monkeypatch, refuses):
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with refuses(f"did you mean folder:{typed.removeprefix('images:')}?"):
        data.load(typed)


def test_the_name_of_a_file_leads_to_its_folder(tmp_path, monkeypatch, refuses):
    (tmp_path / "a.png").touch()
    monkeypatch.chdir(tmp_path)
    with refuses("a.png is a file; pictures are read from their folder, as folder:."):
        data.load("a.png")


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
