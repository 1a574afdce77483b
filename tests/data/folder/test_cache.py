"""The cache of decoded images: the same images without decoding, and never an error."""

import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from minigan import data
from minigan.data.folder import FolderDataset, cache, reader
from minigan.data.folder.dataset import Pictures
from tests.loops import loop_over

from .writers import png


@pytest.fixture
def pictures(tmp_path, monkeypatch) -> Path:
    """A folder of three pictures, a cache of its own, and no wait for files to grow old."""
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("MINIGAN_CACHE", raising=False)
    monkeypatch.setattr(cache, "WORTH", 0)
    monkeypatch.setattr(cache, "YOUNG", -1000)
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        write(folder / f"{number}.png", number)
    return folder


def write(path: Path, seed: int) -> None:
    path.write_bytes(png(np.random.default_rng(seed).integers(0, 256, (8, 8))))


@pytest.fixture
def decoded(monkeypatch) -> list[Path]:
    """The folders that were decoded since the test began."""
    folders: list[Path] = []

    def decode(folder: Path, *arguments):
        folders.append(folder)
        return original(folder, *arguments)

    original = reader.decode
    monkeypatch.setattr(reader, "decode", decode)
    return folders


def load(folder: Path, **settings) -> FolderDataset:
    dataset = data.load(f"folder:{folder}", **settings)
    assert isinstance(dataset, FolderDataset)
    return dataset


def entries(pictures: Path) -> list[Path]:
    return sorted((pictures.parent / "cache" / "images").glob("*"))


def equal(one: Pictures, other: Pictures) -> None:
    np.testing.assert_array_equal(one.images, other.images)
    assert one[1:] == other[1:]


def test_the_second_start_reads_what_the_first_decoded(pictures, decoded):
    (pictures / "notes.txt").touch()
    (pictures / "bad.png").write_bytes(b"bad")
    first = load(pictures, skip_bad=True)
    second = load(pictures, skip_bad=True)
    assert len(decoded) == 1
    equal(first.pictures, second.pictures)
    assert second.notes == first.notes
    assert second.notes
    assert second.images.flags.writeable
    np.testing.assert_array_equal(second.batch([0, 2]), first.batch([0, 2]))


def test_changes_of_the_images_in_memory_stay_there(pictures, decoded):
    load(pictures)
    images = load(pictures).images
    kept = images.copy()
    images[:] = 0
    np.testing.assert_array_equal(load(pictures).images, kept)
    assert len(decoded) == 1


SETTINGS = [
    {"image_size": 4},
    {"image_size": (4, 8)},
    {"image_size": (8, 4)},
    {"channels": 3},
    {"value_range": (0, 255)},
    {"background": "white"},
]


def test_each_setting_has_its_own_entry(pictures, decoded):
    for settings in ({}, *SETTINGS):
        load(pictures, **settings)
    assert len(decoded) == len(entries(pictures)) == len(SETTINGS) + 1
    for settings in ({}, *SETTINGS):
        np.testing.assert_array_equal(load(pictures, **settings).images, load(pictures, cache=False, **settings).images)
    assert len(decoded) == 2 * len(SETTINGS) + 2


def rewrite(folder: Path) -> None:
    """Another content of the same size, and the old time of change."""
    path = folder / "1.png"
    state, size = path.stat(), path.stat().st_size
    for seed in range(100):
        write(path, 50 + seed)
        if path.stat().st_size == size:
            break
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


CHANGES = {
    "a new file": lambda folder: write(folder / "3.png", 3),
    "a file less": lambda folder: (folder / "1.png").unlink(),
    "another name": lambda folder: (folder / "1.png").rename(folder / "9.png"),
    "another content": lambda folder: write(folder / "1.png", 77),
    "another content with the old time": rewrite,
    "files that change names": lambda folder: [
        (folder / a).rename(folder / b) for a, b in [("0.png", "x"), ("1.png", "0.png"), ("x", "1.png")]
    ],
}


