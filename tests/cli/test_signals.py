"""Signals that a process of its own gets: from a terminal that is closed, nohup, a batch system."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from minigan.runs.tables import read_metrics

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals to send")


@pytest.fixture
def arguments(tiny) -> list[object]:
    """A long run whose only checkpoint would be that of the start."""
    return ["train", *tiny, "--steps", 100_000, "--checkpoint-every", 10**9, "--out", "run"]


@pytest.fixture
def begin(start, arguments, tmp_path):
    """Start the run, with more arguments, and return its process once it trains."""
    processes = []

    def begin(*more: object, **options: object) -> subprocess.Popen:
        processes.append(start(*arguments, *more, cwd=tmp_path, **{"preexec_fn": handle_all_as_usual, **options}))
        wait_for_steps(tmp_path / "run", 3)
        return processes[-1]

    yield begin
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def handle_all_as_usual() -> None:
    """The signals as a login shell leaves them, also where the tests run in the background."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)


def ignore_hang_up() -> None:
    """What nohup does before it starts a program."""
    handle_all_as_usual()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def wait_for(condition, process: subprocess.Popen | None = None) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def steps_of(run: Path) -> int:
    table = run / "metrics.csv"
    return table.read_bytes().count(b"\n") - 1 if table.exists() else 0


def wait_for_steps(run: Path, steps: int) -> None:
    wait_for(lambda: steps_of(run) >= steps)


def checkpoints(run: Path) -> list[int]:
    return sorted(int(path.stem.removeprefix("step-")) for path in (run / "checkpoints").glob("step-*.checkpoint"))


def test_nohup_trains_on_after_sighup_and_still_ends_at_sigterm(begin, tmp_path):
    process = begin(preexec_fn=ignore_hang_up)
    process.send_signal(signal.SIGHUP)
    wait_for_steps(tmp_path / "run", steps_of(tmp_path / "run") + 20)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert checkpoints(tmp_path / "run")[-1] == len(read_metrics(tmp_path / "run" / "metrics.csv")["step"])


def test_sighup_after_sigterm_as_systemd_sends_it_loses_nothing(begin, tmp_path):
    process = begin()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGHUP):
        process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode in (129, 143)
    assert checkpoints(tmp_path / "run")[-1] == steps_of(tmp_path / "run")


def test_sigusr1_saves_each_time_and_the_run_goes_on(begin, tmp_path):
    process, run = begin(), tmp_path / "run"
    for times in (2, 3):
        process.send_signal(signal.SIGUSR1)
        wait_for(lambda times=times: len(checkpoints(run)) == times, process)
    newest = checkpoints(run)[-1]
    wait_for_steps(run, newest + 10)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"note, step {newest}: saved" in out


def test_sigusr1_stops_a_run_with_the_option_and_the_option_stays_with_the_run(begin, start, tmp_path):
    process, run = begin("--on-usr1", "stop"), tmp_path / "run"
    process.send_signal(signal.SIGUSR1)
    process.communicate(timeout=60)
    stopped = steps_of(run)
    assert process.returncode == 128 + signal.SIGUSR1
    assert checkpoints(run)[-1] == stopped

    process = start("train", "--resume", "run", cwd=tmp_path, preexec_fn=handle_all_as_usual)
    wait_for_steps(run, stopped + 5)
    process.send_signal(signal.SIGUSR1)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGUSR1
    assert checkpoints(run)[-1] == steps_of(run) > stopped


def test_a_terminal_that_is_closed_ends_the_run_with_everything_saved(arguments, tmp_path):
    """The kernel sends SIGHUP, and then every write to the terminal fails."""
    import pty

    master, terminal = pty.openpty()
    child = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", child, sys.executable, "-m", "minigan", *map(str, arguments)],
        **dict.fromkeys(("stdin", "stdout", "stderr"), terminal),
        cwd=tmp_path,
        start_new_session=True,
        preexec_fn=handle_all_as_usual,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(terminal)
    try:
        os.set_blocking(master, False)

        def trains() -> bool:
            with suppress(BlockingIOError):
                os.read(master, 2**16)  # a terminal that nobody reads would block the run
            return steps_of(tmp_path / "run") >= 3

        wait_for(trains, process)
        os.close(master)
        assert process.wait(60) == 128 + signal.SIGHUP
    finally:
        process.kill()
        process.wait()
    assert checkpoints(tmp_path / "run")[-1] == steps_of(tmp_path / "run")
