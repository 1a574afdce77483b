"""The guided tours: every fact in them is true, and they speak of what is on the page."""

import re
from pathlib import Path

import pytest

import minigan
from minigan.errors import ConfigError
from minigan.lab import Session, SetUp
from minigan.lab.session import COMMANDS
from minigan.lab.views import VIEWS
from minigan.lab.views.tours import FOLDER, ORDER
from tests.lab.tour_run import measured, take

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(minigan.__file__).parent / "lab" / "page" / "js"
TOURS = {name: VIEWS["tour"](None, name) for name in ORDER}
#: Tours that train for more than a second.
LONG = ("discriminator", "generator", "game", "collapse", "vanishing", "wgan-gp", "back")
STEPS = [(name, step) for name, tour in TOURS.items() for step in tour["steps"]]


@pytest.fixture(scope="module")
def page() -> str:
    """All scripts of the page."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(SCRIPTS.rglob("*.js")))


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in ORDER])
def test_the_facts_of_a_tour_are_true_when_one_takes_it(name: str) -> None:
    tour, seen = TOURS[name], {}
    for number, session in take(tour):
        for fact in tour["steps"][number - 1].get("facts", []):
            value = seen[number, fact["text"]] = measured(session, fact)
            place = f"step {number}: {fact['text']}: {value}"
            assert fact.get("least", value) <= value <= fact.get("most", value), place
            if "same_as" in fact:
                assert value == seen[fact["same_as"], fact["text"]], place
            if "other_than" in fact:
                assert value != seen[fact["other_than"], fact["text"]], place


def test_the_list_has_every_file_and_what_a_person_chooses_by() -> None:
    listed = VIEWS["tours"](None)["tours"]
    assert {tour["name"] for tour in listed} == {path.stem for path in FOLDER.glob("*.json")}
    for tour in listed:
        assert tour.keys() == {"name", "title", "minutes", "text"}


def test_an_unknown_tour_is_refused_with_the_names_of_the_others() -> None:
    with pytest.raises(ConfigError, match="unknown tour 'x': expected one of discriminator, "):
        Session(SetUp()).view("tour", {"name": "x"})


def test_a_tour_has_four_to_eight_steps_and_a_few_minutes() -> None:
    for name, tour in TOURS.items():
        assert tour["name"] == name
        assert 4 <= len(tour["steps"]) <= 8, name
        assert 2 <= tour["minutes"] <= 5, name


def test_a_step_has_only_what_the_page_understands() -> None:
    known = {"title", "text", "part", "point", "setup", "do", "press", "switches", "facts"}
    in_fact = {"text", "view", "with", "path", "unit", "digits", "least", "most", "same_as", "other_than"}
    for name, step in STEPS:
        assert step.keys() <= known, name
        assert {command for command, *_ in step.get("do", [])} <= set(COMMANDS), name
        for fact in step.get("facts", []):
            assert fact.keys() <= in_fact, name
            assert fact["view"] in VIEWS, name


def test_the_texts_are_plain_html_whose_tags_are_closed() -> None:
    for name, step in STEPS:
        tags = re.findall(r"<(/?)(\w+)[^>]*>", step["text"])
        assert {tag for _, tag in tags} <= {"p", "b", "em", "i", "code"}, name
        opened = []
        for closing, tag in tags:
            if closing:
                assert opened.pop() == tag, step["text"]
            else:
                opened.append(tag)
        assert not opened, step["text"]


def test_a_step_speaks_of_parts_and_controls_that_the_page_has(page: str) -> None:
    parts = set(re.findall(r'id: "([\w-]+)",\s+title: "', page))
    for name, step in STEPS:
        assert step["part"] in parts, name
        for control in [step["point"], *step.get("press", []), *step.get("switches", [])]:
            assert is_control(control, page), f"{name}: {control}"


def is_control(name: str, page: str) -> bool:
    """Whether the scripts have this control: by its whole name, or as a name that begins like this one."""
    beginnings = [name[: place + 1] for place, letter in enumerate(name) if letter == "-"]
    groups = [f'group("{beginning[:-1]}"' for beginning in beginnings]  # of presets
    return f'"{name}"' in page or any(f"`{start}${{" in page for start in beginnings) or any(g in page for g in groups)


def test_the_page_on_the_lab_and_the_lessons_name_tours_that_exist() -> None:
    titles = {tour["title"] for tour in TOURS.values()}
    lab = (ROOT / "docs" / "lab.md").read_text(encoding="utf-8")
    for title in titles:
        assert title in lab
    for path in sorted((ROOT / "docs" / "learn").glob("*.md")):
        assert set(re.findall(r"tour \*([^*]+)\*", path.read_text(encoding="utf-8"))) <= titles, path.name
