"""Exercises: read from a notebook, and checked by the gradient checker or by numbers."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from traceback import extract_tb
from typing import Any

from minigan.errors import MiniganError
from minigan.learn.plain_text import plain_text

__all__ = ["Exercise", "exercises_in", "failure", "same_code"]

#: The line between a learner's part of a file and the check.
LINE = "# The check. Run this file, or `minigan learn` with the folder of the course."


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    name : str
        Such as ``sigmoid``.
    lesson : str
        The name of its lesson.
    title, task : str
    blank, check, solution : str
        Programs: with ``...`` where the learner writes, what is run after it, and what may stand for the blank.
    """

    name: str
    lesson: str
    title: str
    task: str
    blank: str
    check: str
    solution: str

    @property
    def file_name(self) -> str:
        """Of the file for a learner."""
        return f"{self.lesson}-{self.name}.py"

    def program(self, answer: str) -> str:
        """A file with this answer in place of the blank: the task, the answer, the check."""
        task = plain_text(f"{self.title}\n\n{self.task}".strip()).replace("\\", "\\\\").replace('"""', "'''")
        return f'"""{task}\n"""\n\n{answer.strip()}\n\n\n{LINE}\n{self.check.strip()}\n'


def exercises_in(lesson: str, notebook: dict[str, Any]) -> Iterator[Exercise]:
    """The exercises in the cells of a notebook, in order."""
    parts: dict[str, dict[str, str]] = {}
    for cell in notebook["cells"]:
        facts = cell["metadata"].get("minigan", {})
        if "exercise" in facts:
            found = parts.setdefault(facts["exercise"], {"title": facts.get("title", "")})
            found[facts["part"]] = facts.get("solution") or "".join(cell["source"])
    for name, found in parts.items():
        task = found["task"].partition("\n")[2].strip()
        yield Exercise(name, lesson, found["title"], task, found["blank"], found["check"], found["solution"])


def failure(source: str, file_name: str) -> str | None:
    """Run a program in this process; why it fails, or None if it does not.

    The message of a blank that is not filled in names its line.
    """
    try:
        exec(compile(source, file_name, "exec"), {"__name__": "__main__", "__file__": file_name})
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except MiniganError as error:
        message = str(error)
    except Exception as error:
        lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == file_name]
        message = f"line {lines[-1]}: {type(error).__name__}: {error}" if lines else f"{type(error).__name__}: {error}"
    else:
        return None
    if blanks := list(blank_lines(source)):
        return f"line {blanks[0]} is still to be written: `{source.splitlines()[blanks[0] - 1].strip()}`; {message}"
    return message


def blank_lines(source: str) -> Iterator[int]:
    """The lines of a program with a ``...`` that is not a part of an index."""
    tree = ast.parse(source)
    subscripts = [node for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    indices = {id(node) for subscript in subscripts for node in ast.walk(subscript.slice)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value is ... and id(node) not in indices:
            yield node.lineno


def same_code(one: str, other: str) -> bool:
    """Whether two programs do the same: comments and blank lines do not count."""
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except SyntaxError:
        return False
