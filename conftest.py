"""Every example in the README, on the documentation's pages and in the docstrings runs as a test."""

import doctest
import os
import re
import shlex
import shutil
import sys
import tempfile
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import fields
from io import StringIO
from pathlib import Path
from unittest import mock

import pytest
import typer
from hypothesis import settings
from sybil import Example, Sybil
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser
from sybil.sybil import SybilCollection

from minigan import kernels
from minigan.cli import app, run
from minigan.cli.settings import given
from minigan.runs import TrainConfig


def pytest_configure(config: pytest.Config) -> None:
    """Settings for all processes of the tests: workers and commands take them from the environment.

    Modules are compiled once, also where Python may write nothing beside the sources. Workers that share the
    processors have one thread each for products: more would wait for each other, and waiting takes time, too.
    """
    if sys.dont_write_bytecode and hasattr(config, "cache"):
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(config.cache.mkdir("compiled"))
        sys.dont_write_bytecode = False
    settings.register_profile("shared", deadline=None)  # on a machine that does other things, too, any case may be slow
    settings.load_profile("shared")
    if config.getoption("numprocesses", None):
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def run_console(example: Example) -> str | None:
    """Run the commands of a ``console`` fence, each after a ``$``, and compare what they print.

    A command must fail if an error is shown: a line that begins with ``minigan:``. Without a ``$`` the fence is one of
    commands to copy.
    """
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    _, *parts = ("\n" + example.parsed).split("\n$ ")
    for part in parts:
        line, _, expected = part.partition("\n")
        program, *arguments = shlex.split(line)
        printed = StringIO()
        with mock.patch.dict(os.environ, COLUMNS="100"), redirect_stdout(printed), redirect_stderr(printed):
            failed = program != "minigan" or bool(run(arguments)) != bool(
                re.search("^minigan: ", expected, re.MULTILINE)
            )
        if failed or not doctest.OutputChecker().check_output(expected, printed.getvalue(), options):
            return f"{line}\nexpected:\n{expected}\ngot:\n{printed.getvalue()}"
    return None if parts else read_commands(example)


def read_commands(example: Example) -> None:
    """Read, but do not run, the lines of a shell fence that begin with ``minigan``: usage must be right."""
    commands = typer.main.get_command(app).commands
    names = {field.name for field in fields(TrainConfig)}
    for line in example.parsed.replace("\\\n", " ").replace("&&", "\n").splitlines():
        program, *arguments = shlex.split(line, comments=True) or [""]
        if program == "minigan":
            context = commands[arguments[0]].make_context(arguments[0], arguments[1:])
            settings = {name: value for name, value in context.params.items() if name in names}
            TrainConfig(**given(TrainConfig, settings))


def enter_folder(namespace: dict) -> None:
    """Run a page in an empty folder of its own."""
    namespace["_page"] = page = ExitStack()
    folder = page.enter_context(tempfile.TemporaryDirectory())
    page.callback(os.chdir, os.getcwd())
    os.chdir(folder)


def enter_folder_of_files(namespace: dict) -> None:
    """As `enter_folder`, with the files that the how-tos offer: a reader has them in the folder, too."""
    enter_folder(namespace)
    for file in (Path(__file__).parent / "docs/howto/files").glob("*.py"):
        shutil.copy(file, ".")
    before = set(sys.modules)
    namespace["_page"].callback(lambda: [sys.modules.pop(name) for name in set(sys.modules) - before])
    namespace["_page"].enter_context(mock.patch.object(sys, "path", ["", *sys.path]))


def choose_defaults(namespace: dict) -> None:
    """As `enter_folder`, with the steps that run where nobody says otherwise, on NumPy's kernels."""
    enter_folder(namespace)
    namespace["_page"].enter_context(mock.patch.dict(os.environ))
    os.environ.pop("MINIGAN_FUSE", None)
    namespace["_page"].enter_context(kernels.using("numpy"))


def leave(namespace: dict) -> None:
    """Back to where the tests were started, and to what they were told."""
    namespace["_page"].close()


FENCES = [
    PythonCodeBlockParser(doctest_optionflags=doctest.ELLIPSIS),
    CodeBlockParser("console", run_console),
    CodeBlockParser("bash", read_commands),
]

#: The page that shows what is chosen; pages with files; lessons, which are run as notebooks.
CHOICES, HOWTOS, LESSONS = "docs/fusion.md", "docs/howto/*.md", "docs/learn/[0-9]*.md"

pages = Sybil(
    parsers=FENCES,
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    excludes=[CHOICES, HOWTOS, LESSONS],
    setup=enter_folder,
    teardown=leave,
)
choices = Sybil(parsers=FENCES, patterns=[CHOICES], setup=choose_defaults, teardown=leave)
howtos = Sybil(parsers=FENCES, patterns=[HOWTOS], setup=enter_folder_of_files, teardown=leave)
docstrings = Sybil(
    parsers=[DocTestParser(optionflags=doctest.ELLIPSIS)],
    patterns=["minigan/*.py", "minigan/*/*.py", "minigan/*/*/*.py"],
)

pytest_collect_file = SybilCollection([pages, choices, howtos, docstrings]).pytest()
