"""The times of a lab in a process of its own, and its memory."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.competitors import MINIGAN
from benchmarks.lab.client import Client, Place
from benchmarks.options import processors
from benchmarks.workers import WorkerError, environment

__all__ = ["growth", "inputs", "memory", "rounds_with_view", "running", "start"]

#: Networks of images, which train while one clicks.
IMAGES = {"data": "digits", "model": "dcgan28"}

#: The share of the minutes at their beginning that is not counted, and the share that is averaged at both ends.
WARMING, END = 0.25, 0.1


@contextmanager
def running() -> Iterator[tuple[subprocess.Popen[str], Place]]:
    """A lab on a free port: its process and its place."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "minigan", "lab", "--no-browser", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment(MINIGAN, len(processors())), "XDG_RUNTIME_DIR": folder},
        )
        try:
            yield process, place_of(process)
        finally:
            process.terminate()
            process.communicate()


def place_of(process: "subprocess.Popen[str]") -> Place:
    """The address that a lab prints first."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", line)
    if found is None:
        raise WorkerError(f"the lab did not start: {line}{process.communicate()[1]}")
    return Place(int(found[1]), found[2])


def start() -> float:
    """Seconds from the start of the process to the first picture of the trained ring."""
    began = time.perf_counter()
    with running() as (_, place), place.connect() as page:
        page.do("choose", setup={"start": "ring"})
        picture(page)
        return time.perf_counter() - began


def picture(page: Client) -> None:
    """What the page draws of points after each change."""
    page.view("points")
    page.view("field")


def timed(work: Callable[[], object]) -> float:
    """The seconds of a call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def rounds_with_view(page: Client, count: int) -> list[float]:
    """Seconds of a round of the ring's default networks, with its picture."""
    page.do("choose", setup={"data": "ring"})

    def both() -> None:
        page.do("round")
        picture(page)

    return [timed(both) for _ in range(count + 5)][5:]


def inputs(page: Client, count: int) -> dict[str, list[float]]:
    """Seconds from an input to its response, while networks of images train."""
    page.do("choose", setup=IMAGES)
    page.do("play")
    page.wait_for(lambda state: state["step"] >= 3)
    rest = np.random.default_rng(0).uniform(0.05, 0.15, (count, 3))
    found: dict[str, list[float]] = {"pause or speed": [], "a change": [], "a view": []}
    for place, (first, second, third) in enumerate(rest):
        time.sleep(first)
        found["pause or speed"].append(timed(lambda: page.do("speed")))
        time.sleep(second)
        found["a change"].append(timed(lambda: page.do("change", settings={"momentum": 0.5})))
        time.sleep(third)
        found["a view"].append(timed(lambda t=place / count: page.view("walk", first=0, second=1, t=t)))
    page.do("pause")
    return found


def memory(process: "subprocess.Popen[str]", page: Client, minutes: float) -> list[int]:
    """The bytes of a lab that plays the ring for so many minutes, with its page drawn, once a second.

    It is empty where the system does not report them.
    """
    page.do("choose", setup={"data": "ring"})
    page.do("play")
    found, end = [], time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        second = time.monotonic() + 1
        while time.monotonic() < second:
            picture(page)
            page.view("curves")
            time.sleep(0.05)
        if (size := resident(process.pid)) is not None:
            found.append(size)
    page.do("pause")
    return found


def resident(process: int) -> int | None:
    """The bytes that a process has in memory; None where the system does not report them."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def growth(sizes: list[int]) -> float:
    """By what share memory has grown from after the warming up to the end.

    Examples
    --------
    >>> growth([50, 100, 100, 100, 105])
    0.05
    """
    warm = sizes[int(WARMING * len(sizes)) :]
    count = max(1, int(END * len(sizes)))
    return float(np.mean(warm[-count:]) / np.mean(warm[:count]) - 1)
