"""The folder of checkpoints: the last ones and the best stay, and the newest that is whole is found."""

import errno
import os

import numpy as np
import pytest

from minigan.errors import CheckpointError, ConfigError, RunError
from minigan.io.atomic_write import system
from minigan.training import Notice, Saved
from minigan.training.checkpoint.file import Checkpoint
from minigan.training.checkpoint.folder import CheckpointFolder


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where the folder is to be; nothing waits for the disk."""
    monkeypatch.setattr(system, "sync", lambda handle: None, raising=False)
    return tmp_path / "run" / "checkpoints"


def at(step: int, score: float | None = None) -> Checkpoint:
    return Checkpoint({"x": np.full(50, step, np.float32)}, {"step": step}, score)


def steps(folder: CheckpointFolder) -> list[int]:
    """The steps of the files that are there."""
    return [int(path.name[5:-11]) for path in sorted(folder.folder.iterdir())]


def damage(folder: CheckpointFolder, step: int) -> None:
    content = bytearray(folder.path(step).read_bytes())
    content[-40] ^= 1
    folder.path(step).write_bytes(content)


def test_the_newest_checkpoint_comes_back(place):
    folder = CheckpointFolder(place)
    for step in (3, 12, 7_000_000_000):
        folder.save(step, at(step))
    for there in (folder, CheckpointFolder(place)):
        step, checkpoint = there.newest()
        assert step == checkpoint.state["step"] == 7_000_000_000


def test_an_empty_folder_has_none(place):
    assert CheckpointFolder(place).newest() is None


def test_names_sort_as_the_steps_do(place):
    folder = CheckpointFolder(place, keep=9)
    for step in (2, 10, 100, 99_999):
        folder.save(step, at(step))
    assert steps(folder) == [2, 10, 100, 99_999]


@pytest.mark.parametrize("keep", [1, 2, 5])
def test_the_last_checkpoints_are_kept(place, keep):
    folder = CheckpointFolder(place, keep)
    for step in range(1, 8):
        folder.save(step, at(step))
        assert steps(folder) == list(range(max(1, step - keep + 1), step + 1))


def test_the_best_checkpoint_is_kept_as_well(place):
    folder = CheckpointFolder(place, keep=2)
    for step, score in enumerate([5.0, 2.0, 3.0, 4.0, 2.0, None, float("nan"), float("-inf")], start=1):
        folder.save(step, at(step, score))
    assert steps(folder) == [2, 7, 8]
    again = CheckpointFolder(place, keep=1)  # which has the scores from the files
    again.save(9, at(9))
    assert steps(again) == [2, 9]
    again.save(10, at(10, 1.5))
    assert steps(again) == [10]


def test_old_files_go_only_after_the_new_one_is_there(place, monkeypatch):
    folder = CheckpointFolder(place, keep=1)
    folder.save(1, at(1))
    there = []
    monkeypatch.setattr(system, "remove", lambda path: there.append(steps(folder)), raising=False)
    folder.save(2, at(2))
    assert there == [[1, 2]]


def test_a_checkpoint_is_reported_once_it_is_durable(place, monkeypatch):
    calls = []
    monkeypatch.setattr(system, "sync", lambda handle: calls.append("sync"), raising=False)
    folder = CheckpointFolder(place, keep=1, listener=calls.append)
    folder.save(1, at(1))
    assert calls == ["sync", "sync", Saved(folder.path(1), "checkpoint")]


def test_an_old_file_that_cannot_be_removed_is_no_error_and_goes_later(place, monkeypatch):
    folder = CheckpointFolder(place, keep=1)
    folder.save(1, at(1))
    with monkeypatch.context() as patch:

        def refuse(path):
            raise PermissionError(errno.EACCES, "no")

        patch.setattr(system, "remove", refuse, raising=False)
        folder.save(2, at(2))
    assert steps(folder) == [1, 2]
    folder.save(3, at(3))
    assert steps(folder) == [3]


def test_an_old_file_that_is_gone_is_no_error(place):
    folder = CheckpointFolder(place, keep=1)
    folder.save(1, at(1))
    folder.path(1).unlink()
    folder.save(2, at(2))
    assert steps(folder) == [2]


def test_a_damaged_newest_checkpoint_is_skipped_and_reported(place):
    folder = CheckpointFolder(place)
    for step in (1, 2, 3):
        folder.save(step, at(step))
    damage(folder, 2)
    damage(folder, 3)
    reported = []
    step, checkpoint = CheckpointFolder(place, listener=reported.append).newest()
    assert step == checkpoint.state["step"] == 1
    assert [(type(event), event.step, event.kind) for event in reported] == [
        (Notice, 3, "damaged checkpoint"),
        (Notice, 2, "damaged checkpoint"),
    ]
    assert "step-000000003.checkpoint, found a damaged or foreign file: its SHA-256" in reported[0].text


def test_a_checkpoint_damaged_since_it_was_checked_is_skipped_as_well(place):
    reported = []
    folder = CheckpointFolder(place, listener=reported.append)
    folder.save(1, at(1))
    folder.save(2, at(2))
    damage(folder, 2)
    step, _ = folder.newest()
    assert step == 1
    assert isinstance(reported[-1], Notice)


def test_only_damaged_checkpoints_are_an_error_that_names_them(place):
    folder = CheckpointFolder(place)
    for step in (1, 2):
        folder.save(step, at(step))
        damage(folder, step)
    with pytest.raises(CheckpointError, match=r"found only damaged ones: .*step-000000001.*; .*step-000000002"):
        CheckpointFolder(place).newest()


def test_damaged_checkpoints_do_not_count_among_the_last(place):
    folder = CheckpointFolder(place, keep=2)
    for step in (1, 2):
        folder.save(step, at(step))
    damage(folder, 2)
    again = CheckpointFolder(place, keep=2)
    assert steps(again) == [1, 2]
    again.save(3, at(3))
    assert steps(again) == [1, 3]


def test_a_damaged_checkpoint_is_replaced_when_its_step_is_saved_again(place):
    folder = CheckpointFolder(place)
    folder.save(1, at(1))
    folder.save(2, at(2))
    damage(folder, 2)
    again = CheckpointFolder(place)
    again.save(2, at(2))
    step, _ = CheckpointFolder(place).newest()
    assert step == 2


def test_saving_at_an_earlier_step_removes_later_checkpoints(place):
    folder = CheckpointFolder(place)
    for step in (10, 20, 30):
        folder.save(step, at(step, score=0.0))
    folder.save(15, at(15, score=1.0))
    assert steps(folder) == [10, 15]
    step, _ = folder.newest()
    assert step == 15


def test_leftovers_of_killed_writes_are_removed_and_nothing_else(place):
    place.mkdir(parents=True)
    for name in (
        ".partial-0123456789abcdef.checkpoint",
        "notes.txt",
        ".hidden",
        "step-1.checkpoint",
        "step-000000001.png",
    ):
        (place / name).touch()
    folder = CheckpointFolder(place, keep=1)
    for step in (1, 2):
        folder.save(step, at(step))
    names = sorted(path.name for path in place.iterdir())
    assert names == [".hidden", "notes.txt", "step-000000001.png", "step-000000002.checkpoint", "step-1.checkpoint"]


def test_a_checkpoint_that_may_not_be_read_is_an_error_and_not_skipped(place, monkeypatch):
    folder = CheckpointFolder(place)
    folder.save(1, at(1))
    folder.save(2, at(2))

    def refuse(path, mode):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("builtins.open", refuse)
    for look in (folder.newest, lambda: CheckpointFolder(place)):
        with pytest.raises(RunError, match=r"expected a checkpoint that can be read, got .*Permission denied"):
            look()


@pytest.mark.parametrize("keep", [0, -1])
def test_keeping_no_checkpoint_is_refused(place, keep):
    with pytest.raises(ConfigError, match=f"expected keep to be at least 1, got {keep}"):
        CheckpointFolder(place, keep)
    assert not place.exists()


def test_a_place_that_is_no_folder_is_refused(place):
    place.parent.mkdir()
    place.touch()
    with pytest.raises(RunError, match="expected a folder for checkpoints, got"):
        CheckpointFolder(place)
