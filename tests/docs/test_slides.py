"""The slides for a class: the file is that of their program, and the page has all answers."""

import re
from pathlib import Path

import pytest

import minigan as mg
from docs.figures.slides import OUT, SLIDES, draw_slides

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "in-a-class.md"


def pages(path: Path) -> int:
    return len(re.findall(rb"/Type /Page\b", path.read_bytes()))


@pytest.mark.slow
def test_the_program_draws_as_many_slides_as_the_file_has(tmp_path):
    threads = mg.backend.threads()
    draw_slides(tmp_path / "slides.pdf")
    mg.backend.threads(threads)
    assert pages(tmp_path / "slides.pdf") == pages(OUT) == len(SLIDES), "run python -m docs.figures.slides"
    assert OUT.stat().st_size < 2_000_000


def test_the_page_answers_the_question_on_each_slide():
    text = PAGE.read_text(encoding="utf-8")
    assert f"{len(SLIDES)} slides" in text
    answers = text.partition("For the teacher\n")[2].partition(":::")[0]
    assert [int(number) for number in re.findall(r"^(\d+)\. ", answers, re.M)] == list(range(1, len(SLIDES) + 1))


def test_every_slide_has_one_sentence_that_fits_and_one_question():
    for sentence, question, _ in SLIDES:
        assert sentence.endswith(".")
        assert len(sentence) <= 75
        assert question.endswith("?")
