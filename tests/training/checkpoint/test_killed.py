"""kill -9 at random moments of a process that saves all the time: nothing that was reported as saved is lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def kill(folder: Path, rounds: int, seed: int) -> list[int]:
    """The last step reported, how many writes were cut off, and how many locks were left behind."""
    command = [sys.executable, "-m", "tests.training.checkpoint.killed_writer", str(folder), str(rounds), str(seed)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MINIGAN_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [int(number) for number in done.stdout.split()]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
@pytest.mark.parametrize(
    ("rounds", "seed"),
    [(30, 0), pytest.param(200, 1, marks=pytest.mark.slow), pytest.param(200, 2, marks=pytest.mark.slow)],
)
def test_whenever_it_is_killed_it_goes_on_from_the_last_checkpoint_it_reported(tmp_path, rounds, seed):
    steps, cut_off, locked = kill(tmp_path, rounds, seed)
    # Else it was never killed where it matters.
    assert steps > rounds / 3
    assert cut_off > rounds / 20
    assert locked > rounds / 2
