"""A learner's answers: found in a folder, each run in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minigan.errors import ConfigError
from minigan.learn.course import EXERCISES, lessons
from minigan.learn.exercises import Exercise, exercises_in, same_code

__all__ = ["FAILS", "OPEN", "PASSES", "Attempt", "attempts"]

#: What can be said of an exercise.
PASSES, FAILS, OPEN = "passes", "fails", "not begun"

#: Seconds after which an answer is stopped.
LIMIT = 120

#: A program that runs the one on its standard input, and ends with the message of what fails.
RUN = "import sys; from minigan.learn.exercises import failure; sys.exit(failure(sys.stdin.read(), sys.argv[1]))"


@dataclass(frozen=True)
class Attempt:
    """What came of an exercise.

    Attributes
    ----------
    exercise : Exercise
    verdict : str
        ``passes``, ``fails`` or ``not begun``.
    message : str
        Why it fails.
    path : Path, optional
        The file or notebook with the answer.
    """

    exercise: Exercise
    verdict: str
    message: str = ""
    path: Path | None = None


def attempts(folder: str | Path, only: str | None = None) -> Iterator[Attempt]:
    """Run the answers in a folder that `copy_course` made, in the files or in the notebooks: one that passes is enough.

    Parameters
    ----------
    folder : path
    only : str, optional
        The name of one exercise.

    Yields
    ------
    Attempt

    Raises
    ------
    ConfigError
        If there is no exercise of that name, or a notebook cannot be read.
    """
    everything = [exercise for lesson in lessons() for exercise in lesson.exercises]
    chosen = [exercise for exercise in everything if only in (None, exercise.name)]
    if not chosen:
        names = ", ".join(exercise.name for exercise in everything)
        raise ConfigError(f"expected the name of an exercise ({names}), got {only}")
    for exercise in chosen:
        attempt = Attempt(exercise, OPEN)
        for path, answer in answers(Path(folder), exercise):
            message = run(answer, path)
            attempt = Attempt(exercise, FAILS if message else PASSES, message, path)
            if not message:
                break
        yield attempt


def answers(folder: Path, exercise: Exercise) -> Iterator[tuple[Path, str]]:
    """The programs for an exercise in a folder that are no longer the blank."""
    path = folder / EXERCISES / exercise.file_name
    if path.is_file():
        text = path.read_text(encoding="utf-8")
        if not same_code(text, exercise.program(exercise.blank)):
            yield path, text
    path = folder / f"{exercise.lesson}.ipynb"
    if path.is_file():
        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
            found = {one.name: one for one in exercises_in(exercise.lesson, notebook)}
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path}: expected a notebook of the course, got a damaged one: {error}") from None
        own = found.get(exercise.name)
        if own and not same_code(own.blank, exercise.blank):
            yield path, f"{own.blank}\n\n{exercise.check}"


def run(program: str, path: Path) -> str:
    """The message with which a program fails, or nothing."""
    options: Any = {"capture_output": True, "encoding": "utf-8", "errors": "replace", "timeout": LIMIT}
    try:
        done = subprocess.run([sys.executable, "-c", RUN, path.name], input=program, cwd=path.parent, **options)
    except subprocess.TimeoutExpired:
        return f"stopped after {LIMIT} seconds: is there a loop without an end?"
    return "" if done.returncode == 0 else done.stderr.strip() or f"ended with the status {done.returncode}"
