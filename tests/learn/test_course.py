"""The folder of a learner: copied without replacing anything, and answers that pass, fail or hang."""

import json

import pytest

from minigan.errors import ConfigError
from minigan.learn import answers as answers_of
from minigan.learn import attempts, copy_course, lessons
from minigan.learn.answers import FAILS, OPEN, PASSES
from tests.command import minigan, plain_surroundings
from tests.learn.lesson import short_lesson

__all__ = ["minigan", "plain_surroundings", "short_lesson"]


@pytest.fixture
def folder(short_lesson, tmp_path):
    copy_course(tmp_path / "course")
    return tmp_path / "course"


@pytest.fixture
def answer(folder):
    """Replace the blank in the file of the exercise."""
    path = folder / "exercises" / "1-short-double.py"

    def write(code: str):
        path.write_text(path.read_text().replace("return ...  # here", code))

    return write


def only(folder):
    (found,) = attempts(folder)
    return found


def test_the_course_is_copied_once_and_what_is_missing_again(folder):
    path = folder / "exercises" / "1-short-double.py"
    assert sorted(entry.name for entry in folder.iterdir()) == ["1-short.ipynb", "exercises"]
    assert path.read_text().startswith('"""Twice the number\n\nWrite the gradient.\n"""\n\nimport minigan as mg\n')
    path.write_text("mine")
    assert copy_course(folder) == []
    assert path.read_text() == "mine"
    path.unlink()
    assert copy_course(folder) == [path]


def test_a_folder_with_other_files_is_refused(short_lesson, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ConfigError, match="expected a new folder for the course"):
        copy_course(tmp_path)
    with pytest.raises(ConfigError, match="got the file"):
        copy_course(tmp_path / "letter.txt")


def test_an_exercise_is_not_begun_until_its_code_changes(folder, answer):
    assert only(folder).verdict == OPEN
    answer("return ...  # I will do it tomorrow")
    assert only(folder).verdict == OPEN


def test_a_right_answer_passes(folder, answer):
    answer("return dy + dy")
    found = only(folder)
    assert (found.verdict, found.message, found.path.name) == (PASSES, "", "1-short-double.py")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("return dy", "everywhere by the factor 0.5"),
        ("return dy.nothing", "line 14: AttributeError"),
        ("return dy +", "line 14: invalid syntax"),
        ("return 2 * ...", "line 14 is still to be written: `return 2 * ...`"),
        ("pass", "None: does backward return it?"),
        ("import os; os._exit(3)", "ended with the status 3"),
    ],
)
def test_a_wrong_answer_fails_with_the_reason(folder, answer, code, message):
    answer(code)
    found = only(folder)
    assert found.verdict == FAILS
    assert message in found.message


def test_an_answer_that_does_not_end_is_stopped(folder, answer, monkeypatch):
    monkeypatch.setattr(answers_of, "LIMIT", 1)
    answer("while True: pass")
    assert "is there a loop without an end?" in only(folder).message


def test_an_answer_in_the_notebook_counts(folder, answer):
    path = folder / "1-short.ipynb"
    path.write_text(path.read_text().replace("return ...  # here", "return dy * 2"))
    assert only(folder).path == path
    answer("return dy")  # wrong in the file: one that passes is enough
    assert only(folder).verdict == PASSES


def test_a_damaged_notebook_is_named(folder):
    (folder / "1-short.ipynb").write_text("{}")
    with pytest.raises(ConfigError, match=r"1-short\.ipynb: expected a notebook of the course"):
        only(folder)


def test_the_name_of_an_exercise_is_checked(folder):
    with pytest.raises(ConfigError, match=r"expected the name of an exercise \(double\), got doubel"):
        list(attempts(folder, "doubel"))


def test_every_notebook_of_the_package_is_a_lesson():
    assert [json.loads(lesson.text)["metadata"]["minigan"]["title"] for lesson in lessons()] == [
        lesson.title for lesson in lessons()
    ]


def test_the_command_lists_the_lessons(minigan, short_lesson):
    outcome = minigan("learn")
    assert outcome.status == 0
    assert "1-short" in outcome.out
    assert "minigan learn course" in outcome.out


def test_the_command_copies_and_says_what_passes(minigan, short_lesson, tmp_path):
    outcome = minigan("learn", "course")
    assert outcome.status == 0
    assert "Copied 1 notebook and 1 exercise into course" in outcome.out
    assert "not begun  double: Twice the number" in outcome.out
    path = tmp_path / "course" / "exercises" / "1-short-double.py"
    path.write_text(path.read_text().replace("return ...", "return dy"))
    outcome = minigan("learn", "course", "--only", "double")
    assert outcome.status == 1
    assert "by the factor 0.5" in outcome.out
    assert "0 of 1 exercises pass" in outcome.out


def test_only_needs_a_folder(minigan):
    outcome = minigan("learn", "--only", "double")
    assert outcome.status == 2
    assert "expected a folder before --only" in outcome.err
