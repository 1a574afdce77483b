"""The competitors' processes, as the measuring process uses them; their own side is `benchmarks.peers.protocol`."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import minigan
from benchmarks.competitors import MINIGAN, Competitor
from benchmarks.machine import LoadMonitor
from benchmarks.options import processors

__all__ = ["Worker", "WorkerError", "environment"]

PACKAGE = Path(minigan.__file__).parent
PROTOCOL = Path(__file__).parent / "peers" / "protocol.py"

#: Environment variables that set the number of threads of libraries.
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
    """A competitor's process has failed; the message is its last output."""


def environment(competitor: Competitor, threads: int) -> dict[str, str]:
    """This process's variables without minigan's, with the number of threads and the competitor's variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MINIGAN_")}
    if competitor.family == MINIGAN.family:
        # minigan need not be installed: this process has imported it.
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PACKAGE.parent), kept.get("PYTHONPATH")]))
    return {**kept, **dict.fromkeys(THREAD_VARIABLES, str(threads)), **dict(competitor.environment)}


class Worker:
    """A competitor in its own process, on a given number of processors.

    Parameters
    ----------
    competitor : Competitor
    python : path
        The interpreter that has the competitor's packages.
    problem : path
        A file by `benchmarks.problem.save_problem`.
    threads : int
        Threads, and processors: the worker gets the first ones that this process may run on.
    dropout : float
        A factor on the rate of every Dropout.
    model : dict, optional
        Options of the model, for other sizes of the networks: minigan only.
    on : int, optional
        Processors; default: as many as threads.
    later : bool
        Whether the competitor builds its networks only at ``ask(do="make", ...)``.

    Raises
    ------
    WorkerError
        Raised by `ask` when the process has ended.
    """

    def __init__(
        self,
        competitor: Competitor,
        python: Path,
        problem: Path,
        threads: int,
        dropout: float = 1.0,
        model: dict[str, Any] | None = None,
        on: int | None = None,
        later: bool = False,
    ) -> None:
        self.competitor = competitor
        self.processors = processors()[: on or threads]
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
        """Send a request and return the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            raise WorkerError(self.last_output()) from None

    def run(self, steps: int) -> dict[str, Any]:
        """Run steps; the answer also has the load by other programs."""
        load = LoadMonitor(self.processors)
        answer = self.ask(do="run", steps=steps)
        return {**answer, "others": load.others(answer["cpu_seconds"])}

    def peak_bytes(self) -> int | None:
        """The peak memory of the process."""
        return self.ask(do="memory")["peak_bytes"]

    def last_output(self) -> str:
        """End the process, and return the last line of its stderr, or its status."""
        self.end()
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors.read().splitlines() if line.strip()]
        return lines[-1] if lines else f"the process ended with status {self.process.returncode}"

    def close(self) -> None:
        """End the process, and delete its output."""
        self.end()
        self.errors.close()

    def end(self) -> None:
        """End the process, by a kill if it does not exit by itself."""
        try:
            self.process.communicate(timeout=1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        except (OSError, ValueError):
            self.process.wait()
