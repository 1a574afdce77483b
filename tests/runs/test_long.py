"""A long run stays as small as it was: memory, open files, threads."""

import os
import threading

import pytest

from minigan.runs import TrainConfig, train_run
from minigan.training import StepEnd

STEPS, WARM = 20_000, 4_000


def resident() -> int:
    """Bytes of this process that are in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
def test_twenty_thousand_steps_leave_memory_files_and_threads_as_they_were(tmp_path):
    sizes, files, threads = [], [], []

    def look(event: object) -> None:
        if isinstance(event, StepEnd) and event.step > WARM and event.step % 500 == 0:
            sizes.append(resident())
            files.append(len(os.listdir("/proc/self/fd")))
            threads.append(threading.active_count())

    settings = {"steps": STEPS, "batch_size": 16, "checkpoint_every": 1000, "threads": 1}
    train_run(TrainConfig.recommended(model="mlp2d", data="ring", **settings), tmp_path / "run", look)
    assert max(sizes) < 1.02 * sizes[0], sizes
    assert len(set(files)) == len(set(threads)) == 1
    print(f"resident memory {sizes[0] / 2**20:.1f} to {max(sizes) / 2**20:.1f} MiB over {STEPS} steps")