@loop_over(change=CHANGES)
def test_a_change_of_the_files_is_seen(change, pictures, decoded):
    folder = pictures.parent / change.replace(" ", "-")
    shutil.copytree(pictures, folder)
    load(folder)
    decoded.clear()
    time.sleep(0.02)  # a tick of the clock
    CHANGES[change](folder)
    images = load(folder).images
    assert len(decoded) == 1
    np.testing.assert_array_equal(images, load(folder, cache=False).images)


def test_a_folder_that_is_moved_keeps_its_entry(pictures, decoded):
    images = load(pictures).images
    pictures.rename(pictures.parent / "moved")
    moved = load(pictures.parent / "moved")
    assert len(decoded) == 1
    assert moved.name == f"folder:{pictures.parent / 'moved'}"
    np.testing.assert_array_equal(moved.images, images)


def test_files_that_were_just_written_are_not_kept(pictures, decoded, monkeypatch):
    monkeypatch.setattr(cache, "YOUNG", 3)
    load(pictures)
    assert entries(pictures) == []
    monkeypatch.setattr(cache, "YOUNG", 0.2)
    time.sleep(0.5)
    load(pictures)
    assert len(entries(pictures)) == 1


def test_quick_sets_are_not_kept(pictures, monkeypatch):
    monkeypatch.setattr(cache, "WORTH", 60)
    load(pictures)
    assert entries(pictures) == []


@loop_over(how=["argument", "environment"])
def test_the_cache_can_be_turned_off(how, pictures, decoded, monkeypatch):
    if how == "environment":
        monkeypatch.setenv("MINIGAN_CACHE", "0")
    for _ in range(2):
        load(pictures, cache=how != "argument")
    assert entries(pictures) == []
    monkeypatch.delenv("MINIGAN_CACHE", raising=False)


def damage(content: bytes, kind: str) -> bytes:
    changed = bytearray(content)
    match kind:
        case "cut":
            return content[:-1]
        case "longer":
            return content + b"\0"
        case "empty":
            return b""
        case "last byte":
            changed[-1] ^= 1
        case "magic":
            changed[0] ^= 1
        case "notes":
            changed[60] ^= 1
        case "length":
            changed[16:24] = b"\xff" * 8
        case "shape":
            place = content.index(b"[3, 8")
            changed[place + 1 : place + 2] = b"9"
    return bytes(changed)


@loop_over(kind=["cut", "empty", "last byte", "magic", "notes", "length", "shape", "longer"])
def test_a_damaged_entry_is_decoded_again(kind, pictures, decoded):
    images = load(pictures).images
    (path,) = entries(pictures)
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(damage(whole, kind))
    decoded.clear()
    np.testing.assert_array_equal(load(pictures).images, images)
    assert len(decoded) == 1
    assert path.read_bytes() == whole


def test_every_byte_of_an_entry_is_checked(pictures):
    images = load(pictures).images
    (path,) = entries(pictures)
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    for place in {*range(0, 48, 3), *random.integers(0, len(whole), 40).tolist()}:
        changed = bytearray(whole)
        changed[place] ^= 1 << int(random.integers(8))
        path.unlink()
        path.write_bytes(changed)
        np.testing.assert_array_equal(load(pictures).images, images)
        path.unlink()
        path.write_bytes(whole)


def no_folder(home: Path) -> None:
    home.write_bytes(b"a file in the folder's place")


def entry_is_folder(home: Path) -> None:
    for path in (home / "images").iterdir():
        path.unlink()
        path.mkdir()


def entry_is_pipe(home: Path) -> None:
    for path in (home / "images").iterdir():
        path.unlink()
        os.mkfifo(path)


@pytest.mark.skipif(os.name == "nt", reason="needs pipes")
@loop_over(obstacle=[no_folder, entry_is_folder, entry_is_pipe])
def test_a_cache_that_cannot_be_used_is_no_error(obstacle, pictures, monkeypatch):
    home = pictures.parent / obstacle.__name__
    monkeypatch.setenv("MINIGAN_DATA", str(home))
    if obstacle is not no_folder:
        load(pictures)
    obstacle(home)
    assert len(load(pictures)) == 3


def test_a_full_disk_is_no_error(pictures, monkeypatch):
    def full(path, pieces):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "write_pieces", full)
    assert len(load(pictures)) == 3
    monkeypatch.undo()
    assert entries(pictures) == []


