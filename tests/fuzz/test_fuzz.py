"""Thousands of damaged files for every reader: one clear error each, little memory, and an end.

More of them: ``python -m tests.fuzz --count 100000``.
"""

import mmap
import sys
import warnings

import pytest

from minigan.data import idx
from minigan.errors import ConfigError

if sys.platform != "linux":
    pytest.skip("needs a limit of memory that holds", allow_module_level=True)

from . import campaign as campaigns
from . import readers, worker
from .campaign import Figures, campaign, outcomes
from .damage import Luck
from .readers import READERS, Reader, lay
from .worker import Outcome, read_one

#: Readers that read what is whole beside what is damaged: few of their inputs are refused.
READS_ON = ("pictures, bad ones left out",)


def check(figures: Figures, count: int) -> None:
    """All went right, all was tried, and the memory was little."""
    assert not figures.wrong, "\n".join(
        f"{outcome.reader}, number {outcome.number}: {outcome.wrong}" for outcome in figures.wrong
    )
    assert figures.count == count
    assert figures.errors.keys() == READERS.keys()
    assert max(figures.peak.values()) < 10**9


@pytest.mark.parametrize("count", [1000, pytest.param(2000, marks=pytest.mark.slow)])
def test_damaged_files_end_in_one_clear_error_each(count: int):
    figures = campaign("fast", count)
    check(figures, count)
    for reader, errors in figures.errors.items():
        assert errors["read"] > count / 100, f"what {reader} gets is too damaged: nothing is looked at closely"
        least = 0 if reader in READS_ON else count / 100
        assert errors.total() - errors["read"] > least, f"what {reader} gets is not damaged enough"


@pytest.mark.slow
def test_twenty_thousand_more_do_so_too():
    check(campaign("slow", 20_000, processes=2), 20_000)


# The fuzzer itself


@pytest.mark.parametrize("name", READERS)
def test_what_is_not_damaged_is_read(name, tmp_path):
    """Else the damage would be done to files that are refused anyway."""
    reader, reasons = READERS[name], []
    for number in range(12):
        folder = tmp_path / str(number)
        folder.mkdir()
        lay(folder, reader.make(Luck(f"{number}", bad=0)))
        try:
            reader.read(folder)
        except reader.refuses as error:
            reasons.append(str(error))
    assert len(reasons) <= 6
    known = (
        "values need the range",
        "an array named",
        "expected images of uint8",
        "expected values from",
        "need the range",
    )
    assert not [reason for reason in reasons if not any(words in reason for words in known)]


@pytest.mark.parametrize("name", READERS)
def test_an_input_can_be_made_again(name):
    def made(number: int) -> object:
        return READERS[name].make(Luck(f"0 {number}"))

    first, again = ([made(number) for number in range(30)] for _ in range(2))
    assert first == again
    assert first[1:] != first[:-1]


def outcome_of(read, monkeypatch, tmp_path) -> Outcome:
    """What is said of a reader that does this."""
    monkeypatch.setattr(readers, "READERS", {"bad": Reader(lambda rng: {"a": b"content"}, read, (ConfigError,))})
    return read_one("0", 0, tmp_path)


def refuse(message: str):
    raise ConfigError(message)


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (lambda folder: (folder / "none").read_bytes(), "FileNotFoundError"),
        (lambda folder: idx.read(folder / "none", 3), "of another class than expected"),
        (lambda folder: refuse("a first line\nand a second"), "more than one line"),
        (lambda folder: refuse("a terminal is cleared: \x1b[2J"), "not to be printed"),
        (lambda folder: refuse("x" * 5000), "a message of 5000 characters"),
        (lambda folder: refuse(""), "a message of 0 characters"),
        (lambda folder: warnings.warn("look", stacklevel=1), "warned: UserWarning: look"),
        (lambda folder: KEPT.append(open(folder / "a")), "left a file open"),  # noqa: SIM115
        (lambda folder: sys.exit(3), "SystemExit: 3"),
    ],
)
def test_what_a_bad_reader_does_is_found(read, told, monkeypatch, tmp_path):
    assert told in outcome_of(read, monkeypatch, tmp_path).wrong
    while KEPT:
        KEPT.pop().close()


#: Files that a bad reader left open.
KEPT: list = []


def test_a_reader_that_refuses_clearly_or_reads_is_right(monkeypatch, tmp_path):
    assert outcome_of(lambda folder: None, monkeypatch, tmp_path)[2:4] == ("read", "")
    (tmp_path / "a").unlink()
    assert outcome_of(lambda folder: refuse("a message that is clear"), monkeypatch, tmp_path)[2:4] == (
        "ConfigError",
        "",
    )


def test_the_memory_that_a_reader_takes_is_seen(monkeypatch, tmp_path):
    before = []

    def greedy(folder) -> None:
        before.append(worker.peak_bytes())
        with mmap.mmap(-1, 100 << 20) as new:  # what is allocated may lie in memory that another test gave back
            for _ in range(100):
                new.write(bytes(1 << 20))

    taken = outcome_of(greedy, monkeypatch, tmp_path).peak
    assert 80e6 < taken - before[0] < 300e6


def worker_that(end: str):
    """A worker that reads two inputs, and then comes to this end."""
    script = (
        "import json, os, sys, time\n"
        "first, end, stride = map(int, sys.argv[2:5])\n"
        "for number in range(first, end, stride):\n"
        f"    {end} if number == 5 else None\n"
        "    print(json.dumps([number, 'a', 'read', '', 0.0, 0]), flush=True)\n"
    )
    return lambda *arguments: [sys.executable, "-c", script, *map(str, arguments)]


@pytest.mark.parametrize(
    ("end", "told"),
    [("os.abort()", "status -6"), ("time.sleep(99)", "status -9"), ("sys.exit('no memory')", "no memory")],
)
def test_an_input_that_kills_or_stops_its_process_is_named_and_the_others_are_read(end, told, monkeypatch):
    monkeypatch.setattr(campaigns, "command", worker_that(end))
    monkeypatch.setattr(campaigns, "PATIENCE", 1.0)
    found = list(outcomes("0", 1, 10, 2))
    assert [outcome.number for outcome in found] == [1, 3, 5, 7, 9]
    assert [outcome.error for outcome in found] == ["read", "read", "died", "read", "read"]
    assert told in found[2].wrong


def test_a_process_has_less_memory_than_is_promised():
    assert worker.MEMORY <= 10**9
