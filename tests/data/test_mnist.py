"""MNIST and Fashion-MNIST from files that are already on the machine."""

import dataclasses
import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from minigan import data
from minigan.data import mnist
from minigan.io.cache_folder import cache_folder

IMAGES, LABELS = mnist.FILES["train"]
SYSTEM_FOLDERS = {name: source.folders for name, source in mnist.SOURCES.items()}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache, and nobody to download from."""
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "cache"))
    for name, source in mnist.SOURCES.items():
        offline = dataclasses.replace(source, mirrors=(), folders=())
        monkeypatch.setitem(mnist.SOURCES, name, offline)
    return tmp_path / "cache"


def set_source(monkeypatch, name: str, **changes) -> None:
    monkeypatch.setitem(mnist.SOURCES, name, dataclasses.replace(mnist.SOURCES[name], **changes))


@pytest.fixture
def small_mnist(monkeypatch, as_idx, images, labels) -> dict[str, bytes]:
    """Files that pass for the published ones of both sets."""
    files = {
        IMAGES: as_idx(images),
        LABELS: as_idx(labels),
        "t10k-images-idx3-ubyte": as_idx(images[:3]),
        "t10k-labels-idx1-ubyte": as_idx(labels[:3]),
    }
    md5 = {file: hashlib.md5(content, usedforsecurity=False).hexdigest() for file, content in files.items()}
    for name in mnist.SOURCES:
        set_source(monkeypatch, name, md5=md5)
    return files


def put(folder: Path, files: dict[str, bytes], packed: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content, 1))
        else:
            (folder / name).write_bytes(content)
    return folder


def test_the_sources_are_complete():
    files = {file for pair in mnist.FILES.values() for file in pair}
    sums = [md5 for source in mnist.SOURCES.values() for md5 in source.md5.values()]
    assert all(set(source.md5) == files for source in mnist.SOURCES.values())
    assert len(set(sums)) == 8
    assert {len(md5) for md5 in sums} == {32}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_files_in_the_cache_are_found(name, packed, cache, small_mnist, images, labels):
    put(cache / name, small_mnist, packed)
    dataset = data.load(name)
    np.testing.assert_array_equal(dataset.images[..., 0], images)
    np.testing.assert_array_equal(dataset.labels, labels)
    assert (dataset.name, dataset.value_range) == (name, (0, 255))


def test_the_test_split_has_files_of_its_own(cache, small_mnist, images):
    put(cache / "mnist", {file: small_mnist[file] for file in mnist.FILES["test"]})
    np.testing.assert_array_equal(data.load("mnist", split="test").images[..., 0], images[:3])


def test_a_system_folder_is_searched_too(tmp_path, monkeypatch, small_mnist):
    set_source(monkeypatch, "fashion-mnist", folders=(put(tmp_path / "usr", small_mnist, packed=True),))
    assert len(data.load("fashion-mnist")) == 7


def test_debian_s_folder_is_known_for_fashion_only():
    assert SYSTEM_FOLDERS["fashion-mnist"] == (Path("/usr/share/datasets/fashion-mnist"),)
    assert SYSTEM_FOLDERS["mnist"] == ()


def test_a_damaged_file_is_passed_over_for_a_whole_one(cache, small_mnist):
    put(cache / "mnist", small_mnist, packed=True)
    (cache / "mnist" / IMAGES).write_bytes(small_mnist[IMAGES][:-1] + b"?")
    assert len(data.load("mnist")) == 7


def test_a_file_with_another_checksum_is_no_published_one(cache, small_mnist, refuses):
    files = put(cache / "mnist", small_mnist)
    wrong = small_mnist[IMAGES][:-1] + b"?"
    (files / IMAGES).write_bytes(wrong)
    found = hashlib.md5(wrong, usedforsecurity=False).hexdigest()
    expected = mnist.SOURCES["mnist"].md5[IMAGES]
    with refuses(f"mnist: cannot download {IMAGES}.gz", f"{files / IMAGES}: expected md5 {expected}", found):
        data.load("mnist")


def test_a_damaged_gzip_file_in_the_cache_is_reported(cache, small_mnist, refuses):
    files = put(cache / "mnist", small_mnist, packed=True)
    path = files / f"{LABELS}.gz"
    path.write_bytes(path.read_bytes()[:-6])
    with refuses(f"{path}: the gzip data are damaged"):
        data.load("mnist")


def test_without_a_setting_the_cache_is_the_user_s(monkeypatch):
    pooch = pytest.importorskip("pooch")
    monkeypatch.delenv("MINIGAN_DATA")
    assert cache_folder() == Path(pooch.os_cache("minigan"))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_a_named_folder_may_hold_any_images(name, packed, tmp_path, as_idx, images, labels):
    put(tmp_path / "mine", {IMAGES: as_idx(images), LABELS: as_idx(labels)}, packed)
    dataset = data.load(f"{name}:{tmp_path / 'mine'}")
    np.testing.assert_array_equal(dataset.images[..., 0], images)
    np.testing.assert_array_equal(dataset.labels, labels)
    assert dataset.name == f"{name}:{tmp_path / 'mine'}"


def test_a_home_folder_may_be_abbreviated(tmp_path, monkeypatch, small_mnist):
    put(tmp_path / "mine", small_mnist)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert len(data.load("mnist:~/mine", split="test")) == 3


def test_a_named_folder_is_not_filled_by_a_download(tmp_path, cache, small_mnist, refuses):
    put(cache / "mnist", small_mnist)
    put(tmp_path / "mine", {LABELS: small_mnist[LABELS]})
    with refuses(
        f"{tmp_path / 'mine'}: expected a file {IMAGES} or {IMAGES}.gz, also as train-images.idx3-ubyte, found {LABELS}"
    ):
        data.load(f"mnist:{tmp_path / 'mine'}")
    with refuses(f"no such folder: {tmp_path / 'none'}"):
        data.load(f"mnist:{tmp_path / 'none'}")


def test_a_truncated_file_in_a_named_folder_is_refused(tmp_path, small_mnist, refuses):
    put(tmp_path, small_mnist)
    (tmp_path / IMAGES).write_bytes(small_mnist[IMAGES][:-1])
    with refuses(f"{tmp_path / IMAGES}: expected 140 values for shape (7, 5, 4), got 139"):
        data.load(f"mnist:{tmp_path}")


def test_a_damaged_gzip_file_in_a_named_folder_is_refused(tmp_path, small_mnist, refuses):
    put(tmp_path, small_mnist, packed=True)
    path = tmp_path / f"{IMAGES}.gz"
    content = bytearray(path.read_bytes())
    content[-8] ^= 1  # the checksum
    path.write_bytes(content)
    with refuses(f"{path}: the gzip data are damaged: CRC check failed"):
        data.load(f"mnist:{tmp_path}")


def test_images_and_labels_must_be_as_many(tmp_path, as_idx, images, labels, refuses):
    put(tmp_path, {IMAGES: as_idx(images), LABELS: as_idx(labels[:6])})
    with refuses(f"mnist:{tmp_path}: expected 7 labels", "got uint8 of shape (6,)"):
        data.load(f"mnist:{tmp_path}")


def test_images_in_place_of_labels_are_refused(tmp_path, as_idx, images, refuses):
    put(tmp_path, {IMAGES: as_idx(images), LABELS: as_idx(images)})
    with refuses(f"{tmp_path / LABELS}: expected an idx1 file"):
        data.load(f"mnist:{tmp_path}")
