"""What may be replaced is replaced, what takes bytes gets them, and all else is refused and stays as it is."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from minigan.errors import RunError
from minigan.io.atomic_write import atomic_path, write_text
from minigan.io.targets import check_target, explained, is_stream, place_of
from tests.special_files import needs_posix, read_pipe, socket_at, terminal

pytestmark = needs_posix

not_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Pipes and devices


@pytest.mark.parametrize("text", ["", "words", "x" * 300_000], ids=len)
def test_a_pipe_gets_the_whole_content_and_stays_a_pipe(tmp_path, text):
    with read_pipe(tmp_path / "pipe.json") as found:
        write_text(tmp_path / "pipe.json", text)
    assert found == [text.encode()]
    assert stat.S_ISFIFO(os.lstat(tmp_path / "pipe.json").st_mode)
    assert names(tmp_path) == ["pipe.json"]


def test_a_pipe_that_nobody_reads_is_an_error_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="nobody reads from this pipe") as caught:
        write_text(tmp_path / "pipe", "words")
    assert caught.value.errno == errno.ENXIO
    assert stat.S_ISFIFO(os.lstat(tmp_path / "pipe").st_mode)


def test_a_reader_that_leaves_is_an_error(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(tmp_path / "pipe", os.O_WRONLY)  # so that reading waits

    def leave() -> None:
        os.set_blocking(reader, True)
        os.read(reader, 10)
        os.close(reader)

    thread = threading.Thread(target=leave)
    thread.start()
    with pytest.raises(BrokenPipeError):
        write_text(tmp_path / "pipe", "x" * 1_000_000)
    thread.join()
    os.close(writer)


def test_nothing_is_sent_to_a_pipe_by_a_writer_that_fails(tmp_path):
    def fail():
        with atomic_path(tmp_path / "pipe") as temporary:
            temporary.write_text("half")
            raise ValueError("no")

    with read_pipe(tmp_path / "pipe") as found, pytest.raises(ValueError, match="no"):
        fail()
    assert found == [b""]


def test_the_temporary_file_for_a_pipe_has_its_suffix_and_is_elsewhere(tmp_path):
    with read_pipe(tmp_path / "pipe.png") as found, atomic_path(tmp_path / "pipe.png") as temporary:
        assert temporary.suffix == ".png"
        assert temporary.parent != tmp_path
        temporary.write_bytes(b"picture")
    assert found == [b"picture"]
    assert not temporary.exists()


def test_a_terminal_is_written_to_and_stays_a_device():
    with terminal() as (path, master):
        before = os.stat(path)
        assert is_stream(path)
        write_text(path, "words")
        assert os.read(master, 100) == b"words"
        assert os.stat(path).st_rdev == before.st_rdev
        assert stat.S_ISCHR(os.stat(path).st_mode)


def test_a_descriptor_s_path_that_is_a_pipe_is_written_to():
    """As of the shell's ``--out >(program)``."""
    reader, writer = os.pipe()
    try:
        if not os.path.exists(path := f"/dev/fd/{writer}"):
            pytest.skip("the platform has no /dev/fd")
        assert is_stream(path)
        write_text(path, "words")
        assert os.read(reader, 100) == b"words"
    finally:
        os.close(reader)
        os.close(writer)


# Links


@pytest.mark.parametrize("there", [True, False], ids=["old file", "no file yet"])
@pytest.mark.parametrize("absolute", [True, False])
def test_a_link_stays_and_the_file_at_its_end_is_written(tmp_path, there, absolute):
    home, away = tmp_path / "home", tmp_path / "away"
    for folder in (home, away):
        folder.mkdir()
    target = away / "real.txt"
    if there:
        target.write_text("old")
    (home / "second").symlink_to(target if absolute else Path("..") / "away" / "real.txt")
    (home / "first.txt").symlink_to("second")
    write_text(home / "first.txt", "new")
    assert target.read_text() == "new"
    assert [(home / name).is_symlink() for name in ("first.txt", "second")] == [True, True]
    assert (names(home), names(away)) == (["first.txt", "second"], ["real.txt"])


