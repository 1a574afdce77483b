"""The file at the end of each how-to: it runs in an empty folder and prints what its page shows.

The page shows the command in a ``bash`` fence and the output in a ``text`` fence below it, where ``...`` matches
anything. A comment before them, ``% needs:``, names packages without which the test is skipped. Results of training
differ a little from machine to machine, so fractions need not be the same to the last digit.
"""

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
PAGES = {page.name: page.read_text(encoding="utf-8") for page in sorted(HOWTO.glob("*.md"))}

#: A command that runs one of the files, and its output.
RUN = re.compile(
    r"^(?:% needs: ([\w ]+)\n\n)?```bash\n((?:python|pytest) (\w+\.py)[^\n]*)\n```\n\n```text\n(.*?)^```", re.M | re.S
)

#: Compared as numbers.
FRACTION = re.compile(r"-?\d+\.\d+")

RUNS = [(page, *match.groups()) for page, text in PAGES.items() for match in RUN.finditer(text)]


@pytest.mark.parametrize(("page", "needs", "command", "file", "expected"), RUNS, ids=[run[3] for run in RUNS])
def test_the_file_runs_and_prints_what_the_page_shows(
    tmp_path, page: str, needs: str | None, command: str, file: str, expected: str
):
    for package in (needs or "").split():
        pytest.importorskip(package)
    shutil.copy(HOWTO / "files" / file, tmp_path)
    _, *arguments = shlex.split(command)
    program = (
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"] if command.startswith("pytest") else [sys.executable]
    )
    environment = {**os.environ, "PYTHONPATH": str(HOWTO.parents[1]), "COLUMNS": "100"}
    process = subprocess.run(
        [*program, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    words = FRACTION.sub("#", expected), FRACTION.sub("#", process.stdout)
    assert doctest.OutputChecker().check_output(*words, options), process.stdout + process.stderr
    shown, found = ([float(number) for number in FRACTION.findall(text)] for text in (expected, process.stdout))
    if "..." not in expected:
        assert found == pytest.approx(shown, rel=0.3, abs=0.1)
    assert process.returncode == 0


def test_every_file_is_offered_and_shown_whole_on_a_page():
    text = "".join(PAGES.values())
    for file in (HOWTO / "files").glob("*.py"):
        assert f"<files/{file.name}>`" in text, file.name
        assert re.search(rf"literalinclude}} files/{file.name}\n(:language: python\n)?```", text), file.name
