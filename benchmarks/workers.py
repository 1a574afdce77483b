"""The processes of the competitors, seen from the one that measures; `benchmarks.peers.protocol` is their side."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import minigan
from benchmarks.competitors import MINIGAN, Competitor
from benchmarks.machine import Watch
from benchmarks.options import processors

__all__ = ["Worker", "WorkerError", "environment"]

PACKAGE = Path(minigan.__file__).parent
PROTOCOL = Path(__file__).parent / "peers" / "protocol.py"

#: Variables by which libraries are told how many threads to use.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "MINIGAN_THREADS",
)


class WorkerError(Exception):
    """A competitor's process has failed; the message is its last word."""


def environment(competitor: Competitor, threads: int) -> dict[str, str]:
    """This process's variables, with the number of threads and what the competitor needs; nothing else of minigan's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MINIGAN_")}
    if competitor.family == MINIGAN.family:
        # It need not be installed: this process has found it.
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PACKAGE.parent), kept.get("PYTHONPATH")]))
    return {**kept, **dict.fromkeys(THREAD_VARIABLES, str(threads)), **dict(competitor.environment)}


class Worker:
    """A competitor in a process of its own, on its own number of processors.

    Parameters
    ----------
    competitor : Competitor
    python : path
        The interpreter that has the competitor's packages.
    problem : path
        What `benchmarks.problem.save_problem` wrote.
    threads : int
        So many processors, the first that this process may run on, are the worker's.
    dropout : float
        The rate of every Dropout.
    model : dict, optional
        Other sizes of the networks: minigan only.
    later : bool
        Whether the competitor begins only when it is asked to make something (by ``ask(do="make", ...)``).

    Raises
    ------
    WorkerError
        By `ask`, when the process has ended.
    """

    def __init__(
        self,
        competitor: Competitor,
        python: Path,
        problem: Path,
        threads: int,
        dropout: float = 0.25,
        model: dict[str, Any] | None = None,
        later: bool = False,
    ) -> None:
        self.competitor = competitor
        self.processors = processors()[:threads]
        job = {
            "problem": str(problem),
            "threads": threads,
            "cpus": self.processors,
            "variant": competitor.variant,
            "dropout": dropout,
            "model": model or {},
            "later": later,
        }
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self.process = subprocess.Popen(
            [str(python), str(PROTOCOL), competitor.module, json.dumps(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=environment(competitor, threads),
        )

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def ask(self, **request: Any) -> dict[str, Any]:
        """The answer to one request."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            raise WorkerError(self.last_word()) from None

    def run(self, steps: int) -> dict[str, Any]:
        """Take steps; to the answer is added how many processors others kept busy meanwhile."""
        watch = Watch(self.processors)
        answer = self.ask(do="run", steps=steps)
        return {**answer, "others": watch.others(answer["cpu_seconds"])}

    def peak_bytes(self) -> int | None:
        """The most memory that the process has had."""
        return self.ask(do="memory")["peak_bytes"]

    def last_word(self) -> str:
        """End the process: the last line on stderr, or how it ended."""
        self.end()
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors.read().splitlines() if line.strip()]
        return lines[-1] if lines else f"the process ended with status {self.process.returncode}"

    def close(self) -> None:
        """End the process, and forget what it said."""
        self.end()
        self.errors.close()

    def end(self) -> None:
        """End the process, by force where it does not go by itself."""
        try:
            self.process.communicate(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        except (OSError, ValueError):
            self.process.wait()
