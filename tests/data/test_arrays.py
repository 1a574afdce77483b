"""NumPy files: found by their keys, never unpickled, never guessed at."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from minigan import data
from minigan.io import safe_read


class Trap:
    """An object that tells when it is unpickled."""

    sprung = False

    def __reduce__(self):
        return _spring, ()


def _spring() -> None:
    Trap.sprung = True


def save(path: Path, array: np.ndarray, **options) -> str:
    np.save(path, array, **options)
    return str(path)


def savez(path: Path, **arrays: np.ndarray) -> str:
    np.savez_compressed(path, **arrays)
    return str(path)


def test_bytes_come_back_as_they_are(tmp_path, images):
    name = save(tmp_path / "a.npy", images)
    dataset = data.load(name)
    np.testing.assert_array_equal(dataset.images[..., 0], images)
    assert (dataset.images.dtype, dataset.value_range) == (np.uint8, (0, 255))
    assert (dataset.name, dataset.labels) == (name, None)


def test_colour_images_and_capital_extensions_do(tmp_path):
    with (tmp_path / "A.NPY").open("wb") as file:
        np.save(file, np.zeros((2, 4, 4, 3), np.uint8))
    assert data.load(str(tmp_path / "A.NPY")).shape == (4, 4, 3)


@pytest.mark.parametrize(("key", "label_key"), [("images", "labels"), ("x_train", "y_train")])
def test_images_and_labels_are_found_by_their_keys(key, label_key, tmp_path, images, labels):
    other = np.zeros(3)
    name = savez(tmp_path / "a.npz", x_test=other, **{key: images, label_key: labels})
    dataset = data.load(name)
    np.testing.assert_array_equal(dataset.images[..., 0], images)
    np.testing.assert_array_equal(dataset.labels, labels)


def test_labels_of_the_other_convention_are_not_mixed_in(tmp_path, images, labels):
    assert data.load(savez(tmp_path / "a.npz", images=images, y_train=labels)).labels is None


def test_the_only_array_needs_no_known_key(tmp_path, images):
    dataset = data.load(savez(tmp_path / "a.npz", whatever=images))
    np.testing.assert_array_equal(dataset.images[..., 0], images)


def test_several_arrays_without_a_known_key_are_named(tmp_path, images, refuses):
    name = savez(tmp_path / "a.npz", faces=images, names=images)
    with refuses(f"{name}: expected an array named images or x_train, or only one, found faces, names"):
        data.load(name)


def test_an_empty_archive_is_refused(tmp_path, refuses):
    with refuses("found none"):
        data.load(savez(tmp_path / "a.npz"))


def test_floats_need_their_range_stated(tmp_path, images, refuses):
    name = save(tmp_path / "a.npy", images / np.float32(255))
    with refuses(f"{name}: float32 images need the range of their values: --data-range LOW HIGH"):
        data.load(name)
    dataset = data.load(name, value_range=(0, 1))
    assert dataset.value_range == (0, 1)
    with refuses(f"{name}: expected values from 0 to 0.5, got 0 to 0.545"):
        data.load(name, value_range=(0, 0.5))


def test_nan_is_refused(tmp_path, refuses):
    name = save(tmp_path / "a.npy", np.full((1, 2, 2), np.nan))
    with refuses(f"{name}: expected values from 0 to 1, got NaN"):
        data.load(name, value_range=(0, 1))


@pytest.mark.parametrize("shape", [(10, 784), (10, 3, 32, 32), (10, 4, 4, 2)])
def test_other_shapes_are_refused(shape, tmp_path, refuses):
    name = save(tmp_path / "a.npy", np.zeros(shape, np.uint8))
    with refuses(f"{name}: expected shape (N, H, W) or (N, H, W, C) with C of 1 or 3, got {shape}"):
        data.load(name)


def test_object_arrays_are_refused_and_not_unpickled(tmp_path, refuses):
    trapped = np.array([Trap()], object)
    for name in (
        save(tmp_path / "a.npy", trapped, allow_pickle=True),
        savez(tmp_path / "a.npz", images=trapped),
    ):
        with refuses(f"{name}: holds Python objects: pickle is refused"):
            data.load(name)
    assert not Trap.sprung


@pytest.mark.parametrize("extension", ["npy", "npz"])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_files_are_refused_and_not_unpickled(extension, protocol, tmp_path, refuses):
    path = tmp_path / f"a.{extension}"
    path.write_bytes(pickle.dumps(Trap(), protocol))
    with refuses(f"{path}: no .npy or .npz file, or damaged (a pickle is refused)"):
        data.load(str(path))
    assert not Trap.sprung


@pytest.mark.parametrize("extension", ["npy", "npz"])
def test_every_file_cut_short_is_refused(extension, tmp_path, images, refuses):
    path = tmp_path / f"a.{extension}"
    (save if extension == "npy" else lambda path, array: savez(path, images=array))(path, images)
    content = path.read_bytes()
    for length in {0, 1, 5, 6, 7, 20, 60, 127, 128, len(content) // 2, len(content) - 1}:
        path.write_bytes(content[:length])
        with refuses(f"{path}: ", "damaged"):
            data.load(str(path))


def test_damaged_contents_are_refused(tmp_path, images, refuses):
    path = Path(savez(tmp_path / "a.npz", images=images))
    content = bytearray(path.read_bytes())
    for position in (70, 110, 150):
        broken = content.copy()
        broken[position] ^= 255
        path.write_bytes(broken)
        with refuses(f"{path}: damaged, or no NumPy file: "):
            data.load(str(path))


def test_a_missing_file_is_refused(tmp_path, refuses):
    for extension in ("npy", "npz"):
        with refuses(f"no such file: {tmp_path / 'none'}.{extension}"):
            data.load(f"{tmp_path / 'none'}.{extension}")
    (tmp_path / "folder.npy").mkdir()
    with refuses("no such file"):
        data.load(str(tmp_path / "folder.npy"))


def test_there_is_only_a_split_to_train_on(tmp_path, images, refuses):
    name = save(tmp_path / "a.npy", images)
    with refuses(name, "no split test"):
        data.load(name, split="test")


def test_a_header_that_claims_terabytes_is_refused_before_memory_is_asked_for(tmp_path, images, refuses):
    path = Path(save(tmp_path / "a.npy", images))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"(7, 5, 4), }         ", b"(7, 5, 40000000000000"[:-8] + b"00), }  "))
    assert len(path.read_bytes()) == len(content)
    with refuses(f"{path}: damaged, or no NumPy file: expected", "bytes for uint8 of shape (7, 5, 4", "got 140"):
        data.load(str(path))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch, refuses):
    monkeypatch.setattr(safe_read, "UNPACKED", 10_000)
    monkeypatch.setattr(safe_read, "free_memory", lambda: 400_000)
    name = savez(tmp_path / "a.npz", images=np.zeros((100, 50, 50), np.uint8))
    with refuses(
        f"{name}: expected at most 200,000 bytes unpacked, got 250,128, packed ", ":1: save the images as .npy"
    ):
        data.load(name)


def test_an_honest_file_that_packs_hundreds_to_one_is_read_if_the_memory_holds_it(tmp_path, monkeypatch):
    monkeypatch.setattr(safe_read, "UNPACKED", 10_000)
    images = np.zeros((2000, 50, 50), np.uint8)
    images[:, 10:20] = 255
    name = savez(tmp_path / "a.npz", images=images)
    assert images.nbytes > 200 * Path(name).stat().st_size
    np.testing.assert_array_equal(data.load(name).images[..., 0], images)


def test_a_directory_that_states_more_than_deflate_can_pack_is_refused(tmp_path, monkeypatch, refuses):
    monkeypatch.setattr(safe_read, "free_memory", lambda: 2**50)
    path = Path(savez(tmp_path / "a.npz", images=np.zeros((10, 5, 5), np.uint8)))
    content = bytearray(path.read_bytes())
    size = content.rindex(b"PK\x01\x02") + 24
    content[size : size + 4] = (2**31).to_bytes(4, "little")
    path.write_bytes(content)
    with refuses(f"{path}: expected at most 268,435,456 bytes unpacked, got 2,147,483,648"):
        data.load(str(path))


def test_of_an_archive_only_what_is_needed_is_read(tmp_path, images):
    name = savez(tmp_path / "a.npz", images=images, other=np.array([{}], object))
    assert len(data.load(name)) == 7
