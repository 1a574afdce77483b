"""The examples of docs/interchange.md that need other libraries; the others run with those of all pages."""

import os
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

import minigan as mg
from minigan import interchange

PAGE = Path(__file__).parents[2] / "docs" / "interchange.md"

pytestmark = pytest.mark.filterwarnings("ignore")  # of other libraries


def test_every_example_on_the_page_for_which_the_libraries_are_here():
    page = PAGE.read_text(encoding="utf-8")
    examples = re.findall(r"^% needs: ([^\n]+)\n\n```py\n(.+?)^```", page, re.M | re.S)
    assert len(examples) == 4
    assert len(re.findall(r"^```py$", page, re.M)) == 4
    os.environ.setdefault("KERAS_BACKEND", "torch")
    generator = mg.models.build("dcgan28").generator
    names = {"mg": mg, "generator": generator, **{name: getattr(interchange, name) for name in interchange.__all__}}
    ran = [run(code, names) for needs, code in examples if all(map(find_spec, needs.split()))]
    if not ran:
        pytest.skip("none of the libraries is installed")


def run(code: str, names: dict) -> bool:
    exec(compile(code, str(PAGE), "exec"), names)
    return True