def test_a_set_with_bad_files_serves_only_those_who_skip_them(pictures, decoded, refuses):
    (pictures / "bad.png").write_bytes(b"bad")
    load(pictures, skip_bad=True)
    with refuses(pictures / "bad.png", "--skip-bad"):
        load(pictures)
    assert len(load(pictures, skip_bad=True)) == 3
    (pictures / "bad.png").unlink()
    load(pictures)
    decoded.clear()
    load(pictures, skip_bad=True)
    assert decoded == []


@pytest.mark.skipif(os.name == "nt", reason="needs links")
def test_a_file_that_could_not_be_opened_this_time_is_not_remembered_as_bad(pictures):
    (pictures / "bad.png").symlink_to("later")
    assert len(load(pictures, skip_bad=True)) == 3
    assert entries(pictures) == []


def test_the_entries_used_last_are_kept(pictures, decoded, monkeypatch):
    for size in (2, 3, 4):
        load(pictures, image_size=size)
    monkeypatch.setattr(cache, "LIMIT", sum(path.stat().st_size for path in entries(pictures)) + 10)
    day = time.time() - 2 * cache.IN_USE
    for age, path in enumerate(sorted(entries(pictures), key=lambda path: path.stat().st_mtime)):
        os.utime(path, (day + age, day + age))
    load(pictures, image_size=2)  # the oldest is used again
    load(pictures, image_size=1)
    decoded.clear()
    for size in (1, 2, 4):
        load(pictures, image_size=size)
    assert decoded == []
    load(pictures, image_size=3)
    assert decoded == [pictures]


def test_entries_in_use_are_not_removed_and_large_ones_not_kept(pictures, monkeypatch):
    load(pictures, image_size=2)
    kept = entries(pictures)
    monkeypatch.setattr(cache, "LIMIT", kept[0].stat().st_size + 10)
    load(pictures, image_size=3)
    assert entries(pictures) == kept


def test_what_killed_runs_left_is_removed(pictures):
    load(pictures)
    home = pictures.parent / "cache" / "images"
    (home / ".partial-old").write_bytes(b"x")
    os.utime(home / ".partial-old", (0, 0))
    (home / ".partial-new").write_bytes(b"x")
    load(pictures, image_size=2)
    assert not (home / ".partial-old").exists()
    assert (home / ".partial-new").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_others_cannot_look_into_the_cache(pictures):
    load(pictures)
    assert (pictures.parent / "cache" / "images").stat().st_mode & 0o077 == 0


def test_threads_may_start_at_once(pictures):
    images = load(pictures, cache=False).images
    barrier = threading.Barrier(6)

    def start(_):
        barrier.wait()
        return load(pictures).images

    with ThreadPoolExecutor(6) as pool:
        for found in pool.map(start, range(6)):
            np.testing.assert_array_equal(found, images)
    assert [path.suffix for path in entries(pictures)] == [".images"]


PROGRAM = """
import sys
from minigan import data
from minigan.data.folder import cache
cache.WORTH, cache.YOUNG = 0, -1000
for size in range(1, 9):
    dataset = data.load("folder:" + sys.argv[1], image_size=size)
    assert dataset.shape == (size, size, 1) and len(dataset) == 3
"""


def test_two_runs_may_start_at_once(pictures):
    command = [sys.executable, "-c", PROGRAM, str(pictures)]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    assert [run.communicate(timeout=120)[1] for run in runs] == [b"", b""]
    assert {path.suffix for path in entries(pictures)} == {".images"}
    assert len(entries(pictures)) == 8


@pytest.mark.slow
def test_twenty_thousand_pictures_are_there_within_a_second(pictures):
    """On a machine that does something else, too, the best of five starts."""
    for number in range(20_000):
        path = pictures / f"{number % 10}" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png(np.full((64, 64, 3), number % 256)))
    for number in range(3):
        (pictures / f"{number}.png").unlink()
    images = load(pictures, channels=3).images
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        again = load(pictures, channels=3).images
        seconds.append(time.perf_counter() - begun)
    assert min(seconds) < 1
    np.testing.assert_array_equal(again, images)
