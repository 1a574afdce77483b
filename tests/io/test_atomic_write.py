"""Files are whole or not there, the same bytes for the same arrays, and never unpickled."""

import contextlib
import os
import stat
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minigan.errors import CheckpointError
from minigan.io.atomic_write import atomic_path, load_arrays, save_arrays


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "dense.kernel": rng.normal(size=(3, 4)).astype(np.float32),
        "dense.bias": np.zeros(4, np.float32),
        "empty": np.empty((0, 2), np.float64),
    }


# atomic_path


def test_what_the_block_wrote_takes_the_place_of_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_is_in_the_same_folder_and_has_the_same_suffix(tmp_path):
    with atomic_path(tmp_path / "a.png") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".png"
        assert temporary.name.startswith(".")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with contextlib.suppress(error), atomic_path(path) as temporary:
        temporary.write_text("half of")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_exception_a_new_file_is_absent(tmp_path):
    with contextlib.suppress(ValueError), atomic_path(tmp_path / "a.txt") as temporary:
        temporary.write_text("half of")
        raise ValueError
    assert not list(tmp_path.iterdir())


def test_a_path_that_cannot_be_replaced_leaves_no_temporary_file(tmp_path):
    folder = tmp_path / "a.txt"
    folder.mkdir()
    with pytest.raises((IsADirectoryError, PermissionError)), atomic_path(folder):
        pass
    assert list(tmp_path.iterdir()) == [folder]


def test_a_block_that_moves_its_file_away_gets_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "a.txt") as temporary:
        temporary.unlink()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_file_is_as_readable_as_the_umask_says(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        with atomic_path(tmp_path / "a.txt"):
            pass
        assert os.umask(mask) == mask, "the umask was not restored"
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == mode


# save_arrays and load_arrays


def test_arrays_come_back_bit_for_bit(tmp_path, arrays):
    save_arrays(tmp_path / "a.npz", arrays)
    loaded = load_arrays(tmp_path / "a.npz")
    assert list(loaded) == list(arrays)
    for name, array in arrays.items():
        assert loaded[name].dtype == array.dtype
        assert loaded[name].shape == array.shape
        assert loaded[name].tobytes() == array.tobytes()


def test_the_same_arrays_make_the_same_bytes_at_any_time(tmp_path, arrays, monkeypatch):
    save_arrays(tmp_path / "a.npz", arrays)
    monkeypatch.setattr(time, "time", lambda: 1.5e9)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(1.5e9))
    save_arrays(tmp_path / "b.npz", arrays)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_objects_are_not_saved_and_leave_no_file(tmp_path):
    with pytest.raises(ValueError, match="expected a to hold numbers, got objects"):
        save_arrays(tmp_path / "a.npz", {"a": np.array([{}], dtype=object)})
    assert not list(tmp_path.iterdir())


def test_other_programs_read_the_file_with_plain_numpy(tmp_path, arrays):
    save_arrays(tmp_path / "a.npz", arrays)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert sorted(file.files) == sorted(arrays)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(b"\x93NUMPY") + 140] ^= 0xFF  # in the first array's values: zip's checksum tells
    path.write_bytes(content)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("weights\nof a kind\n")


def pickled(path: Path) -> None:
    np.savez(path, a=np.array([{}], dtype=object))


def pickle_alone(path: Path) -> None:
    path.write_bytes(b"\x80\x04K\x01.")


def npy(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def foreign_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("dense.kernel", "no array")


@pytest.mark.parametrize("damage", [truncated, flipped, emptied, text, pickled, pickle_alone, npy, foreign_zip])
def test_a_damaged_or_foreign_file_is_refused_by_name(tmp_path, arrays, damage):
    path = tmp_path / "weights.npz"
    save_arrays(path, arrays)
    damage(path)
    with pytest.raises(CheckpointError, match=r"expected weights in .*weights\.npz, found a damaged or foreign file"):
        load_arrays(path)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(CheckpointError, match=r"expected weights in .*none\.npz, found no such file"):
        load_arrays(tmp_path / "none.npz")


def test_a_folder_is_no_file_of_weights(tmp_path):
    with pytest.raises(CheckpointError, match="expected weights in"):
        load_arrays(tmp_path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255), cut=st.integers(0, 10**6), whole=st.booleans())
def test_whatever_is_damaged_the_error_is_a_checkpoint_error(tmp_path, place, byte, cut, whole):
    path = tmp_path / "a.npz"
    with path.open("wb") as file:
        np.savez_compressed(file, a=np.arange(500), b=np.linspace(0, 1, 50))
    content = bytearray(path.read_bytes())
    content[place % len(content)] = byte
    path.write_bytes(content if whole else content[: cut % len(content)])
    try:
        loaded = load_arrays(path)
    except CheckpointError:
        return
    assert all(isinstance(array, np.ndarray) for array in loaded.values())
