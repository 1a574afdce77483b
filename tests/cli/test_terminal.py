"""Any terminal: what fits, what is broken where, what goes to which stream, and what stays on the screen."""

import os
import re
import sys
import time

import numpy as np
import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are needed", allow_module_level=True)

from minigan.cli import progress
from tests.cli.conftest import SIZES
from tests.screen import Screen, on_terminal

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def slow(tmp_path):
    """A tiny run of two epochs and a part, with steps enough for a drawing of its bar."""
    np.save(tmp_path / "more.npy", np.random.default_rng(0).integers(0, 256, (480, 8, 8), dtype=np.uint8))
    return ["--data", "more.npy", *SIZES, "--batch-size", 8, "--threads", 1, "--steps", 150]


def others(*values: object) -> list:
    """Values of the same kind, which take as long: only asked for."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


def fits(screen: Screen) -> None:
    """No row is longer than the terminal is wide, but for a path that alone is longer."""
    for row in screen.lines:
        assert len(row) <= screen.width


@pytest.mark.parametrize("width", [40, *others(80, 200)])
def test_a_run_fits_the_terminal_and_leaves_no_bar(slow, tmp_path, width):
    shown = on_terminal("train", *slow, "--out", "r", width=width, folder=tmp_path)
    assert shown.status == 0
    assert shown.screen.broken == 0, shown.screen.lines
    fits(shown.screen)
    lines = shown.screen.lines
    assert not [line for line in lines if "━" in line or "left" in line]
    assert "━" in shown.sent
    assert "None" not in shown.sent
    assert "step 0/" not in shown.sent
    text = " ".join(lines)
    for command in ("sample", "evaluate", "plot"):
        assert f"minigan {command} r" in text
    # Words are whole, and each epoch has one line.
    assert "; --textbook runs the layer files one by one." in " ".join(text.split())
    found = [line for line in lines if re.match(r"(epoch|step) \d", line)]
    assert len(found) == 3, found  # two epochs, and the last step
    assert "step 150/150" in found[-1]
    for line in found:
        assert re.search(r"loss D \d\.\d\d G \d\.\d\d", line)
        assert ("D(x)" in line) is (width >= 80)


@pytest.mark.parametrize("width", others(40, 80))
def test_paths_and_commands_are_never_broken(tiny, tmp_path, width):
    name = "a folder with a rather long name and blanks"
    shown = on_terminal("train", *tiny, "--steps", 1, "--out", name, width=width, folder=tmp_path)
    sent = CONTROL.sub("", shown.sent).replace("\r", "")
    assert re.search(f"^  {name}$|, into {name}$", sent, re.MULTILINE)
    assert f"minigan sample '{name}'\n" in sent
    assert f"minigan train --config '{name}/config.toml'\n" in sent


def interrupt_once(after: str):
    """A watcher that types Ctrl-C when the text has come."""
    typed = []

    def watch(descriptor: int, sent: str) -> None:
        if after in sent and not typed:
            typed.append(time.monotonic())
            os.write(descriptor, b"\x03")

    return watch


@pytest.mark.parametrize("width", [40, *others(80)])
def test_ctrl_c_leaves_no_bar_and_nothing_stale(slow, tmp_path, width):
    shown = on_terminal(
        *("train", *slow[:-1], 10**6, "--out", "r"), width=width, folder=tmp_path, watch=interrupt_once("━")
    )
    assert shown.status == 130
    assert "^C" in shown.sent
    assert not [line for line in shown.screen.lines if "━" in line or "^C" in line]
    assert shown.screen.broken == 0
    place = next(row for row, line in enumerate(shown.screen.lines) if line.startswith("Stopped"))
    assert re.match(r"(epoch|step) ", shown.screen.lines[place - 1])


@pytest.mark.slow
def test_a_resume_that_is_refused_leaves_no_bar(finished, tmp_path):
    shown = on_terminal("train", "--resume", finished[0], "--steps", 9, folder=tmp_path)
    assert shown.status == 2
    assert not [line for line in shown.screen.lines if "━" in line or "None" in line or "step 0" in line]
    assert "\x1b[" not in shown.sent.replace("\x1b[0m", "").replace("\x1b[1m", "")


def test_an_error_is_broken_between_words(tmp_path):
    message = "expected one of non-saturating, minimax, least-squares, hinge, wasserstein"
    shown = on_terminal("train", "--loss", "chess", width=40, folder=tmp_path)
    assert shown.status == 2
    assert shown.screen.broken == 0
    assert message in " ".join(" ".join(shown.screen.lines).split())
    assert len(shown.screen.lines) > 2


# Which stream


def test_a_redirected_output_keeps_the_bar_on_the_terminal(slow, tmp_path):
    shown = on_terminal("train", *slow, "--out", "run", folder=tmp_path, pipe="stdout")
    assert "━" in shown.sent
    assert shown.screen.lines == [""]
    assert shown.piped.startswith("Training dcgan28 on ")
    assert "\x1b" not in shown.piped
    assert "━" not in shown.piped
    assert shown.piped.count("\nepoch ") == 3


@pytest.mark.slow
def test_redirected_errors_keep_the_record_on_the_terminal_and_have_no_bar(slow, tmp_path):
    shown = on_terminal("train", *slow, "--out", "run", folder=tmp_path, pipe="stderr")
    assert shown.piped == ""
    assert "━" not in shown.sent
    assert any(line.startswith("Finished: run") for line in shown.screen.lines)


@pytest.mark.parametrize("environment", others({"TERM": "dumb"}, {"TERM": "unknown"}))
def test_a_terminal_without_cursor_movements_gets_lines_only(slow, tmp_path, environment):
    shown = on_terminal("train", *slow, "--out", "run", folder=tmp_path, environment=environment)
    assert shown.status == 0
    assert "\x1b" not in shown.sent
    assert "━" not in shown.sent


@pytest.mark.slow
def test_without_colours_there_are_none(slow, tmp_path):
    for arguments in (["train", *slow, "--out", "run"], ["train", "--help"], ["gradcheck", "Dense"]):
        shown = on_terminal(*arguments, folder=tmp_path, environment={"NO_COLOR": "1"})
        assert not re.search(r"\x1b\[[0-9;]*(3[0-9]|4[0-9]|9[0-9])[0-9;]*m", shown.sent)


@pytest.mark.parametrize("encoding", others("ascii", "latin-1", "cp932", "cp437"))
def test_another_encoding_has_a_bar_of_its_characters(slow, tmp_path, encoding):
    shown = on_terminal(
        "train", *slow, "--out", "run", folder=tmp_path, environment={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    )
    assert shown.status == 0
    assert re.search(r"-+ +0:00:\d\d left", CONTROL.sub("", shown.sent))
    assert "Traceback" not in shown.sent


# In a pipe


def test_a_pipe_gets_a_line_every_few_seconds_and_the_last_step(minigan, slow, monkeypatch):
    """With the pause shortened: a run of one long epoch, which ends within it."""
    monkeypatch.setattr(progress, "LINES", 0.05)
    outcome = minigan("train", *slow[:-2], "--batch-size", 1, "--steps", 200, "--out", "run")
    assert (outcome.status, outcome.err) == (0, "")
    steps = [int(found) for found in re.findall(r"^epoch 1  step (\d+)/200  loss", outcome.out, re.MULTILINE)]
    assert len(steps) >= 2
    assert steps == sorted(set(steps))
    assert steps[-1] == 200


# Help


@pytest.mark.parametrize("width", [30, 40, 80, 200])
def test_help_fits_and_breaks_no_word(minigan, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", "2000")
    wide = minigan("train", "--help").out
    monkeypatch.setenv("COLUMNS", str(width))
    shown = minigan("train", "--help").out
    assert sorted(set(shown.split())) == sorted(set(wide.split()))
    long = [row for row in shown.splitlines() if len(row) > width]
    # The flags with their placeholders, and commands, are never broken.
    assert all(re.match(r"  (--|minigan )|Usage:|Documentation:", row) or len(row.split()) == 1 for row in long), long


@pytest.mark.slow
def test_help_on_a_terminal(tmp_path):
    shown = on_terminal("train", "--help", width=40, folder=tmp_path)
    assert shown.status == 0
    assert shown.screen.lines[0] == "Usage: minigan train [OPTIONS]"
