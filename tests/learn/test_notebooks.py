"""The lessons: a page and its notebook are one; every exercise can fail and can be solved."""

import ast
import json
import re
from collections import Counter
from contextlib import redirect_stdout
from io import StringIO

import pytest

from docs import notebooks
from minigan.learn import lessons
from minigan.learn.exercises import failure
from tests.learn.lesson import PAGE
from tests.loops import loop_over

FENCES = re.MULTILINE | re.DOTALL
EXERCISES = [exercise for lesson in lessons() for exercise in lesson.exercises]


def cells() -> list[dict]:
    return notebooks.notebook(PAGE, notebooks.PAGES / "1-short.md")["cells"]


def test_a_page_and_its_notebook_are_the_same():
    pages = notebooks.pages()
    kept = sorted(path.name for path in notebooks.NOTEBOOKS.glob("*"))
    assert kept == [f"{page.stem}.ipynb" for page in pages]
    for page in pages:
        text = (notebooks.NOTEBOOKS / f"{page.stem}.ipynb").read_text(encoding="utf-8")
        assert text == notebooks.written(page), "run python -m docs.notebooks"


def test_roles_and_links_become_what_jupyter_shows():
    text = "".join(cells()[0]["source"])
    assert "About `Dense` and caches: see [fused steps](https://" in text
    assert "/docs/fusion.md#rules)" in text
    assert text.startswith("# A short lesson")


def test_the_code_of_the_package_is_printed_from_the_installed_file(capsys):
    (shown,) = [one for one in cells() if "show_code" in "".join(one["source"])]
    exec("".join(shown["source"]), {})
    assert "def product(self, x" in capsys.readouterr().out


def test_notes_and_folded_blocks_become_markdown():
    texts = ["".join(one["source"]) for one in cells() if one["cell_type"] == "markdown"]
    assert "> **Note.** A note\n> of two lines." in texts
    assert any(text.startswith("<details><summary>Hint</summary>\n\nIt is a constant.") for text in texts)


def test_a_plain_fence_is_shown_and_not_run():
    (text,) = ["".join(one["source"]) for one in cells() if "shown, not run" in "".join(one["source"])]
    assert "```python\nx = 1" in text


@pytest.mark.parametrize("text", ["```{code-cell} python\nprint(1)\n", ":::{unknown} x\n:::\n"])
def test_what_a_notebook_cannot_show_is_an_error(text: str):
    with pytest.raises(ValueError, match=r"a fence without an end|a notebook has no"):
        list(notebooks.cells_of(text, notebooks.PAGES / "1-short.md"))


def test_there_are_nine_lessons_with_at_least_three_exercises_each():
    assert len(lessons()) == 9
    assert not [lesson.name for lesson in lessons() if len(lesson.exercises) < 3]
    assert not [name for name, count in Counter(one.name for one in EXERCISES).items() if count > 1]


def test_no_example_of_a_lesson_or_a_how_to_asserts_in_place_of_showing():
    pages = [*notebooks.pages(), *(notebooks.ROOT / "docs" / "howto").glob("*.md")]
    asserting = {}
    for page in pages:
        for fence in re.findall(r"^```(?:\{code-cell\} )?python\n(.*?)^```$", page.read_text("utf-8"), FENCES):
            if not fence.lstrip().startswith(">>>"):
                code = re.sub(r"^:.*$", "", fence, flags=re.MULTILINE)
                asserting[page.name] = [node for node in ast.parse(code).body if isinstance(node, ast.Assert)]
    assert not {name: nodes for name, nodes in asserting.items() if nodes}


@loop_over(exercise=EXERCISES)
def test_a_blank_fails_with_a_message_that_helps(exercise):
    with redirect_stdout(StringIO()):
        message = failure(exercise.program(exercise.blank), exercise.file_name)
    assert message is not None, exercise.name
    assert "is still to be written" in message or "WRONG" in message, f"{exercise.name}: {message}"


@loop_over(exercise=EXERCISES)
def test_a_solution_passes(exercise):
    printed = StringIO()
    with redirect_stdout(printed):
        message = failure(exercise.program(exercise.solution), exercise.file_name)
    assert message is None, f"{exercise.name}: {message}"
    assert printed.getvalue(), f"{exercise.name}: the learner is to see that it passes"


def test_a_notebook_is_what_jupyter_reads():
    for lesson in lessons():
        made = json.loads(lesson.text)
        assert made["nbformat"] == 4
        assert len({one["id"] for one in made["cells"]}) == len(made["cells"])


def test_the_page_of_the_course_lists_the_lessons_with_their_minutes():
    rows = re.findall(
        r"^\| (\d) \| (?:\[)?([^|\]]+?)(?:\]\([^)]*\))? \| (\d+) \|",
        (notebooks.PAGES / "index.md").read_text("utf-8"),
        re.M,
    )
    assert [(int(minutes), lesson.title.startswith(title)) for (_, title, minutes), lesson in zip(rows, lessons())] == [
        (lesson.minutes, True) for lesson in lessons()
    ]