def test_an_error_leaves_the_file_behind_a_link_as_it_was(tmp_path):
    def fail():
        with atomic_path(tmp_path / "link") as temporary:
            temporary.write_text("half")
            raise ValueError("no")

    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(ValueError, match="no"):
        fail()
    assert (tmp_path / "real").read_text() == "old"
    assert names(tmp_path) == ["link", "real"]


def test_a_link_to_a_pipe_is_written_to(tmp_path):
    (tmp_path / "link").symlink_to("pipe")
    with read_pipe(tmp_path / "pipe") as found:
        write_text(tmp_path / "link", "words")
    assert found == [b"words"]
    assert (tmp_path / "link").is_symlink()


def test_links_in_a_circle_are_an_error(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        write_text(tmp_path / "a", "words")
    assert names(tmp_path) == ["a", "b"]


def test_a_link_into_a_folder_that_is_gone_is_an_error(tmp_path):
    (tmp_path / "link").symlink_to("gone/file")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        write_text(tmp_path / "link", "words")


def test_another_name_of_the_same_file_keeps_the_old_content(tmp_path):
    (tmp_path / "one").write_text("old")
    os.link(tmp_path / "one", tmp_path / "two")
    write_text(tmp_path / "one", "new")
    assert [(tmp_path / name).read_text() for name in ("one", "two")] == ["new", "old"]


# What is refused


def test_a_folder_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "folder").mkdir()
    for check in (check_target, lambda path: write_text(path, "words")):
        with pytest.raises(IsADirectoryError, match="it is a folder"):
            check(tmp_path / "folder")
    assert names(tmp_path) == ["folder"]
    assert names(tmp_path / "folder") == []


def test_a_socket_is_refused_and_stays(tmp_path):
    with socket_at(tmp_path / "socket"):
        for check in (check_target, lambda path: write_text(path, "words")):
            with pytest.raises(OSError, match="it is a socket"):
                check(tmp_path / "socket")
        assert stat.S_ISSOCK(os.lstat(tmp_path / "socket").st_mode)
    assert names(tmp_path) == ["socket"]


def test_a_disk_is_refused(tmp_path, monkeypatch):
    (tmp_path / "disk").touch()
    as_disk = os.stat_result([stat.S_IFBLK | 0o666, *[0] * 9])
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", lambda path: as_disk)
        with pytest.raises(OSError, match="it is a disk"):
            check_target(tmp_path / "disk")


@pytest.mark.parametrize("name", ["no/folder/file", "zero\0byte"])
def test_a_path_where_no_file_can_be_is_refused(tmp_path, name):
    with pytest.raises(OSError, match=r"no such folder|no name of a file"):
        check_target(tmp_path / name)


@not_root
def test_a_write_protected_file_stays(tmp_path):
    (tmp_path / "kept").write_text("old")
    (tmp_path / "kept").chmod(0o444)
    with pytest.raises(PermissionError, match="may not be written"):
        write_text(tmp_path / "kept", "new")
    assert (tmp_path / "kept").read_text() == "old"


def test_a_check_opens_and_changes_nothing(tmp_path):
    (tmp_path / "file").write_text("old")
    os.mkfifo(tmp_path / "pipe")
    before = os.stat(tmp_path / "file")
    for name in ("file", "pipe", "new"):
        check_target(tmp_path / name)
    assert os.stat(tmp_path / "file") == before
    assert names(tmp_path) == ["file", "pipe"]


def test_an_explained_error_names_the_path_and_the_reason(tmp_path):
    with (
        pytest.raises(RunError, match=r"expected a file that can be written, got .*: it is a folder"),
        explained(tmp_path),
    ):
        check_target(tmp_path)


# Permissions


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_a_replaced_file_keeps_its_permissions(tmp_path, mode):
    (tmp_path / "old").write_text("old")
    (tmp_path / "old").chmod(mode)
    write_text(tmp_path / "old", "new")
    assert stat.S_IMODE(os.stat(tmp_path / "old").st_mode) == mode


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_new_file_has_those_of_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_text(tmp_path / "new", "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(tmp_path / "new").st_mode) == 0o666 & ~mask


def test_the_place_of_a_plain_path_is_the_path(tmp_path):
    assert place_of(tmp_path / "file") == tmp_path / "file"
