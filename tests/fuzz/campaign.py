"""Many inputs over several processes: what they made of them, and what went wrong."""

import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .worker import Outcome

__all__ = ["PATIENCE", "Figures", "campaign"]

#: Seconds after which a reader that says nothing is taken to wait for ever.
PATIENCE = 30.0

ROOT = Path(__file__).parents[2]


@dataclass
class Figures:
    """What came of all inputs so far."""

    errors: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    slowest: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    peak: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    wrong: list[Outcome] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Inputs so far."""
        return sum(counter.total() for counter in self.errors.values())

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        name = outcome.reader
        self.errors[name][outcome.error] += 1
        self.seconds[name] += outcome.seconds
        self.slowest[name] = max(self.slowest[name], outcome.seconds)
        self.peak[name] = max(self.peak[name], outcome.peak)
        if outcome.wrong:
            self.wrong.append(outcome)

    def table(self) -> str:
        """A line a reader, as Markdown."""
        lines = ["| reader | inputs | read | refused | by | slowest | peak memory |", "|---|--:|--:|--:|---|--:|--:|"]
        for name, counter in self.errors.items():
            count, read = counter.total(), counter["read"]
            classes = ", ".join(f"{error} {n:,}" for error, n in sorted(counter.items()) if error != "read")
            numbers = f"{count:,} | {read:,} | {count - read:,} | {classes}"
            lines.append(f"| {name} | {numbers} | {self.slowest[name]:.2f} s | {self.peak[name] / 1e6:.0f} MB |")
        read = sum(counter["read"] for counter in self.errors.values())
        worst = f"{max(self.slowest.values()):.2f} s | {max(self.peak.values()) / 1e6:.0f} MB"
        return "\n".join([*lines, f"| all | {self.count:,} | {read:,} | {self.count - read:,} | | {worst} |"])


def campaign(
    seed: str, count: int, processes: int = 1, first: int = 0, listener: Callable[[Figures], None] = lambda _: None
) -> Figures:
    """Read inputs ``first`` to ``first + count - 1`` of a seed; `listener` hears of each."""
    figures = Figures()

    def share(offset: int) -> None:
        for outcome in outcomes(seed, first + offset, first + count, processes):
            figures.add(outcome)
            listener(figures)

    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(share, range(processes)))
    figures.wrong.sort()
    return figures


def outcomes(seed: str, first: int, end: int, stride: int) -> Iterator[Outcome]:
    """What workers say; one that dies or falls silent is replaced, and its input counts as wrong."""
    number = first
    while number < end:
        for outcome in said(seed, number, end, stride):
            yield outcome
            number = outcome.number + stride


def command(seed: str, first: int, end: int, stride: int) -> list[str]:
    """What starts a worker."""
    return [sys.executable, "-m", "tests.fuzz.worker", seed, str(first), str(end), str(stride)]


def said(seed: str, first: int, end: int, stride: int) -> Iterator[Outcome]:
    """What one worker says, and if it does not come to its end, what became of it."""
    # One thread for products and few heaps for malloc: else threads alone take the address space.
    quiet = {"OPENBLAS_NUM_THREADS": "1", "MINIGAN_THREADS": "1", "MALLOC_ARENA_MAX": "1", "MPLBACKEND": "agg"}
    with tempfile.TemporaryFile() as errors:
        number = first
        with subprocess.Popen(
            command(seed, first, end, stride),
            cwd=ROOT,
            env={**os.environ, **quiet},
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as process:
            for line in lines(process):
                yield (outcome := Outcome(*json.loads(line)))
                number = outcome.number + stride
        if number < end:
            errors.seek(0)
            last = errors.read()[-2000:].decode(errors="replace")
            wrong = f"the process ended with status {process.returncode}: {last}"
            yield Outcome(number, "none", "died", wrong, PATIENCE, 0)


def lines(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """The lines that a process prints; it is killed when none came for too long."""
    pending = b""
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while ready.select(PATIENCE):
            piece = os.read(process.stdout.fileno(), 2**16)
            if not piece:
                return
            *whole, pending = (pending + piece).split(b"\n")
            yield from whole
    process.kill()
