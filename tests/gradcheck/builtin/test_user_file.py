"""A user's file is run as Python runs it, and leaves nothing behind; functions in it are checked like layers."""

import sys
from sys import path as SEARCHED

import pytest

from minigan.errors import ConfigError
from minigan.gradcheck.builtin.discovery import cases_in_file, run_case
from minigan.gradcheck.builtin.user_file import load
from tests.loops import loop_over

SCALED = """
def scaled(x):
    return FACTOR * x, None

def scaled_backward(dy, cache):
    return 2.0 * dy
"""
PLAIN = SCALED.replace("FACTOR", "2.0")


@pytest.fixture
def folder(tmp_path):
    """Writes files into a new folder, by their names without the suffix."""

    def write(name: str, **files: str):
        place = tmp_path / name
        for file, text in files.items():
            path = place / f"{file}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return place

    return write


def verdicts(path, shape=None) -> dict[str, bool]:
    return {case.name: run_case(case, 0).ok for case in cases_in_file(path, shape)}


@loop_over(
    files=[
        {"layers": "from factor import FACTOR\n" + SCALED, "factor": "FACTOR = 2.0"},
        {
            "layers": "import factor\nFACTOR = factor.FACTOR\n" + SCALED,
            "factor": "from more import FACTOR",
            "more": "FACTOR = 2.0",
        },
        {"layers": "from parts.factor import FACTOR\n" + SCALED, "parts/factor": "FACTOR = 2.0"},
        {"layers": "from parts import FACTOR\n" + SCALED, "parts/__init__": "FACTOR = 2.0"},
    ]
)
def test_a_file_imports_its_neighbours_and_leaves_no_trace(folder, files):
    modules, searched = set(sys.modules), list(SEARCHED)
    place = folder(f"files{len(files)}{len(files['layers'])}", **files)
    assert verdicts(place / "layers.py") == {"scaled": True}
    assert searched == SEARCHED
    assert not {name for name in set(sys.modules) - modules if name.split(".")[0] in ("factor", "more", "parts")}


def test_neighbours_of_the_same_name_in_two_folders_are_two(folder):
    text = "from factor import FACTOR\n" + SCALED
    for number, factor in enumerate([2.0, 3.0, 2.0]):
        place = folder(f"folder{number}", layers=text, factor=f"FACTOR = {factor}")
        assert verdicts(place / "layers.py") == {"scaled": factor == 2.0}


def test_an_error_leaves_no_trace_either(folder):
    searched = list(SEARCHED)
    place = folder("wrong", layers="import factor\n1 / 0", factor="")
    with pytest.raises(ConfigError, match="cannot be run: ZeroDivisionError"):
        load(place / "layers.py")
    assert searched == SEARCHED
    assert "factor" not in sys.modules


@loop_over(
    name=["types", "random", "numpy", "numbers", "statistics", "colorsys", "rich", "typing", "minigan", "logging"]
)
def test_a_neighbour_with_the_name_of_a_module_of_python_breaks_nothing(folder, name):
    place = folder(name, **{name: "raise RuntimeError('of the folder')", "layers": f"import {name}\n{PLAIN}"})
    assert verdicts(place / "layers.py") == {"scaled": True}
    assert str(place) not in str(getattr(sys.modules.get(name), "__file__", ""))


def test_the_file_itself_may_have_such_a_name(folder):
    assert verdicts(folder("own", random=PLAIN) / "random.py") == {"scaled": True}


def test_a_data_class_in_the_file_works(folder):
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass Cache:\n    x: int\n"
    )
    assert verdicts(folder("classes", layers=text + PLAIN) / "layers.py") == {"scaled": True}


# Functions

FUNCTIONS = """
import numpy as np
from os.path import join

def helper(x):
    return x

def forward(x):
    return x * x, x

def backward(dy, x):
    return dy * 2 * x

def dense(x, kernel, bias):
    return x @ kernel + bias, (x, kernel)

def dense_backward(dy, cache):
    x, kernel = cache
    return dy @ kernel.T, x.T @ dy, dy.mean(axis=0)
"""
LOSSES = """
def loss(z):
    return (z * z).mean(), 2 * z / z.size

def wrong_loss(z):
    return (z * z).mean(), 2 * z
"""
IMAGES = "def f(x):\n    n, h, w, c = x.shape\n    return 2 * x, None\ndef f_backward(dy, cache):\n    return 2 * dy\n"


def test_functions_with_a_backward_and_losses_are_checked(folder):
    assert verdicts(folder("losses", f=LOSSES) / "f.py") == {"loss": True, "wrong_loss": False}
    assert verdicts(folder("images", f=IMAGES) / "f.py") == {"f": True}
    only = FUNCTIONS.replace("def forward", "def square").replace("def backward", "def other")
    assert verdicts(folder("several", f=only) / "f.py", "4,3 3,2 2") == {"dense": False}


@loop_over(
    case=[
        (FUNCTIONS, None, "dense has the arguments x, kernel, bias: give a shape for each of them, as in --shape"),
        (FUNCTIONS, "4,3", r"dense: expected --shape with 3 shapes \(x, kernel, bias\), got 1"),
        (PLAIN, "4,3 2", r"scaled: expected --shape with 1 shapes \(x\), got 2"),
        (PLAIN, "4,0", "--shape: expected sizes with the batch axis first"),
        (PLAIN, "", "--shape: expected sizes with the batch axis first"),
        ("def f(x):\n    return x", None, "nor a function with a backward, such as f and f_backward, or a loss"),
        ("def loss(z):\n    return z", None, r"loss does not take an input of shape .*, give --shape: ConfigError"),
        ("from minigan.layers import ReLU\nr = ReLU()", "4,3 3,2", "--shape: expected sizes with the batch axis first"),
    ]
)
def test_what_does_not_fit_is_refused(folder, case):
    text, shape, message = case
    with pytest.raises(ConfigError, match=message):
        cases_in_file(folder("refused", f=text) / "f.py", shape)
