"""What cannot be printed is replaced or dropped, and no error comes of it."""

import errno
import io
import os
import sys
import threading

import pytest

from minigan.io.streams import Guard, guard_output


class Broken(io.RawIOBase):
    """A stream that takes some bytes, and then fails with an errno, once or for ever."""

    def __init__(self, takes: int, number: int, times: int = 10**9) -> None:
        self.takes, self.number, self.times, self.taken = takes, number, times, b""

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        if len(self.taken) >= self.takes and self.times:
            self.times -= 1
            raise OSError(self.number, os.strerror(self.number))
        piece = bytes(data[:3])
        self.taken += piece
        return len(piece)


@pytest.fixture
def streams(monkeypatch, tmp_path):
    """Make sys.stdout and sys.stderr files of an encoding; returns their paths."""
    opened = []

    def make(encoding: str, **options: object):
        for name in ("stdout", "stderr"):
            opened.append(open(tmp_path / name, "w", encoding=encoding, errors="strict", **options))  # noqa: SIM115
            monkeypatch.setattr(sys, name, opened[-1])
        return tmp_path / "stdout", tmp_path / "stderr"

    yield make
    for file in opened:
        file.close()


def test_all_bytes_are_written_although_each_call_takes_few():
    raw = Broken(10**9, errno.EPIPE)
    assert Guard(raw).write(b"many bytes") == 10
    assert raw.taken == b"many bytes"


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EIO, errno.ECONNRESET])
def test_a_stream_that_nobody_reads_takes_everything_without_an_error(number):
    guard = Guard(Broken(3, number))
    assert [guard.write(b"first"), guard.write(b"second")] == [5, 6]
    assert guard.error is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_remembered_and_output_goes_on_where_there_is_room_again(number):
    raw = Broken(3, number, times=1)
    guard = Guard(raw)
    assert [guard.write(b"one"), guard.write(b"two"), guard.write(b"six")] == [3, 3, 3]
    assert guard.error.errno == number
    assert raw.taken == b"onesix"


def test_a_full_pipe_that_another_program_made_non_blocking_is_waited_for():
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    found = []
    thread = threading.Thread(target=lambda: found.append(b"".join(iter(lambda: os.read(reader, 2**16), b""))))
    with open(writer, "wb", buffering=0) as raw:
        while True:  # fill it
            try:
                if raw.write(b"x" * 2**16) is None:
                    break
            except BlockingIOError:
                break
        thread.start()
        assert Guard(raw).write(b"the end" * 10_000) == 70_000
    thread.join()
    os.close(reader)
    assert found[0].endswith(b"the end" * 10_000)


@pytest.mark.parametrize("encoding", ["ascii", "cp932", "cp1251", "latin-1", "koi8-r"])
def test_characters_that_the_encoding_lacks_are_replaced(streams, encoding):
    out, err = streams(encoding)
    guards = guard_output()
    for stream in (sys.stdout, sys.stderr):
        stream.write("Fr\u00e9chet ± \u6570 \u043f \U0001f600 \udce9\n")
        stream.flush()
    assert [guard.error for guard in guards] == [None, None]
    assert out.read_bytes().decode(encoding).startswith("Fr")
    assert "?" in out.read_bytes().decode(encoding)
    assert "\\udce9" in err.read_bytes().decode(encoding)


def test_a_name_of_broken_bytes_can_be_printed_in_utf_8(streams):
    out, _ = streams("utf-8")
    guard_output()
    print("Wrote caf\udce9.png", flush=True)
    assert out.read_text() == "Wrote caf?.png\n"


def test_encoding_line_buffering_and_descriptor_stay(streams):
    streams("utf-8", buffering=1)
    before = sys.stdout
    print("before")
    guard_output()
    assert sys.stdout.encoding == before.encoding
    assert sys.stdout.fileno() == before.fileno()
    assert sys.stdout.line_buffering
    assert not sys.stdout.isatty()
    print("after")
    with open(before.name) as file:
        assert file.read() == "before\nafter\n"


def test_streams_of_other_kinds_and_none_stay(monkeypatch):
    text = io.StringIO()
    monkeypatch.setattr(sys, "stdout", text)
    monkeypatch.setattr(sys, "stderr", None)
    assert guard_output() == []
    assert sys.stdout is text
    assert sys.stderr is None
