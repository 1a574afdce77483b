"""The progress of a download, and errors on one line."""

import io

import pytest

from minigan.data import progress
from minigan.data.progress import transfer
from minigan.io.messages import one_line


class Terminal(io.StringIO):
    """Standard error as a terminal that can be read."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Make standard error a terminal of 80 columns."""

    def make() -> Terminal:
        screen = Terminal()
        monkeypatch.setattr("sys.stderr", screen)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "80")
        return screen

    return make


def test_a_download_counts_its_bytes(terminal):
    screen = terminal()
    with progress.TransferBar("file.gz", delay=0) as bar:
        bar.total = 2_000_000
        bar.update(1_500_000)
        bar.tick()
        assert "1.5/2.0 MB" in screen.getvalue()
        bar.reset()
        bar.update(bar.total)
        bar.close()
        bar.tick()
    assert "file.gz" in screen.getvalue()
    assert "2.0/2.0 MB" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")  # the line is wiped


def test_a_download_of_unknown_size_counts_too(terminal):
    screen = terminal()
    with progress.TransferBar("file.gz", delay=0) as bar:
        bar.update(2_500_000)
        bar.tick()
    assert "file.gz  2.5 MB" in screen.getvalue()


def test_without_a_terminal_a_quick_download_says_nothing(capsys):
    with transfer("file.gz") as bar:
        bar.total = 10
        bar.update(10)
    assert capsys.readouterr() == ("", "")


def test_errors_are_reported_on_one_line():
    assert one_line(ValueError("one\n  two\r\nthree")) == "one two three"
    assert one_line(FileNotFoundError(2, "No such file or directory", "x")) == "No such file or directory"
    assert one_line(EOFError()) == "EOFError"


def test_what_a_damaged_file_made_an_error_say_is_cut_and_cannot_steer_a_terminal():
    assert one_line(ValueError("\x1b[2Ja\x07")) == "?[2Ja?"
    assert one_line(ValueError("x" * 10**6)) == "x" * 500 + " ..."
