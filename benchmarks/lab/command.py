"""``python -m benchmarks lab``."""

from typing import Annotated, NamedTuple

import typer
from rich.table import Table

from benchmarks import options
from benchmarks.lab.measure import growth, inputs, memory, rounds_with_view, running, start
from benchmarks.machine import LoadMonitor
from benchmarks.options import JsonFile, Repeat
from benchmarks.report import console, new_table, save_json, waiting
from benchmarks.summaries import summary

__all__ = ["lab"]


class Measured(NamedTuple):
    """What was measured, with the limit that its median has to keep; None if it was not measured."""

    name: str
    unit: str
    values: list[float]
    limit: float

    @property
    def kept(self) -> bool:
        """Whether the median is within the limit."""
        return summary(self.values).median <= self.limit


def lab(
    repeat: Repeat = 50,
    starts: Annotated[int, typer.Option(help="Number of starts.", min=1)] = 3,
    minutes: Annotated[float, typer.Option(help="Minutes to play for the memory; 0 leaves it out.", min=0)] = 0.0,
    json_file: JsonFile = None,
) -> None:
    """Time the lab through its socket, and follow its memory. Exit status 1 where a limit is not kept."""
    options.check_outputs(json_file, None)
    printer, load = console(), LoadMonitor(options.processors())
    sizes: list[int] = []
    with waiting() as status:
        status.begin("Starting the lab")
        results = [Measured("from the start to the first picture", "s", [start() for _ in range(starts)], 5.0)]
        with running() as (process, place), place.connect() as page:
            status.begin("Rounds of the ring with their picture")
            seconds = rounds_with_view(page, repeat)
            results.append(Measured("a round of the ring with its picture", "ms", [1e3 * s for s in seconds], 50.0))
            status.begin("Inputs while dcgan28 trains")
            for name, seconds in inputs(page, repeat).items():
                results.append(Measured(f"{name} while dcgan28 trains", "ms", [1e3 * s for s in seconds], 100.0))
            if minutes:
                status.begin(f"Playing for {minutes:g} minutes")
                sizes = memory(process, page, minutes)
    if sizes:
        results.append(Measured(f"growth of memory in {minutes:g} minutes", "%", [100 * growth(sizes)], 5.0))
    printer.print(table(results))
    busy = load.others(0.0)
    if busy is not None:
        printer.print(f"All programs together kept {busy:.1f} processors busy.")
    records = [{**result._asdict(), "kept": result.kept} for result in results]
    settings = {"repeat": repeat, "starts": starts, "minutes": minutes}
    save_json(json_file, "lab", settings, {"measured": records, "bytes": sizes})
    raise typer.Exit(int(not all(result.kept for result in results)))


def table(results: list[Measured]) -> Table:
    """A row for each thing that was measured."""
    rows = []
    for result in results:
        found = summary(result.values)
        middle, largest = f"{found.low:.1f} - {found.high:.1f}", f"{max(result.values):.1f}"
        limit = f"{result.limit:g}" + ("" if result.kept else " (not kept)")
        rows.append([result.name, result.unit, f"{found.median:.1f}", middle, largest, limit])
    return new_table(["", ""], ("median", "middle half", "largest", "limit"), rows)
