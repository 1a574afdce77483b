"""One process on a run's folder: the second is told who the first is, and a dead one holds nothing."""

import errno
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from minigan.errors import RunError
from minigan.runs import lock
from minigan.runs.lock import RunLock, try_lock

HOLDER = """
import sys
from minigan.runs.lock import RunLock
with RunLock(sys.argv[1]):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def hold(tmp_path):
    """Starts processes that hold the lock until their input ends."""
    processes = []

    def start() -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout.readline() == "locked\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_a_second_process_is_refused_and_the_error_names_the_first(tmp_path, hold):
    first = hold()
    with pytest.raises(
        RunError,
        match=rf"expected a run that no other process works on, got .*: process {first.pid} on .*, since \d{{4}}-",
    ):
        RunLock(tmp_path).__enter__()
    first.communicate("")
    assert first.returncode == 0
    with RunLock(tmp_path) as held:
        assert held.left_by == ""


@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9 there")
def test_a_lock_left_by_a_process_that_was_killed_is_taken_over(tmp_path, hold):
    first = hold()
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert (tmp_path / ".lock").exists()
    with RunLock(tmp_path) as held:
        assert held.left_by.startswith(f"process {first.pid} on ")
        assert json.loads((tmp_path / ".lock").read_text())["process"] == os.getpid()


def test_nothing_is_left_at_the_end_of_the_block(tmp_path):
    for _ in range(2):
        with RunLock(tmp_path):
            assert [path.name for path in tmp_path.iterdir()] == [".lock"]
        assert not list(tmp_path.iterdir())


def test_an_error_in_the_block_gives_the_lock_back(tmp_path):
    with pytest.raises(ValueError, match="mine"), RunLock(tmp_path):
        raise ValueError("mine")
    with RunLock(tmp_path):
        pass


def test_the_same_process_is_refused_as_well(tmp_path):
    with RunLock(tmp_path), pytest.raises(RunError, match=f"process {os.getpid()} on"):
        RunLock(tmp_path).__enter__()


def test_one_that_was_refused_leaves_the_lock_and_its_file(tmp_path):
    with RunLock(tmp_path):
        for _ in range(3):
            with pytest.raises(RunError):
                RunLock(tmp_path).__enter__()
        assert json.loads((tmp_path / ".lock").read_text())["process"] == os.getpid()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "5", "\0" * 500])
def test_whatever_a_dead_process_left_in_the_file_is_no_hindrance(tmp_path, content):
    (tmp_path / ".lock").write_text(content)
    with RunLock(tmp_path) as held:
        assert held.left_by == ""


def test_of_many_that_try_at_once_and_again_and_again_never_two_are_in(tmp_path):
    inside, together, entered = [], [], []

    def try_often(name: int) -> None:
        for _ in range(150):
            try:
                with RunLock(tmp_path):
                    inside.append(name)
                    together.append(len(inside))
                    inside.remove(name)
                    entered.append(name)
            except RunError:
                pass

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(try_often, range(6)))
    assert set(together) == {1}
    assert len(set(entered)) > 1


def test_a_file_that_its_last_holder_removes_in_between_is_not_taken_for_the_lock(tmp_path, monkeypatch):
    removed = []

    def remove_and_lock(handle: int) -> bool:
        if not removed:
            (tmp_path / ".lock").unlink()
            removed.append(True)
        return try_lock(handle)

    with monkeypatch.context() as patch:
        patch.setattr(lock, "try_lock", remove_and_lock)
        first = RunLock(tmp_path).__enter__()
    with pytest.raises(RunError):
        RunLock(tmp_path).__enter__()
    first.__exit__(None, None, None)


@pytest.mark.skipif(sys.platform == "win32", reason="no open file can be removed there")
def test_the_file_is_removed_while_the_lock_is_still_held(tmp_path, monkeypatch):
    seen = []

    def unlink(path):
        handle = os.open(path, os.O_RDWR)
        seen.append(try_lock(handle))
        os.close(handle)
        os.remove(path)

    with RunLock(tmp_path):
        monkeypatch.setattr("os.unlink", unlink)
    assert seen == [False]
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="fcntl is not there")
@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks_lets_everyone_in(tmp_path, monkeypatch, code):
    def flock(handle, operation):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("fcntl.flock", flock)
    with RunLock(tmp_path):
        pass


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"expected a folder that can be written, got .*none: No such file"):
        RunLock(tmp_path / "none").__enter__()


def test_a_disk_without_room_for_the_name_gives_the_lock_back(tmp_path, monkeypatch):
    def write(handle, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("os.write", write)
        with pytest.raises(RunError, match="No space left on device"):
            RunLock(tmp_path).__enter__()
    with RunLock(tmp_path):
        pass


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="the platform cannot refuse links")
def test_a_lock_that_is_a_link_is_refused_and_the_file_behind_it_stays(tmp_path):
    (tmp_path / "precious").write_text("content")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / RunLock.NAME).symlink_to(tmp_path / "precious")
    with pytest.raises(RunError, match="expected a folder that can be written"):
        RunLock(folder).__enter__()
    assert (tmp_path / "precious").read_text() == "content"
    assert (folder / RunLock.NAME).is_symlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
def test_a_lock_that_is_a_pipe_is_refused_and_stays(tmp_path):
    os.mkfifo(tmp_path / RunLock.NAME)
    with pytest.raises(RunError, match="not a regular file"):
        RunLock(tmp_path).__enter__()
    assert (tmp_path / RunLock.NAME).is_fifo()
