"""Progress: items pass through, and a bar shows only where it helps."""

import io

import pytest
import rich.console

from minigan.data.progress import track, transfer
from minigan.io.messages import one_line


@pytest.fixture
def terminal(monkeypatch) -> io.StringIO:
    """Standard error as a terminal that can be read."""
    screen = io.StringIO()
    real = rich.console.Console

    def console(**options: object) -> rich.console.Console:
        assert options == {"stderr": True}
        return real(file=screen, force_terminal=True, width=80)

    monkeypatch.setattr(rich.console, "Console", console)
    return screen


def test_quick_work_shows_no_bar(terminal):
    assert list(track(iter("abc"), 3, "reading")) == ["a", "b", "c"]
    assert terminal.getvalue() == ""


def test_slow_work_shows_a_bar_until_it_ends(terminal):
    items = track(iter("abc"), 3, "reading", delay=-1)
    assert next(items) == "a"
    assert next(items) == "b"
    assert "reading" in terminal.getvalue()
    assert list(items) == ["c"]
    assert terminal.getvalue().endswith("\x1b[2K")  # the line is wiped


def test_an_error_in_the_work_stops_the_bar(terminal):
    def work():
        yield 1
        yield 2
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        list(track(work(), 3, "reading", delay=-1))
    assert "\x1b[?25h" in terminal.getvalue()  # the cursor is back


def test_a_download_counts_its_bytes(terminal):
    with transfer("file.gz") as bar:
        bar.total = 2000
        bar.update(1500)
        bar.reset()
        bar.update(bar.total)
        bar.close()
    assert "file.gz" in terminal.getvalue()
    assert "2.0/2.0 kB" in terminal.getvalue()


def test_without_a_terminal_nothing_is_drawn(capsys):
    with transfer("file.gz") as bar:
        bar.total = 10
        bar.update(10)
    list(track(iter("abc"), 3, "reading", delay=-1))
    assert capsys.readouterr() == ("", "")


def test_errors_are_reported_on_one_line():
    assert one_line(ValueError("one\n  two\r\nthree")) == "one two three"
    assert one_line(FileNotFoundError(2, "No such file or directory", "x")) == "No such file or directory"
    assert one_line(EOFError()) == "EOFError"


def test_what_a_damaged_file_made_an_error_say_is_cut_and_cannot_steer_a_terminal():
    assert one_line(ValueError("\x1b[2Ja\x07")) == "?[2Ja?"
    assert one_line(ValueError("x" * 10**6)) == "x" * 500 + " ..."
