"""Progress of slow work: items pass through, and something shows only where it helps."""

import io
import re
import time

import pytest
from rich.console import Console

from minigan.io import progress
from minigan.io.display import clock, fitted
from minigan.io.progress import Progress, end_all, track

#: What rich sends last: up to the line that was drawn, which is erased.
WIPED = "\n\x1b[?25h\r\x1b[1A\x1b[2K"


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
    assert screen.getvalue().endswith(WIPED)


def test_an_error_in_the_work_ends_the_bar(terminal):
    def work():
        yield 1
        time.sleep(0.1)
        raise ValueError("stop")

    screen = terminal()
    with pytest.raises(ValueError, match="stop"):
        list(track(work(), 3, "reading", delay=0))
    assert progress.RUNNING == []
    assert screen.getvalue().endswith(WIPED)


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
def test_a_line_fits_and_has_characters_of_the_encoding(terminal, encoding, width):
    screen = terminal(encoding, width)
    work = Progress("looking at images", 20_000, delay=0)
    work.done = 5_000
    with work:
        work.draw()
    sent = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue()).split("\r")[0].rstrip("\n")
    sent.encode(encoding)
    line = sent.split("\n")[0]
    assert line.startswith("looking at images")
    assert len(line) <= width - 3  # there is room for ^C
    if width >= 80:
        assert "5,000 of 20,000" in line
        assert line.endswith(" left")
        assert ("━━━" in line) is (encoding == "utf-8")
        assert ("---" in line) is (encoding != "utf-8")


def test_elsewhere_there_is_a_line_now_and_then(capsys, monkeypatch):
    monkeypatch.setattr(progress, "LINES", 0.05)
    with Progress("measuring", delay=0):
        time.sleep(0.4)
    out, err = capsys.readouterr()
    assert out == ""
    assert set(err.splitlines()) == {"measuring  0:00:00"}
    assert 1 <= len(err.splitlines()) <= 8


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_move_its_cursor_gets_no_control_sequence(terminal, term):
    screen = terminal(term=term)
    with Progress("measuring", delay=0):
        time.sleep(0.1)
    assert "\x1b" not in screen.getvalue()


def test_a_program_that_is_killed_leaves_the_cursor_on_the_screen(terminal):
    screen = terminal()
    with Progress("measuring", delay=0) as work:
        work.draw()
        assert screen.getvalue().rfind("\x1b[?25h") > screen.getvalue().rfind("\x1b[?25l") >= 0


@pytest.mark.parametrize("printed", ["to a terminal", "by Python", "into a pipe"])
def test_what_is_printed_meanwhile_stands_on_lines_of_its_own(terminal, monkeypatch, printed):
    screen, pipe = terminal(), io.StringIO()
    monkeypatch.setattr("sys.stdout", pipe if printed == "into a pipe" else screen)
    with Progress("measuring", delay=0) as work:
        work.draw()
        before = len(screen.getvalue())
        if printed == "by Python":
            print("a result")
        else:
            with work.above(Console()) as place:
                place.print("a result")
        if printed == "into a pipe":
            assert pipe.getvalue() == "a result\n"
        else:
            assert screen.getvalue()[before:].startswith("\r\x1b[2Ka result\nmeasuring")


def test_work_within_work_has_the_terminal_s_line(terminal):
    screen = terminal()
    with Progress("outside", delay=0) as outer, Progress("inside", delay=0) as inner:
        inner.tick()
        outer.tick()
        assert "inside" in screen.getvalue()
        assert "outside" not in screen.getvalue()[screen.getvalue().index("inside") :]
        inner.end()
        outer.tick()
        assert "outside" in screen.getvalue()[screen.getvalue().rindex("inside") :]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00:00"), (59.4, "0:00:59"), (59.6, "0:01:00"), (3599, "0:59:59"), (3600, "1:00:00")]
)
def test_times(seconds, text):
    assert clock(seconds) == text


def test_parts_of_a_line_are_chosen_by_rank_and_shown_in_order():
    parts = [(2, "bb"), (0, "aaaa"), (1, "cc"), (3, "")]
    assert ["  ".join(fitted(parts, width)) for width in (1, 4, 7, 8, 11, 12, 99)] == [
        "aaaa",
        "aaaa",
        "aaaa",
        "aaaa  cc",
        "aaaa  cc",
        "bb  aaaa  cc",
        "bb  aaaa  cc",
    ]
