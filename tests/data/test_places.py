"""The path in a data set's name."""

import pytest

from minigan.data.places import absolute, place_of, with_place


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("folder:photos", "photos"),
        ("folder:a:b", "a:b"),
        ("mnist:x", "x"),
        ("fashion-mnist:x/y", "x/y"),
        ("cifar10:a.tar.gz", "a.tar.gz"),
        ("stacked-digits:mnist:x", "x"),
        ("stacked-digits:a.npz", "a.npz"),
        ("a.npy", "a.npy"),
        ("A.NPZ", "A.NPZ"),
        ("digits", None),
        ("mnist", None),
        ("stacked-digits", None),
        ("stacked-digits:mnist", None),
        ("folder:", None),
    ],
)
def test_the_place_is_found_and_can_be_replaced(name, place):
    assert place_of(name) == place
    if place is None:
        assert with_place(name, "/new") == name
    else:
        assert with_place(name, "/new.npy") == name[: -len(place)] + "/new.npy"


def test_an_absolute_place_means_the_same_everywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    assert absolute("photos") == str(tmp_path / "photos")
    assert absolute("~/photos") == "/home/me/photos"
