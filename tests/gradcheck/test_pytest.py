"""The pytest plugin in a project that is not this one: it is there without being asked for."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = """
import numpy as np
import pytest

from minigan.layers import Dense


def square(x):
    return x * x, x


def test_right(gradcheck):
    report = gradcheck(square, (3, 4), backward=lambda dy, x: 2 * dy * x)
    assert report.ok
    gradcheck(Dense(3), (4, 5))


class TestWrong:
    def test_factor(self, gradcheck):
        gradcheck(square, (3, 4), backward=lambda dy, x: dy * x, name="half a square")


@pytest.mark.gradcheck(mode="directional", seed=77)
def test_marked(gradcheck):
    report = gradcheck(square, (3, 4), backward=lambda dy, x: 2 * dy * x)
    assert report.seed == 77
    assert report.rows[0].mode == "differences, 8 directions"
    assert gradcheck(square, (3, 4), backward=lambda dy, x: 2 * dy * x, mode="full", seed=1).seed == 1


@pytest.mark.gradcheck(seed=1, mode="full")
class TestNearest:
    @pytest.mark.gradcheck(seed=2)
    def test_marker(self, gradcheck):
        report = gradcheck(square, (3, 4), backward=lambda dy, x: 2 * dy * x)
        assert (report.seed, report.rows[0].mode) == (2, "differences, full")
"""


PROJECT_OF_ONE_CALL = """
def test_call(gradcheck):
    assert gradcheck(lambda x: (x * x, x), (3,), backward=lambda dy, x: 2 * dy * x, seed=1).seed == 1
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "test_square.py").write_text(PROJECT)
    return folder


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess:
    """pytest in a process of its own, for the plugins of this one are not those of a user."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--strict-markers", "-W", "error", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def outcome(project) -> str:
    process = run(project)
    assert process.returncode == 1, process.stdout + process.stderr
    return process.stdout


def test_right_passes_and_wrong_fails(outcome):
    assert "1 failed, 3 passed" in outcome
    assert "FAILED test_square.py::TestWrong::test_factor" in outcome


def test_the_failure_tells_what_is_wrong_and_how_to_repeat_it(outcome):
    assert "checks are wrong (seed 0):" in outcome
    line = next(line for line in outcome.splitlines() if "by differences, full: WRONG" in line)
    assert re.search(r"half a square: x, .*at index \(\d, \d\): backward \S+, differences \S+, apart by", line)
    assert "everywhere by the factor 0.5" in line
    assert 'repeat with: pytest "test_square.py::TestWrong::test_factor" --gradcheck-seed 0' in outcome


def test_the_failure_shows_no_line_of_the_checker(outcome):
    assert "checker.py" not in outcome
    assert "Traceback" not in outcome
    assert "During handling" not in outcome


def test_the_option_moves_the_point_and_repeats_it(project, outcome):
    def values(text: str) -> list[str]:
        return re.findall(r"backward (\S+), differences", text)

    other, again = (
        run(project, "test_square.py::TestWrong::test_factor", "--gradcheck-seed", seed).stdout for seed in ("5", "0")
    )
    assert "checks are wrong (seed 5):" in other
    assert "--gradcheck-seed 5" in other
    assert values(other) != values(outcome)
    assert values(again) == values(outcome)


def test_the_option_overrides_the_marker_but_not_the_call(project):
    moved = run(project, "-k", "test_marked or test_marker", "--gradcheck-seed", "5").stdout
    assert "assert 5 == 77" in moved
    assert "assert (5, 'differences, full') == (2, 'differences, full')" in moved
    (project / "test_call.py").write_text(PROJECT_OF_ONE_CALL)
    assert "1 passed" in run(project, "test_call.py", "--gradcheck-seed", "5").stdout


def test_the_tests_that_use_the_fixture_can_be_chosen(project):
    (project / "test_other.py").write_text("def test_without_gradients():\n    assert True\n")
    chosen = run(project, "-m", "gradcheck", "test_square.py", "test_other.py").stdout
    assert "1 failed, 3 passed, 1 deselected" in chosen
    assert "@pytest.mark.gradcheck(**options)" in run(project, "--markers").stdout


def test_here_too(gradcheck, request):
    report = gradcheck(lambda x: (x * x, x), (2,), backward=lambda dy, x: 2 * dy * x)
    assert report.seed == (request.config.getoption("--gradcheck-seed") or 0)
    with pytest.raises(pytest.fail.Exception, match="checks are wrong"):
        gradcheck(lambda x: (x * x, x), (2,), backward=lambda dy, x: dy * x)
