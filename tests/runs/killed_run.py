"""A training that saves checkpoints all the time and is killed at random moments, again and again, to its end.

``python -m tests.runs.killed_run FOLDER ROUNDS SEED``: kills ROUNDS processes, then lets the run end, and compares it
with one that nobody killed.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from minigan.runs import TrainConfig, train_run
from minigan.runs.start import resume_run
from minigan.training import Saved
from minigan.training.checkpoint.folder import CheckpointFolder
from tests.runs.test_resume import contents

#: More steps than are taken in all rounds; each takes some milliseconds.
STEPS = 1_000_000
SETTINGS = {"model": "mlp2d", "data": "ring", "batch_size": 4, "checkpoint_every": 1, "average": 0.9, "threads": 1}


def work(folder: Path) -> None:
    """Begin the run, or go on with it, and report each step whose checkpoint is durable; until killed."""

    def report(event: object) -> None:
        if isinstance(event, Saved) and event.what == "checkpoint":
            os.write(1, f"{int(event.path.stem[5:])}\n".encode())

    if (folder / "checkpoints").exists():
        resume_run(folder, listener=report)
    else:
        train_run(config(STEPS), folder, report)


def config(steps: int) -> TrainConfig:
    """The run's settings."""
    return TrainConfig.recommended(**{**SETTINGS, "steps": steps})


def kill_again_and_again(folder: Path, rounds: int, seed: int) -> int:
    """Start, kill, and again; the last step that was saved."""
    rng, newest = random.Random(seed), -1
    for _ in range(rounds):
        process = subprocess.Popen([sys.executable, "-m", "tests.runs.killed_run", str(folder)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        # Once something was reported: a start takes long, and there is nothing to lose before.
        reports = process.stdout.readline()
        time.sleep(rng.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        reports += process.stdout.read()
        assert process.wait() == -signal.SIGKILL, "the process ended by itself"
        last = newest
        for last, line in enumerate(reports.split(), newest + 1):
            assert int(line) == last, f"step {int(line)} is saved in the place of step {last}"
        # One may be durable whose report was cut off.
        newest, _ = CheckpointFolder(folder / "checkpoints").newest()
        assert newest in (last, last + 1), "what was reported as saved is lost"
    return newest


def compare(folder: Path, last: int) -> None:
    """Let the run end, and refuse it unless it is one that was never killed."""
    steps = last + 3
    assert resume_run(folder, {"steps": steps}, ["steps"])
    whole = folder.with_name("whole")
    assert train_run(config(steps), whole)
    found, expected = contents(folder), contents(whole)
    for name in ("notices.csv", f"checkpoints/step-{steps:09d}.checkpoint"):  # they know of the steps that were changed
        found.pop(name), expected.pop(name)
    assert found == expected


if __name__ == "__main__":
    place = Path(sys.argv[1])
    if len(sys.argv) == 2:
        work(place)
    else:
        reached = kill_again_and_again(place, int(sys.argv[2]), int(sys.argv[3]))
        compare(place, reached)
        print(f"{sys.argv[2]} processes killed; step {reached} was the last")
