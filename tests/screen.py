"""A terminal for tests: a process on a pseudo-terminal of some size, and what its screen shows in the end."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

#: What a program sends: a control sequence, one control character, or text.
PIECES = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|([\r\n\x08])|([^\x1b\r\n\x08]+)")


class Screen:
    """The rows that a terminal of some width shows, with those that have scrolled past."""

    def __init__(self, width: int) -> None:
        self.width, self.rows = width, [""]
        self.row = self.column = 0
        self.broken = 0

    def feed(self, text: str) -> None:
        """Show what was sent."""
        for numbers, command, control, plain in PIECES.findall(text):
            if command:
                self.move(command, numbers)
            elif control == "\r":
                self.column = 0
            elif control == "\n":
                self.down()
            elif control == "\x08":
                self.column = max(self.column - 1, 0)
            else:
                for character in plain:
                    self.put(character)

    def put(self, character: str) -> None:
        """One character; past the last column it begins a new row, as on any terminal."""
        if self.column == self.width:
            self.broken += 1
            self.column = 0
            self.down()
        line = self.rows[self.row].ljust(self.column)
        self.rows[self.row] = line[: self.column] + character + line[self.column + 1 :]
        self.column += 1

    def down(self) -> None:
        """To the next row."""
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append("")

    def move(self, command: str, numbers: str) -> None:
        """The movements that a progress bar needs; colours and the cursor's looks change nothing here."""
        if command == "A":
            self.row = max(self.row - int(numbers or 1), 0)
        elif command == "K":
            self.rows[self.row] = "" if numbers == "2" else self.rows[self.row][: self.column]
        elif command not in "mhl":
            raise AssertionError(f"unknown control sequence {command}")

    @property
    def lines(self) -> list[str]:
        """All rows, without blanks at their ends and empty rows at the end."""
        return "\n".join(row.rstrip() for row in self.rows).rstrip().split("\n")


class Shown(NamedTuple):
    """What came of a process on a terminal: what it sent, its screen, and its standard output if that was a pipe."""

    status: int
    sent: str
    screen: Screen
    piped: str


def on_terminal(
    *arguments: object,
    width: int = 80,
    folder: Path,
    pipe: str = "",
    environment: dict[str, str] | None = None,
    watch: Callable[[int, str], None] = lambda descriptor, sent: None,
) -> Shown:
    """Run ``minigan`` on a pseudo-terminal.

    Parameters
    ----------
    pipe : str
        "stdout" or "stderr" for a pipe instead of the terminal.
    watch : callable
        Called with the terminal and what has come so far; it may type.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MINIGAN_", "COLUMNS", "LINES"))}
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        kept.pop(name, None)
    surroundings = {**kept, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **(environment or {})}
    with (folder / "piped.txt").open("w+b") as file:
        streams = {name: file if name == pipe else theirs for name in ("stdout", "stderr")}
        process = subprocess.Popen(
            [sys.executable, "-m", "minigan", *map(str, arguments)],
            stdin=theirs,
            cwd=folder,
            env=surroundings,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            **streams,
        )
        os.close(theirs)
        sent, deadline = b"", time.monotonic() + 120
        while time.monotonic() < deadline:
            ready, _, _ = select.select([ours], [], [], 0.05)
            try:
                if ready:
                    if not (piece := os.read(ours, 65536)):
                        break
                    sent += piece
            except OSError:  # Linux: the other end is closed
                break
            watch(ours, sent.decode(errors="replace"))
            if not ready and process.poll() is not None:
                break
        if time.monotonic() >= deadline:
            process.kill()
        status = process.wait(timeout=30)
        os.close(ours)
        file.seek(0)
        piped = file.read().decode(errors="replace")
    text = sent.decode(errors="replace")
    screen = Screen(width)
    screen.feed(text)
    return Shown(status, text, screen, piped)
