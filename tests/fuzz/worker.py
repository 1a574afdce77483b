"""One process that reads damaged files, one after the other, with little memory; a line on stdout for each."""

import json
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

__all__ = ["MEMORY", "Outcome", "main"]

#: Bytes of address space that the process may have, all of Python and NumPy included.
MEMORY = 10**9

#: Characters of a message that is still one line: names may be long, and what cannot be printed is told by its number.
LONGEST = 4000


class Outcome(NamedTuple):
    """What came of one input."""

    number: int
    reader: str
    error: str  # the class of the right error, or "read"
    wrong: str  # what was not right; empty where all was
    seconds: float
    peak: int  # bytes in memory


def peak_reset() -> None:
    """Count the highest use of memory from here."""
    with suppress(OSError):  # not Linux: then it is the highest since the start
        Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """The most memory that was in use since `peak_reset`."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def open_files() -> int:
    """How many files the process has open."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


def read_one(seed: str, number: int, folder: Path) -> Outcome:
    """Make one input, read it, and say what came of it."""
    from minigan.errors import MiniganError

    from .damage import Luck
    from .readers import READERS, lay

    names = list(READERS)
    name = names[number % len(names)]
    reader = READERS[name]
    lay(folder, reader.make(Luck(f"{seed} {number}")))
    error, wrong, before = "read", "", open_files()
    peak_reset()
    begun = time.perf_counter()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            reader.read(folder)
        except reader.refuses as refusal:
            error, wrong = type(refusal).__name__, unclear(str(refusal), str(folder))
        except MiniganError as refusal:
            error, wrong = type(refusal).__name__, f"of another class than expected: {refusal}"
        except BaseException:
            wrong = traceback.format_exc()
    seconds, peak = time.perf_counter() - begun, peak_bytes()
    if warned:
        wrong = wrong or f"warned: {warned[0].category.__name__}: {warned[0].message}"
    if open_files() > before:
        wrong = wrong or "left a file open"
    return Outcome(number, name, error, wrong, round(seconds, 4), peak)


def unclear(message: str, folder: str) -> str:
    """Why a message is not one clear line; empty if it is."""
    if not message.replace(folder, "").isprintable():
        return f"a message of more than one line, or not to be printed: {message[:300]!r}"
    if not 10 < len(message) < LONGEST:
        return f"a message of {len(message)} characters: {message[:300]!r}"
    return ""


def main(arguments: list[str]) -> None:
    """Read the inputs ``first, first + stride, ...`` below ``end``."""
    seed, (first, end, stride) = arguments[0], map(int, arguments[1:4])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a disk is slow at removing folders
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory) as place:
        os.chdir(place)
        for number in range(first, end, stride):
            folder = Path(place) / "it"
            folder.mkdir()
            outcome = read_one(seed, number, folder)
            print(json.dumps(outcome), flush=True)
            shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
