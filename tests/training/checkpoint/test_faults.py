"""Nothing that was saved is ever lost: calls that fail, full disks, folders that vanish, crashes, power cuts."""

import contextlib
import errno
import os
import shutil
import sys

import numpy as np
import pytest

from minigan.errors import RunError
from minigan.io.atomic_write import PARTIAL, atomic_path, remove_leftovers, save_arrays, write_pieces
from minigan.training import Saved
from minigan.training.checkpoint.file import Checkpoint, read_checkpoint
from minigan.training.checkpoint.folder import CheckpointFolder
from tests.faults import Crash, Fault, Recorded, after_power_cut, every_fault, full_disk

FAILURES = [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EACCES]


def at(step: int) -> Checkpoint:
    return Checkpoint({"x": np.full(500, step, np.float32), "y": np.arange(9)}, {"step": step})


def saved_in(folder) -> list[int]:
    """The steps of the checkpoints that are there; each must be whole and what was saved."""
    found = []
    for path in sorted(folder.glob("step-*")):
        checkpoint = read_checkpoint(path)
        np.testing.assert_array_equal(checkpoint.arrays["x"], at(checkpoint.state["step"]).arrays["x"])
        found.append(checkpoint.state["step"])
    return found


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("kind", ["open", "write", "sync", "close", "rename", "any"])
def test_whatever_call_fails_no_checkpoint_is_lost_and_one_error_says_why(tmp_path, kind, failure):
    heard: list = []
    folder = CheckpointFolder(tmp_path / "checkpoints", keep=2, listener=heard.append)
    folder.save(1, at(1))
    folder.save(2, at(2))
    number, errors = 3, []

    def save():
        try:
            folder.save(number, at(number))
        except RunError as error:
            errors.append(str(error))

    for fault in every_fault(kind, failure, save):
        reported = [int(event.path.name[5:-11]) for event in heard]
        there = saved_in(folder.folder)
        if errors:
            assert os.strerror(failure) in errors.pop()
            # The last call makes the name durable: when it fails, the file is there, whole.
            assert there in ([1, 2], [1, 2, 3])
            assert reported == [1, 2]
            assert CheckpointFolder(folder.folder).newest()[0] == there[-1]
            folder.path(3).unlink(missing_ok=True)
        elif not fault.met:
            assert there == [2, 3]
            assert reported == [1, 2, 3]
        else:  # an old file could not be removed
            assert kind == "any"
            assert reported == [1, 2, 3]
            assert there == [1, 2, 3]
            heard.pop()
            folder.path(3).unlink()
            folder.good.pop(3)
        assert not list(folder.folder.glob(f"{PARTIAL}*"))


@pytest.mark.parametrize("room", [0, 1, 100, 2000])
def test_a_full_disk_leaves_the_checkpoints_that_are_there_and_nothing_else(tmp_path, room):
    folder = CheckpointFolder(tmp_path)
    folder.save(1, at(1))
    with (
        full_disk(room),
        pytest.raises(RunError, match=r"No space left on device; the checkpoints before it are as they"),
    ):
        folder.save(2, at(2))
    assert saved_in(tmp_path) == [1]
    assert len(list(tmp_path.iterdir())) == 1
    folder.save(2, at(2))
    assert saved_in(tmp_path) == [1, 2]


def test_a_system_that_takes_a_few_bytes_at_a_time_gets_them_all(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "minigan.io.atomic_write.system.write", lambda handle, data: os.write(handle, data[:97]), raising=False
    )
    CheckpointFolder(tmp_path).save(1, at(1))
    assert saved_in(tmp_path) == [1]


def test_a_folder_that_was_removed_is_an_error_and_not_made_again(tmp_path):
    folder = CheckpointFolder(tmp_path / "checkpoints")
    folder.save(1, at(1))
    shutil.rmtree(folder.folder)
    with pytest.raises(RunError, match=r"expected a place for a checkpoint, got .*, for its folder is gone"):
        folder.save(2, at(2))
    assert not folder.folder.exists()


def test_a_folder_that_vanishes_in_the_middle_of_a_write_is_an_error(tmp_path, monkeypatch):
    folder = CheckpointFolder(tmp_path / "checkpoints")

    def sync(handle):
        shutil.rmtree(folder.folder, ignore_errors=True)

    monkeypatch.setattr("minigan.io.atomic_write.system.sync", sync, raising=False)
    with pytest.raises(RunError, match="for its folder is gone"):
        folder.save(2, at(2))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_became_read_only_is_an_error(tmp_path):
    folder = CheckpointFolder(tmp_path)
    folder.save(1, at(1))
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(RunError, match="Permission denied"):
            folder.save(2, at(2))
    finally:
        tmp_path.chmod(0o700)
    assert saved_in(tmp_path) == [1]


