"""What more processors would bring each model: traces of a step, and too many threads for the processors."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.competitors import Competitor, interpreters, own
from benchmarks.game import BATCHES
from benchmarks.options import processors
from benchmarks.problem import problem
from benchmarks.report import new_table
from benchmarks.scaling.trace import Trace
from benchmarks.step.measure import RunPlan, Started, take_turns
from benchmarks.step.result import Result
from benchmarks.workers import Worker, WorkerError
from minigan.io.progress import Progress

__all__ = ["Cores", "core_table", "draw", "measure_cores", "notes", "record", "section_table"]

#: Many threads on few processors: 16 on 2, as in a container that does not tell its limit.
MANY, FEW = 16, 2


@dataclass
class Cores:
    """What is known of one model.

    Attributes
    ----------
    traces : list of Trace
        The first one on one thread.
    crowded : dict of int to Result
        Real steps on `FEW` processors, by their number of threads.
    """

    model: str
    batch: int
    traces: list[Trace] = field(default_factory=list)
    crowded: dict[int, Result] = field(default_factory=dict)
    error: str = ""

    def speedup(self, trace: Trace) -> float:
        """How many times as fast as on one thread a step should be."""
        return self.traces[0].seconds / trace.predicted

    def measured_speedup(self, trace: Trace) -> float | None:
        """The same of real steps, where there are enough processors."""
        first = self.traces[0].measured
        return first / trace.measured if first and trace.measured else None

    def crowded_ratio(self) -> float | None:
        """The time with too many threads, divided by that with as many as there are processors."""
        many, few = self.crowded.get(MANY), self.crowded.get(FEW)
        return many.ratio(few).median if many and few and many.turns and few.turns else None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Cores":
        """What was recorded of one model."""
        return cls(
            record["model"],
            record["batch"],
            [Trace.of(trace["threads"], trace) for trace in record["traces"]],
            {int(threads): Result.of(result) for threads, result in record["crowded"].items()},
            record["error"] or "",
        )


def measure_cores(models: Sequence[str], counts: Sequence[int], plan: RunPlan, status: Progress) -> list[Cores]:
    """Trace each model for these numbers of threads, and run it with too many."""
    minigan, python = own()[0], interpreters([], None)["minigan"]
    found = [Cores(model, BATCHES[model]) for model in models]
    for cores in found:
        with problem(cores.batch, name=cores.model) as path:
            try:
                trace(cores, minigan, python, path, counts, status)
                crowd(cores, minigan, python, path, plan, status)
            except WorkerError as error:
                cores.error = f"failed: {error}"
    return found


def trace(cores: Cores, minigan: Competitor, python: Path, path: Path, counts: Sequence[int], status: Progress) -> None:
    """Traces for each number of threads, in one process."""
    traced = minigan._replace(module="minigan_trace")
    with Worker(traced, python, path, min(max(counts), len(processors()))) as worker:
        for threads in counts:
            status.begin(f"Tracing {cores.model} for {threads} threads")
            cores.traces.append(Trace.of(threads, worker.ask(do="trace", threads=threads)))


def crowd(cores: Cores, minigan: Competitor, python: Path, path: Path, plan: RunPlan, status: Progress) -> None:
    """Turns with as many threads as processors, and with too many; none on a machine of one processor."""
    if len(processors()) < FEW:
        return
    cores.crowded = {threads: Result(minigan, cores.model, cores.batch, threads) for threads in (FEW, MANY)}
    workers: list[Worker] = []
    try:
        for result in cores.crowded.values():
            status.begin(f"Starting {cores.model} on {result.threads} threads")
            workers.append(Worker(minigan, python, path, result.threads, on=FEW))
            workers[-1].run(plan.warmup)
        results = cores.crowded.values()
        take_turns([Started(*pair, plan.steps) for pair in zip(results, workers)], plan, status)
        for result, worker in zip(results, workers):
            result.peak_bytes = worker.peak_bytes()
    finally:
        for worker in workers:
            worker.close()


def core_table(cores: Cores) -> Table:
    """A row for each number of threads."""
    numbers = ("threads", "sections", "too few slabs", "outside, ms", "inside, ms", "outside", "predicted, ms")
    rows = (core_row(cores, trace) for trace in cores.traces)
    title = f"One step of minigan's {cores.model}, batches of {cores.batch}, on more processors"
    return new_table([], (*numbers, "speed-up", "measured"), rows, title)


def core_row(cores: Cores, trace: Trace) -> list[str]:
    """The figures of one number of threads."""
    measured = cores.measured_speedup(trace)
    return [
        str(trace.threads),
        str(len(trace.sections)),
        str(trace.too_few),
        f"{1e3 * trace.outside:.1f}",
        f"{1e3 * (trace.seconds - trace.outside):.1f}",
        f"{trace.outside / trace.seconds:.1%}",
        f"{1e3 * trace.predicted:.1f}",
        f"{cores.speedup(trace):.2f}",
        "" if measured is None else f"{measured:.2f}",
    ]


def section_table(cores: Cores) -> Table:
    """A row for all sections of one place with the same slabs, for the most threads; those that lose most first."""
    last = cores.traces[-1]
    groups: dict[tuple[str, int, int], list[Any]] = {}
    for section in last.sections:
        groups.setdefault((section.name, len(section.slabs), section.most), []).append(section)
    lost = {
        key: sum(section.on(last.threads) - section.seconds / last.threads for section in sections)
        for key, sections in groups.items()
    }
    rows = []
    for key, sections in sorted(groups.items(), key=lambda item: -lost[item[0]]):
        (name, slabs, most), seconds = key, sum(section.seconds for section in sections)
        speedups = [
            f"{seconds / sum(section.on(trace.threads) for section in sections):.1f}" for trace in cores.traces[1:]
        ]
        rows.append([name, str(len(sections)), str(slabs), str(most), f"{1e3 * seconds:.1f}", *speedups])
    columns = ("sections", "slabs", "most threads", "ms", *(f"on {trace.threads}" for trace in cores.traces[1:]))
    return new_table(["parallel section"], columns, rows, f"Its sections for {last.threads} threads")


def notes(cores: Cores) -> Iterator[str]:
    """The legend, the memory of a thread, and what too many threads do."""
    if cores.error:
        yield f"{cores.model}: {cores.error}"
    if cores.traces:
        yield (
            "outside, inside: of parallel sections, on one thread. too few slabs: sections with fewer slabs than "
            "threads. predicted, speed-up: by the times of the slabs, without wakes, locks and the limits of the "
            "memory. on 4: how many times as fast a section gets."
        )
        yield f"Scratch memory of a thread: {max(trace.scratch_bytes for trace in cores.traces) / 1e6:.1f} MB."
    ratio = cores.crowded_ratio()
    if ratio is not None:
        few, many = cores.crowded[FEW], cores.crowded[MANY]
        line = f"{MANY} threads on {FEW} processors take {ratio:.2f} times as long as {FEW}"
        if many.peak_bytes and few.peak_bytes:
            more = (many.peak_bytes - few.peak_bytes) / (MANY - FEW)
            line += f", and each further thread takes {more / 1e6:.1f} MB"
        yield f"{line} ({len(many.pairs(few, quiet=True))} quiet rounds)."


def record(cores: Cores) -> dict[str, Any]:
    """The values for the JSON file."""
    return {
        "model": cores.model,
        "batch": cores.batch,
        "error": cores.error or None,
        "traces": [
            {
                **trace._asdict(),
                "sections": [section._asdict() for section in trace.sections],
                "outside": trace.outside,
                "predicted": trace.predicted,
                "speedup": cores.speedup(trace),
            }
            for trace in cores.traces
        ],
        "crowded": {str(threads): result.record(cores.crowded[FEW]) for threads, result in cores.crowded.items()},
    }


def draw(axes, found: Sequence[Cores]) -> None:  # type: ignore[no-untyped-def]
    """Draw the predicted speed-ups over the number of threads, and the measured ones as dots."""
    counts = sorted({trace.threads for cores in found for trace in cores.traces})
    axes.plot(counts, counts, ":", color="0.6", label="as many times as threads")
    for cores in found:
        places = [trace.threads for trace in cores.traces]
        (line,) = axes.plot(places, [cores.speedup(trace) for trace in cores.traces], "-", label=cores.model)
        measured = {trace.threads: cores.measured_speedup(trace) for trace in cores.traces}
        known: Mapping[int, float] = {place: value for place, value in measured.items() if value is not None}
        axes.plot(list(known), list(known.values()), "o", color=line.get_color())
    axes.set(xlabel="threads", ylabel="speed-up", xticks=counts, title="predicted (lines) and measured (dots)")
    axes.grid(alpha=0.25)
    axes.legend()
