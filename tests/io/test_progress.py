"""Progress of slow work: items pass through, and something shows only where it helps."""

import io
import time

import pytest

from minigan.io import progress
from minigan.io.display import bar, clock, fitted
from minigan.io.progress import Progress, end_all, track


class Terminal(io.StringIO):
    """Standard error as a terminal that can be read."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self.named = encoding

    @property
    def encoding(self) -> str:
        return self.named

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Make standard error a terminal of some kind."""

    def make(encoding: str = "utf-8", width: int = 80, term: str = "xterm") -> Terminal:
        screen = Terminal(encoding)
        monkeypatch.setattr("sys.stderr", screen)
        monkeypatch.setenv("TERM", term)
        monkeypatch.setenv("COLUMNS", str(width))
        return screen

    return make


def test_quick_work_shows_nothing(terminal):
    screen = terminal()
    assert list(track(iter("abc"), 3, "reading")) == ["a", "b", "c"]
    assert screen.getvalue() == ""


def test_slow_work_shows_a_bar_until_it_ends(terminal):
    screen = terminal()
    items = track(iter("abc"), 3, "reading", delay=0)
    assert [next(items), next(items)] == ["a", "b"]
    deadline = time.monotonic() + 10
    while "1 of 3" not in screen.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "reading  1 of 3" in screen.getvalue()
    assert "━" in screen.getvalue()
    assert list(items) == ["c"]
    assert screen.getvalue().endswith("\x1b[2K\r")  # the line is wiped


def test_an_error_in_the_work_ends_the_bar(terminal):
    def work():
        yield 1
        time.sleep(0.1)
        raise ValueError("stop")

    screen = terminal()
    with pytest.raises(ValueError, match="stop"):
        list(track(work(), 3, "reading", delay=0))
    assert progress.RUNNING == []
    assert screen.getvalue().endswith("\x1b[2K\r")


def test_an_error_of_the_reader_leaves_none_running_when_it_is_printed(terminal):
    terminal()
    items = track(iter("abc"), 3, "reading", delay=0)
    next(items)
    assert len(progress.RUNNING) == 1
    end_all()
    assert progress.RUNNING == []
    assert list(items) == ["b", "c"]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp437"])
@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_a_line_fits_and_has_characters_of_the_encoding(encoding, width):
    work = Progress("looking at images", 20_000)
    work.done = 5_000
    line = work.line(width, encoding)
    assert len(line) <= width
    line.encode(encoding)
    assert line.startswith("looking at images")
    if width >= 80:
        assert "5,000 of 20,000" in line
        assert line.endswith(" left")


def test_elsewhere_there_is_a_line_now_and_then(capsys, monkeypatch):
    monkeypatch.setattr(progress, "LINES", 0.05)
    with Progress("measuring", delay=0):
        time.sleep(0.4)
    out, err = capsys.readouterr()
    assert out == ""
    assert set(err.splitlines()) == {"measuring  0:00"}
    assert 1 <= len(err.splitlines()) <= 8


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_move_its_cursor_gets_no_control_sequence(terminal, term):
    screen = terminal(term=term)
    with Progress("measuring", delay=0):
        time.sleep(0.1)
    assert "\x1b" not in screen.getvalue()


def test_what_is_printed_aside_stands_on_lines_of_its_own(terminal, capsys):
    screen = terminal()
    with Progress("measuring", delay=0) as work:
        work._show()
        with work.aside():
            assert screen.getvalue().endswith("\x1b[2K\r")
        work._show()
    assert screen.getvalue().count("measuring") >= 2


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.4, "0:59"), (59.6, "1:00"), (3599, "59:59"), (3600, "1:00:00")]
)
def test_times(seconds, text):
    assert clock(seconds) == text


def test_the_bar_is_full_at_the_end_and_never_longer():
    assert [bar(share, 4, "ascii") for share in (-1, 0, 0.5, 1, 2)] == ["----", "----", "##--", "####", "####"]
    assert bar(0.5, 4, None) == "##--"
    assert bar(0.5, 4, "no such encoding") == "##--"


def test_parts_of_a_line_are_chosen_by_rank_and_shown_in_order():
    parts = [(2, "bb"), (0, "aaaa"), (1, "cc")]
    assert [fitted(parts, width) for width in (1, 4, 7, 8, 11, 12)] == [
        "aaaa",
        "aaaa",
        "aaaa",
        "aaaa  cc",
        "aaaa  cc",
        "bb  aaaa  cc",
    ]