def test_a_process_that_dies_at_any_call_leaves_the_last_checkpoint_it_reported(tmp_path):
    number = 1
    while True:
        heard: list = []
        place = tmp_path / str(number)
        with Fault("any", number, Crash) as fault:
            try:
                folder = CheckpointFolder(place, keep=1, listener=heard.append)
                for step in (1, 2, 3):
                    folder.save(step, at(step))
            except Crash:
                pass
        reported = [int(event.path.name[5:-11]) for event in heard if isinstance(event, Saved)]
        found = CheckpointFolder(place).newest()
        assert (found[0] if found else 0) >= max(reported, default=0)
        assert not list(place.glob(f"{PARTIAL}*"))
        saved_in(place)
        if not fault.met:
            break
        number += 1
    assert reported == [1, 2, 3]
    assert number > 20


@pytest.mark.skipif(sys.platform == "win32", reason="no folder can be synced there")
@pytest.mark.parametrize("early_names", [False, True])
def test_a_power_cut_after_any_call_leaves_the_last_checkpoint_that_was_reported(tmp_path, early_names):
    with Recorded() as calls:
        folder = CheckpointFolder(tmp_path / "real", keep=1, listener=calls.note)
        for step in (1, 2, 3):
            folder.save(step, at(step))
    for end in range(len(calls.log) + 1):
        log = calls.log[:end]
        place = tmp_path / str(end)
        place.mkdir()
        for name, content in after_power_cut(log, early_names).items():
            (place / name).write_bytes(content)
        reported = [int(event.path.name[5:-11]) for kind, event, _ in log if kind == "note"]
        found = CheckpointFolder(place).newest()
        assert (found[0] if found else 0) >= max(reported, default=0)
        saved_in(place)


# What they are made of


def test_a_power_cut_in_the_test_s_own_disk_takes_what_was_not_synced(tmp_path):
    with Recorded() as calls:
        write_pieces(tmp_path / "a", [b"abc", np.arange(2, dtype=np.uint8)])
    kinds = [kind for kind, *_ in calls.log]
    assert kinds == ["create", "write", "write", "sync", "rename", "sync"]
    assert after_power_cut(calls.log[:3], early_names=False) == {}
    assert list(after_power_cut(calls.log[:3], early_names=True).values()) == [b""]
    assert after_power_cut(calls.log[:5], early_names=True) == {"a": b"abc\0\1"}
    assert after_power_cut(calls.log, early_names=False) == {"a": b"abc\0\1"}


@pytest.mark.parametrize("kind", ["open", "sync", "rename"])
def test_weights_are_as_durable_as_checkpoints(tmp_path, kind):
    save_arrays(tmp_path / "a.npz", {"x": np.zeros(3)})
    before = (tmp_path / "a.npz").read_bytes()

    def save():
        with contextlib.suppress(OSError):
            save_arrays(tmp_path / "a.npz", {"x": np.ones(3)})

    for fault in every_fault(kind, errno.ENOSPC, save):
        if fault.met and (tmp_path / "a.npz").read_bytes() != before:
            # The new name is there, and only its durability is not certain.
            assert kind in ("open", "sync")
            with np.load(tmp_path / "a.npz") as content:
                assert content["x"].tolist() == [1, 1, 1]
            (tmp_path / "a.npz").write_bytes(before)
        assert len(list(tmp_path.iterdir())) == 1
    assert (tmp_path / "a.npz").read_bytes() != before


@pytest.mark.skipif(sys.platform == "win32", reason="no folder can be synced there")
def test_a_file_system_that_cannot_sync_folders_is_no_error(tmp_path, monkeypatch):
    count = 0

    def sync(handle):
        nonlocal count
        count += 1
        if count == 2:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr("minigan.io.atomic_write.system.sync", sync, raising=False)
    with atomic_path(tmp_path / "a") as temporary:
        temporary.write_text("a")
    assert count == 2
    assert (tmp_path / "a").read_text() == "a"


def test_no_handle_stays_open_whatever_fails(tmp_path):
    def handles() -> int:
        return len(os.listdir("/proc/self/fd"))

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("no /proc here")
    folder = CheckpointFolder(tmp_path)
    before = handles()

    def save():
        with contextlib.suppress(RunError):
            folder.save(1, at(1))

    for _ in every_fault("any", errno.EIO, save):
        assert handles() == before


def test_leftovers_are_reported_and_removed(tmp_path):
    (tmp_path / f"{PARTIAL}1.png").touch()
    (tmp_path / "a.png").touch()
    assert remove_leftovers(tmp_path) == [tmp_path / f"{PARTIAL}1.png"]
    assert remove_leftovers(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
