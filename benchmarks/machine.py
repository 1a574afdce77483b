"""The machine: its description, its highest rates, and its load from other programs."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from minigan.benchmarking import benchmark
from minigan.benchmarking.machine import describe

__all__ = ["LoadMonitor", "copy_rate", "describe", "product_rate"]


def busy_seconds(processors: Sequence[int]) -> float | None:
    """Seconds that these processors have been busy since the machine started; None where the system does not report it.

    Time that another guest of the same host took ("steal") counts as work.
    """
    try:
        lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    fields = {name: list(map(int, rest)) for name, *rest in map(str.split, lines) if name.startswith("cpu")}
    ticks = 0
    for number in processors:
        user, nice, system, _idle, _waiting, irq, softirq, steal, *_ = fields[f"cpu{number}"]
        ticks += user + nice + system + irq + softirq + steal
    return ticks / os.sysconf("SC_CLK_TCK")


class LoadMonitor:
    """The load of processors by other programs, from now on.

    Parameters
    ----------
    processors : sequence of int
        The numbers of the processors.
    """

    def __init__(self, processors: Sequence[int]) -> None:
        self.processors = processors
        self.clock, self.cpu, self.busy = time.perf_counter(), time.process_time(), busy_seconds(processors)

    def others(self, own: float | None = None) -> float | None:
        """The average number of processors that other programs kept busy; None where the system does not report it.

        `own` is the processor time that was ours; default: that of this process.
        """
        busy = busy_seconds(self.processors)
        if busy is None or self.busy is None:
            return None
        own = time.process_time() - self.cpu if own is None else own
        return max(0.0, (busy - self.busy - own) / (time.perf_counter() - self.clock))


def best_seconds(work: Callable[[], object], repeat: int) -> float:
    """The shortest of several runs."""
    (timing,) = benchmark(work, backends="numpy", check=False, repeats=repeat)
    return min(timing.samples)


def product_rate(size: int = 1536, repeat: int = 7) -> float:
    """Float32 operations a second in a square matrix product by NumPy, with its present number of threads."""
    a, b, c = (np.ones((size, size), np.float32) for _ in range(3))
    return 2 * size**3 / best_seconds(lambda: np.matmul(a, b, out=c), repeat)


def copy_rate(megabytes: int = 256, threads: int = 1, repeat: int = 7) -> float:
    """Bytes a second, read and written together, in a copy that fits in no cache; each thread copies a part."""
    source = np.ones(megabytes * 2**18, np.float32)
    target = np.empty_like(source)
    parts = list(zip(np.array_split(target, threads), np.array_split(source, threads)))
    with ThreadPoolExecutor(threads) as pool:
        took = best_seconds(lambda: list(pool.map(lambda part: np.copyto(*part), parts)), repeat)
    return 2 * source.nbytes / took
