"""kill -9 of a training that saves all the time."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
@pytest.mark.parametrize("rounds", [2, pytest.param(200, marks=pytest.mark.slow)])
def test_a_killed_run_keeps_its_checkpoints_and_ends_like_an_uninterrupted_one(tmp_path, rounds):
    command = [sys.executable, "-m", "tests.runs.killed_run", str(tmp_path / "run"), str(rounds), "1"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
