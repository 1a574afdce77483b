"""Processes that save checkpoints all the time and are killed at random moments.

``python -m tests.training.checkpoint.killed_writer FOLDER ROUNDS SEED``: a program of its own, for it forks, which is
not safe among threads.
"""

import os
import random
import signal
import struct
import sys
import time
from pathlib import Path

import numpy as np

from minigan.io.atomic_write import PARTIAL
from minigan.runs.lock import RunLock
from minigan.training.checkpoint.file import Checkpoint, read_checkpoint
from minigan.training.checkpoint.folder import CheckpointFolder

#: A step's number, as it is reported once its checkpoint is durable.
REPORT = struct.Struct("<q")


def at(step: int) -> Checkpoint:
    """The state of a step."""
    return Checkpoint({"x": np.full(5000, step, np.int64)}, {"step": step}, score=abs(step - 7.0))


def check(step: int, checkpoint: Checkpoint) -> None:
    """Refuse a state that is not the step's own."""
    assert checkpoint.state == {"step": step}
    np.testing.assert_array_equal(checkpoint.arrays["x"], at(step).arrays["x"])


def work(place: Path, reports: int) -> None:
    """Go on from the newest checkpoint, save one after the other, and report each; until killed."""
    with RunLock(place):
        folder = CheckpointFolder(place / "checkpoints", keep=2)
        newest = folder.newest()
        step = newest[0] if newest else 0
        while True:
            step += 1
            folder.save(step, at(step))
            os.write(reports, REPORT.pack(step))


def start(place: Path) -> tuple[int, int]:
    """A process that works, and where its reports come out."""
    out, into = os.pipe()
    process = os.fork()
    if not process:
        try:
            os.close(out)
            work(place, into)
        finally:
            os._exit(1)  # it did not live until it was killed
    os.close(into)
    return process, out


def kill_again_and_again(place: Path, rounds: int, seed: int) -> tuple[int, int, int]:
    """Start, kill, look, and again; returns the last step, the writes that were cut off, and the locks left behind."""
    rng = random.Random(seed)
    reported = newest = cut_off = locked = 0
    for _ in range(rounds):
        process, out = start(place)
        # Some saves, on a disk of any speed, and then a part of one or of its report.
        reports = os.read(out, REPORT.size * rng.randrange(3))
        time.sleep(rng.uniform(0, 0.02))
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL, "the process ended by itself"
        with os.fdopen(out, "rb") as file:
            for number, (step,) in enumerate(REPORT.iter_unpack(reports + file.read()), 1):
                assert step == newest + number, "it did not go on from the newest checkpoint"
                reported = step
        checkpoints = place / "checkpoints"
        files = sorted(checkpoints.iterdir()) if checkpoints.exists() else []
        cut_off += any(path.name.startswith(PARTIAL) for path in files)
        locked += (place / ".lock").exists()
        for path in files:  # each as the dead process left it
            if path.name.startswith("step-"):
                check(int(path.stem[5:]), read_checkpoint(path))
        found = CheckpointFolder(checkpoints, keep=2).newest()
        newest = found[0] if found else 0
        assert newest >= reported, "what was reported as saved is lost"
        assert not list(checkpoints.glob(f"{PARTIAL}*"))
    return reported, cut_off, locked


if __name__ == "__main__":
    print(*kill_again_and_again(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
