"""Any terminal: what fits, what is broken where, what goes to which stream, and what stays on the screen."""

import os
import re
import sys
import time

import numpy as np
import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are needed", allow_module_level=True)

from tests.cli.conftest import SIZES
from tests.screen import Screen, on_terminal

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def slow(tmp_path):
    """A tiny run of two epochs and a part, with steps enough for a few drawings of its bar."""
    np.save(tmp_path / "more.npy", np.random.default_rng(0).integers(0, 256, (480, 8, 8), dtype=np.uint8))
    return ["--data", "more.npy", *SIZES, "--batch-size", 8, "--threads", 1, "--steps", 150]


def fits(screen: Screen) -> None:
    """No row is longer than the terminal is wide, but for a path that alone is longer."""
    for row in screen.lines:
        assert len(row) <= screen.width


def words_of(text: str) -> list[str]:
    """The words, wherever the lines end."""
    return CONTROL.sub("", text).split()


@pytest.mark.parametrize("width", [40, 80, 200])
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
    assert "Fused steps and fast kernels run; --textbook runs the layer files one by one." in " ".join(text.split())
    found = [line for line in lines if re.match(r"(epoch|step) \d", line)]
    assert len(found) == 3, found  # two epochs, and the last step
    assert "step 150/150" in found[-1]


def test_the_lines_of_epochs_have_the_losses_at_any_width(slow, tmp_path):
    for width in (40, 80):
        shown = on_terminal("train", *slow[:-1], 60, "--out", f"run-{width}", width=width, folder=tmp_path)
        (line,) = [line for line in shown.screen.lines if line.startswith("epoch 1")]
        assert re.search(r"loss D \d\.\d\d G \d\.\d\d", line)
        assert ("D(x)" in line) is (width == 80)


@pytest.mark.parametrize("width", [40, 80])
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


@pytest.mark.parametrize("width", [40, 80])
def test_ctrl_c_leaves_no_bar_and_nothing_stale(slow, tmp_path, width):
    shown = on_terminal(
        *("train", *slow[:-1], 10**6, "--out", "run"), width=width, folder=tmp_path, watch=interrupt_once("─")
    )
    assert shown.status == 130
    assert "^C" in shown.sent
    assert not [line for line in shown.screen.lines if "─" in line or "^C" in line]
    assert shown.screen.broken == 0
    place = next(row for row, line in enumerate(shown.screen.lines) if line.startswith("Stopped"))
    assert re.match(r"(epoch|step) ", shown.screen.lines[place - 1])


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


def test_redirected_errors_keep_the_record_on_the_terminal_and_have_no_bar(slow, tmp_path):
    shown = on_terminal("train", *slow, "--out", "run", folder=tmp_path, pipe="stderr")
    assert shown.piped == ""
    assert "━" not in shown.sent
    assert any(line.startswith("Finished: run") for line in shown.screen.lines)


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "unknown"}])
def test_a_terminal_without_cursor_movements_gets_lines_only(slow, tmp_path, environment):
    shown = on_terminal("train", *slow, "--out", "run", folder=tmp_path, environment=environment)
    assert shown.status == 0
    assert "\x1b" not in shown.sent
    assert "━" not in shown.sent


def test_without_colours_there_are_none(slow, tmp_path):
    for arguments in (["train", *slow, "--out", "run"], ["train", "--help"], ["gradcheck", "Dense"]):
        shown = on_terminal(*arguments, folder=tmp_path, environment={"NO_COLOR": "1"})
        assert not re.search(r"\x1b\[[0-9;]*(3[0-9]|4[0-9]|9[0-9])[0-9;]*m", shown.sent)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp932", "cp437"])
def test_another_encoding_has_a_bar_of_its_characters(slow, tmp_path, encoding):
    shown = on_terminal(
        "train", *slow, "--out", "run", folder=tmp_path, environment={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    )
    assert shown.status == 0
    if encoding in ("ascii", "latin-1"):
        assert re.search(r"#+-+", shown.sent)
    assert "Traceback" not in shown.sent


# In a pipe


def test_a_pipe_gets_a_line_every_few_seconds_and_the_last_step(start, tiny, tmp_path, monkeypatch):
    """With the pause shortened: a run of one long epoch, which ends within it."""
    program = (
        "import sys; from minigan.cli import main, progress; progress.LINES = 0.5; progress.REDRAW = 0.1; "
        "sys.argv[0] = 'minigan'; main()"
    )
    import subprocess

    outcome = subprocess.run(
        [sys.executable, "-c", program, "train", "--steps", "30", "--threads", "1", "--out", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")
    steps = [int(found) for found in re.findall(r"^epoch 1  step (\d+)/30  loss", outcome.stdout, re.MULTILINE)]
    assert len(steps) >= 2
    assert steps == sorted(set(steps))
    assert steps[-1] == 30


# Help


@pytest.mark.parametrize("width", [30, 40, 80, 200])
def test_help_fits_and_breaks_no_word(tmp_path, width):
    wide = on_terminal("train", "--help", width=2000, folder=tmp_path)
    shown = on_terminal("train", "--help", width=width, folder=tmp_path)
    assert sorted(set(words_of(shown.sent))) == sorted(set(words_of(wide.sent)))
    longest = max(len(word) for word in words_of(wide.sent))
    assert all(len(row) <= max(width, longest + 40) for row in CONTROL.sub("", shown.sent).split("\r\n"))
