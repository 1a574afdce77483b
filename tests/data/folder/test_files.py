"""Which files of a folder are its pictures: suffixes, links, hidden names, and what the notes say."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from minigan import data
from minigan.data.folder import FolderDataset
from minigan.errors import DataError
from tests.loops import loop_over

from .writers import png

if not hasattr(os, "symlink") or os.name == "nt":
    pytest.skip("needs links", allow_module_level=True)


def put(path: Path, value: int = 0) -> Path:
    """A picture of one value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(np.full((2, 2), value)))
    return path


def load(folder: Path, **settings) -> FolderDataset:
    dataset = data.load(f"folder:{folder}", **settings)
    assert isinstance(dataset, FolderDataset)
    return dataset


SUFFIXES = {
    ".jpg": "JPEG",
    ".JPEG": "JPEG",
    ".jfif": "JPEG",
    ".jpe": "JPEG",
    ".png": "PNG",
    ".apng": "PNG",
    ".gif": "GIF",
}
SUFFIXES |= {".bmp": "BMP", ".dib": "DIB", ".webp": "WEBP", ".tif": "TIFF", ".Tiff": "TIFF"}
SUFFIXES |= {".pbm": "PPM", ".pgm": "PPM", ".ppm": "PPM", ".pnm": "PPM"}
if "avif" in features.get_supported_modules():
    SUFFIXES[".avif"] = "AVIF"


@loop_over(suffix=SUFFIXES)
def test_every_format_is_found_by_its_suffix_and_read_by_its_content(suffix, tmp_path):
    for old in tmp_path.iterdir():
        old.unlink()
    flat = Image.new("RGB", (16, 16), (200, 200, 200))
    flat.save(tmp_path / f"a{suffix}", SUFFIXES[suffix])
    flat.save(tmp_path / f"b{suffix}", "PNG")  # the suffix is wrong
    dataset = load(tmp_path, channels=3)
    assert dataset.files == [f"a{suffix}", f"b{suffix}"]
    assert abs(dataset.images.astype(int) - 200).max() <= 2
    assert dataset.notes == ()


def test_files_of_other_kinds_are_counted(tmp_path):
    put(tmp_path / "a.png")
    for name in ("b.heic", "c.HEIC", "notes.txt", "README", "x/d.heic"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".hidden.txt").touch()
    dataset = load(tmp_path)
    assert dataset.pictures.others == {".heic": 3, ".txt": 1, "": 1}
    assert dataset.notes == ("5 files of other kinds left out: .heic, no suffix, .txt",)
    (tmp_path / "b.heic").rename(tmp_path / "b\x1b[2J.h\x1b[2Jeic")
    assert "\x1b" not in load(tmp_path).notes[0]


def test_a_folder_without_pictures_says_what_is_in_it(tmp_path, refuses):
    (tmp_path / "a.heic").touch()
    (tmp_path / "up").symlink_to(tmp_path.parent)
    with refuses("no images in this folder", ".jfif", "found .heic", "links to folders not followed: up"):
        load(tmp_path)


def test_linked_class_folders_are_followed(tmp_path):
    put(tmp_path / "far" / "cats" / "deep" / "b.png", 2)
    put(tmp_path / "far" / "cats" / "a.png", 1)
    put(tmp_path / "here" / "dogs" / "c.png", 3)
    (tmp_path / "here" / "cats").symlink_to("../far/cats")
    dataset = load(tmp_path / "here")
    assert dataset.files == ["cats/a.png", "cats/deep/b.png", "dogs/c.png"]
    assert dataset.images[:, 0, 0, 0].tolist() == [1, 2, 3]
    assert dataset.notes == ("2 of 3 images come from outside the folder, by links",)


def test_links_to_single_files_are_followed(tmp_path):
    """As in a snapshot of Hugging Face, whose files are links to blobs."""
    put(tmp_path / "blobs" / "0123abcd", 7)
    snapshot = tmp_path / "snapshots" / "x"
    (snapshot / "cats").mkdir(parents=True)
    (snapshot / "cats" / "a.png").symlink_to("../../../blobs/0123abcd")
    (snapshot / "b.png").symlink_to("cats/a.png")
    put(snapshot / "c.png", 9)
    (snapshot / "d.png").symlink_to("c.png")
    dataset = load(snapshot)
    assert dataset.files == ["b.png", "c.png", "cats/a.png", "d.png"]
    assert dataset.images[:, 0, 0, 0].tolist() == [7, 9, 7, 9]
    assert dataset.notes == ("2 of 4 images come from outside the folder, by links",)


CIRCLES = {
    "itself": ".",
    "the folder above": "..",
    "the root of all": "/",
    "a folder inside": "real",
}


@loop_over(name=CIRCLES)
def test_a_link_to_what_is_searched_anyway_is_not_followed(name, tmp_path):
    folder = tmp_path / name.replace(" ", "-")
    put(folder / "real" / "a.png")
    (folder / "link").symlink_to(CIRCLES[name])
    dataset = load(folder)
    assert dataset.files == ["real/a.png"]
    assert dataset.notes == ("1 link to a folder not followed: link",)


