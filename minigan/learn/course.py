"""The lessons: notebooks in the package, copied into a learner's folder."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from minigan.errors import ConfigError
from minigan.io.atomic_write import write_text
from minigan.learn.exercises import Exercise, exercises_in

__all__ = ["EXERCISES", "Lesson", "copy_course", "lessons"]

#: The folder of the exercises in that of the course.
EXERCISES = "exercises"


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes
    ----------
    name : str
        Such as ``1-dense``; the notebook is ``1-dense.ipynb``.
    title : str
    minutes : int
        How long it takes to read, without the exercises.
    text : str
        The notebook.
    exercises : tuple of Exercise
    """

    name: str
    title: str
    minutes: int
    text: str
    exercises: tuple[Exercise, ...]


@cache
def lessons() -> tuple[Lesson, ...]:
    """All lessons in order."""
    folder = files("minigan.learn").joinpath("notebooks")
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".ipynb")), key=lambda entry: entry.name)
    return tuple(read_lesson(entry.name.removesuffix(".ipynb"), entry.read_text(encoding="utf-8")) for entry in found)


def read_lesson(name: str, text: str) -> Lesson:
    """The lesson of a notebook of the package."""
    notebook: dict[str, Any] = json.loads(text)
    facts = notebook["metadata"]["minigan"]
    return Lesson(name, facts["title"], facts["minutes"], text, tuple(exercises_in(name, notebook)))


def copy_course(folder: str | Path) -> list[Path]:
    """Copy what is missing of the course: notebooks, and a file for each exercise. Nothing is replaced.

    Parameters
    ----------
    folder : path
        New, empty, or with the course in it.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    ConfigError
        If the folder has other files, or is a file.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"expected a folder for the course, got the file {folder}")
    texts = dict(course_files())
    if folder.is_dir() and any(folder.iterdir()) and not any((folder / name).exists() for name in texts):
        raise ConfigError(f"expected a new folder for the course, or one with it, but {folder} has other files")
    missing = {folder / name: text for name, text in texts.items() if not (folder / name).exists()}
    if missing:
        (folder / EXERCISES).mkdir(parents=True, exist_ok=True)
    for path, text in missing.items():
        write_text(path, text)
    return list(missing)


def course_files() -> Iterator[tuple[str, str]]:
    """The name and the text of each file of the course."""
    for lesson in lessons():
        yield f"{lesson.name}.ipynb", lesson.text
        for exercise in lesson.exercises:
            yield f"{EXERCISES}/{exercise.file_name}", exercise.program(exercise.blank)
