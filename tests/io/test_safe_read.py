"""Opening files from anywhere: nothing waits for ever, and nothing is read that does not end."""

import errno
import os
import socket
import threading

import pytest

from minigan.io import safe_read
from minigan.io.safe_read import free_memory, most_in_memory, most_unpacked, open_file, read_bytes


def within_seconds(function, *arguments):
    """What a call returns or raises, if it comes back at all."""
    answer = []

    def call() -> None:
        try:
            answer.append(function(*arguments))
        except OSError as error:
            answer.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(10)
    assert answer, "it waits for ever"
    return answer[0]


def test_a_file_is_read_whole(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    assert read_bytes(tmp_path / "a") == read_bytes(str(tmp_path / "a"), 7) == b"content"
    (tmp_path / "link").symlink_to("a")
    assert read_bytes(tmp_path / "link") == b"content"


def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    error = within_seconds(open_file, tmp_path / "pipe")
    assert (error.errno, error.strerror) == (errno.EINVAL, "Not a regular file")


def test_a_pipe_that_has_a_writer_is_refused_too(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with open(os.open(tmp_path / "pipe", os.O_RDWR), "wb") as writer:
        writer.write(b"begun")
        assert isinstance(within_seconds(read_bytes, tmp_path / "pipe"), OSError)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs a device that never ends")
def test_a_device_is_refused(tmp_path):
    (tmp_path / "link").symlink_to("/dev/zero")
    assert within_seconds(read_bytes, tmp_path / "link").strerror == "Not a regular file"


def test_folders_sockets_and_links_to_nothing_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as end:
        end.bind("socket")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "nowhere").symlink_to("nothing")
    for name in (".", "socket", "circle", "nowhere", "none", "x" * 300, "a\0b"):
        with pytest.raises(OSError, match=r"."):
            open_file(name)


@pytest.mark.skipif(not os.path.exists("/proc/version"), reason="needs Linux's files without a size")
def test_reading_a_system_file_without_a_size_ends(tmp_path):
    assert read_bytes("/proc/version") == b""


def test_nothing_stays_open_after_a_refusal(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    before = os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd") else []
    for _ in range(20):
        with pytest.raises(OSError, match="Not a regular file"):
            open_file(tmp_path / "pipe")
    assert len(os.listdir("/proc/self/fd") if before else []) <= len(before)


def test_a_file_above_the_limit_is_not_read(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(OSError, match=r"Expected at most 1,000 bytes, got 1,099,511,627,776"):
        read_bytes(tmp_path / "a", 1000)


def test_what_does_not_fit_into_the_memory_is_an_error_like_any_other(tmp_path, monkeypatch):
    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def read(self, size):
            raise MemoryError

    monkeypatch.setattr(safe_read, "open_file", lambda path: Full())
    monkeypatch.setattr(safe_read, "size_of", lambda file: 2**40)
    with pytest.raises(OSError, match=r"Its 1,099,511,627,776 bytes do not fit into the memory"):
        read_bytes(tmp_path / "a")


def test_a_small_file_may_unpack_to_some_megabytes_and_a_large_one_to_a_multiple():
    assert most_unpacked(0) == most_unpacked(1000) == 2**28
    assert most_unpacked(10**9) == 100 * 10**9


def test_a_named_data_file_may_unpack_to_half_of_the_free_memory_and_no_further_than_deflate(monkeypatch):
    monkeypatch.setattr("minigan.io.safe_read.free_memory", lambda: 2**34)
    assert most_in_memory(10**6) == 1032 * 10**6
    assert most_in_memory(10**9) == max(2**33, 100 * 10**9)
    assert most_in_memory(10**7) == 2**33
    monkeypatch.setattr("minigan.io.safe_read.free_memory", lambda: None)
    assert most_in_memory(10**6) == most_unpacked(10**6)


def test_the_free_memory_is_known_here_and_is_some():
    free = free_memory()
    assert free is None or free > 2**20