def test_links_to_folders_further_below_are_not_followed(tmp_path):
    put(tmp_path / "far" / "a.png")
    put(tmp_path / "here" / "cats" / "b.png")
    (tmp_path / "here" / "cats" / "more").symlink_to(tmp_path / "far")
    (tmp_path / "here" / "far").symlink_to(tmp_path / "far")
    (tmp_path / "far" / "round").symlink_to(tmp_path / "here")
    dataset = load(tmp_path / "here")
    assert dataset.files == ["cats/b.png", "far/a.png"]
    assert dataset.pictures.links == ["cats/more", "far/round"]


def test_two_links_to_one_folder_are_one_class(tmp_path):
    put(tmp_path / "far" / "a.png")
    put(tmp_path / "far" / "sub" / "b.png")
    (tmp_path / "here").mkdir()
    for name, target in {"one": "far", "two": "far", "part": "far/sub"}.items():
        (tmp_path / "here" / name).symlink_to(tmp_path / target)
    dataset = load(tmp_path / "here")
    assert dataset.files == ["one/a.png", "one/sub/b.png"]
    assert dataset.pictures.links == ["part", "two"]


@loop_over(make=[os.mkfifo, lambda path: path.symlink_to(path.name), lambda path: path.symlink_to("nothing")])
def test_what_is_no_file_is_bad(make, tmp_path, refuses):
    for old in tmp_path.iterdir():
        old.unlink()
    put(tmp_path / "a.png")
    make(tmp_path / "b.png")
    with refuses(tmp_path / "b.png", "cannot be read as an image: ", "--skip-bad"):
        load(tmp_path)
    assert [name for name, _ in load(tmp_path, skip_bad=True).skipped] == ["b.png"]


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "fsencode"), reason="names are no bytes")
def test_names_of_any_bytes_are_read_in_order_and_shown(tmp_path, refuses):
    names = [b"a b.png", b"\xff\xfe.png", "Катя.png".encode(), b"line\nbreak.png", b"-rf.png", b"a'\"$(x).png"]
    for value, name in enumerate(names):
        try:
            put(tmp_path / os.fsdecode(name), value)
        except OSError:
            pytest.skip("this file system has names of UTF-8 only")
    dataset = load(tmp_path)
    assert dataset.files == sorted(os.fsdecode(name) for name in names)
    assert [names[value] for value in dataset.images[:, 0, 0, 0]] == [os.fsencode(name) for name in dataset.files]
    (tmp_path / os.fsdecode(b"\xff\xfe.png")).write_bytes(b"no picture")
    with refuses("/??.png: cannot be read as an image"):
        load(tmp_path)
    note = load(tmp_path, skip_bad=True).notes[0]
    assert note.startswith("1 of 6 files left out: ??.png (cannot be read as an image: no picture in a format of")
    note.encode("ascii")


def test_content_of_another_kind_is_named_without_python_s_words(tmp_path, refuses):
    (tmp_path / "a.jpg").write_bytes(b"<!DOCTYPE html><title>404</title>")
    with refuses(tmp_path / "a.jpg", "no picture in a format of", "JPEG"):
        load(tmp_path)
    with pytest.raises(DataError) as caught:
        load(tmp_path)
    assert "<" not in str(caught.value)


def test_bad_files_are_counted_and_some_are_named(tmp_path, refuses):
    for number in range(12):
        put(tmp_path / f"{number:02}.png", number)
    for number in range(0, 12, 2):
        (tmp_path / f"{number:02}.png").write_bytes(b"bad")
    dataset = load(tmp_path, skip_bad=True)
    assert dataset.images[:, 0, 0, 0].tolist() == [1, 3, 5, 7, 9, 11]
    assert dataset.files == [f"{number:02}.png" for number in (1, 3, 5, 7, 9, 11)]
    assert [name for name, _ in dataset.skipped] == [f"{number:02}.png" for number in (0, 2, 4, 6, 8, 10)]
    assert dataset.notes[0].startswith("6 of 12 files left out: 00.png (cannot be read as an image: ")
    assert dataset.notes[0].endswith("and 1 more")
    with refuses(tmp_path / "00.png", "--skip-bad leaves out bad files"):
        load(tmp_path)
    for number in range(12):
        (tmp_path / f"{number:02}.png").write_bytes(b"bad")
    with refuses(f"{tmp_path}: none of 12 files can be used; the first: {tmp_path / '00.png'}: "):
        load(tmp_path, skip_bad=True)


def test_the_first_good_picture_gives_the_size(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (9, 9))
    (tmp_path / "a.png").write_bytes(png(noise)[:100])  # its header is whole
    (tmp_path / "b.png").write_bytes(png(noise))
    assert load(tmp_path, skip_bad=True).files == ["b.png"]
    assert load(tmp_path, skip_bad=True, image_size=2).files == ["b.png"]


@pytest.mark.parametrize("name", ["digits", "ring", "a.npy"])
def test_settings_of_pictures_are_refused_for_other_data(name, refuses):
    with refuses(name, "--skip-bad", "folder:photos"):
        data.load(name, skip_bad=True)
    with refuses(name, "--background", "folder:photos"):
        data.load(name, background="white")
