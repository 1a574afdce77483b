"""``python -m benchmarks page``."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console

from benchmarks import options
from benchmarks.competitors import choose, interpreters, own
from benchmarks.game import BATCHES
from benchmarks.machine import describe
from benchmarks.options import JsonFile, PeerPython, Peers, Python
from benchmarks.page.markdown import core_lines, machine_line, replaced, step_lines
from benchmarks.report import console, new_figure, save_figure, save_json, waiting
from benchmarks.scaling import cores as cores_part
from benchmarks.scaling.cores import Cores, measure_cores
from benchmarks.step.check import check
from benchmarks.step.command import measure_groups, new_results
from benchmarks.step.measure import RunPlan
from benchmarks.step.report import draw
from benchmarks.step.result import Result, failed
from minigan.io.atomic_write import write_text
from minigan.io.progress import Progress

__all__ = ["SERIES", "Series", "page"]


class Series(NamedTuple):
    """Some tables of steps that become one table of the page.

    Attributes
    ----------
    title, name : str
        Its heading, and the name of its picture.
    models : tuple of str
    batches : tuple of int
        Empty for each model's own.
    peers : str
        As `--peers`.
    """

    title: str
    name: str
    models: tuple[str, ...]
    batches: tuple[int, ...]
    peers: str

    @property
    def command(self) -> str:
        """The command that measures it alone."""
        batches = f" --batch {','.join(map(str, self.batches))}" if self.batches else ""
        return f"python -m benchmarks step --model {','.join(self.models)} --peers {self.peers}{batches}"

    def among(self, peers: str) -> "Series":
        """The series with those of its peers that are among others, as `--peers` names both."""
        wanted = choose(peers)
        if all(peer in wanted for peer in choose(self.peers)):
            return self
        return self._replace(peers=",".join(peer.name for peer in choose(self.peers) if peer in wanted) or "none")


SERIES = (
    Series("dcgan28, all libraries", "steps-dcgan28", ("dcgan28",), (16, 64, 128, 256), "all"),
    Series("All models", "steps-models", tuple(BATCHES), (), "torch"),
)

#: The threads for which steps are traced.
CORES = (1, 2, 4, 8, 16)


def page(
    file: Annotated[Path, typer.Argument(help="The page, whose results are replaced.", dir_okay=False, exists=True)],
    peers: Peers = "all",
    threads: Annotated[str, typer.Option(help="Threads; default: 1 and 2.", metavar="N,...")] = "",
    repeat: Annotated[int, typer.Option(help="Quiet turns of each competitor.", min=1)] = 7,
    minutes: Annotated[float, typer.Option(help="Limit for the turns of a table.", min=0)] = 5,
    measured: Annotated[
        Path | None, typer.Option(help="Write the results of this file of --json again.", exists=True)
    ] = None,
    pictures: Annotated[Path | None, typer.Option(help="Folder of the pictures; default: images beside FILE.")] = None,
    python: Python = None,
    peer_python: PeerPython = None,
    json_file: JsonFile = None,
) -> None:
    """Measure everything that the page of benchmarks shows, and write its tables and pictures."""
    counts = options.thread_counts("--threads", threads or ",".join(sorted({"1", options.default_threads()})))
    folder = pictures or file.parent / "images"
    options.check_outputs(json_file, folder)
    text = file.read_text(encoding="utf-8")
    try:
        replaced(text, "")
    except ValueError as error:
        raise typer.BadParameter(f"{file}: {error}") from None

    printer = console()
    if measured is None:
        settings = {"peers": peers, "threads": counts, "repeat": repeat, "minutes": minutes}
        plan = RunPlan(repeat, minutes, steps=5, seconds=0.5, warmup=3, pause=0.5)
        results = measure(peers, counts, interpreters(python or [], peer_python), plan, printer)
        save_json(json_file, "page", settings, results)
        content = {"settings": settings, "machine": describe(), "results": results}
    else:
        content = json.loads(measured.read_text(encoding="utf-8"))
    groups = {name: grouped(records) for name, records in content["results"]["steps"].items()}
    found = [Cores.of(record) for record in content["results"]["cores"]]
    draw_all(groups, found, folder, printer)
    place = os.path.relpath(folder, file.parent).replace(os.sep, "/")
    write_text(file, replaced(text, "\n".join(lines(content, groups, found, place))))
    printer.print(f"Wrote {file}", soft_wrap=True)
    results_of = [result for series in groups.values() for group in series for result in group]
    raise typer.Exit(int(any(map(failed, results_of)) or any(one.error for one in found)))


def measure(
    peers: str, counts: Sequence[int], pythons: dict[str, Path], plan: RunPlan, printer: Console
) -> dict[str, Any]:
    """Measure all series, and what more processors would bring; returns the records."""
    steps = {}
    with waiting() as status:
        for series in SERIES:
            groups = measure_series(series.among(peers), counts, pythons, plan, status, printer)
            steps[series.name] = [result.record(group[0]) for group in groups for result in group]
        found = measure_cores(tuple(BATCHES), CORES, plan, status)
    return {"steps": steps, "cores": [cores_part.record(one) for one in found]}


def measure_series(
    series: Series,
    counts: Sequence[int],
    pythons: dict[str, Path],
    plan: RunPlan,
    status: Progress,
    printer: Console,
) -> list[list[Result]]:
    """The tables of a series, whose losses are compared first."""
    competitors = [*own(), *choose(series.peers)]
    groups = [
        new_results(competitors, pythons, model, batch, count)
        for model in series.models
        for batch in series.batches or (BATCHES[model],)
        for count in counts
    ]
    check(groups, pythons, status)
    measure_groups(groups, pythons, plan, status, printer)
    return groups


def grouped(records: Sequence[Mapping[str, Any]]) -> list[list[Result]]:
    """The results of each table."""
    groups: dict[tuple[str, int, int], list[Result]] = {}
    for result in map(Result.of, records):
        groups.setdefault((result.model, result.batch, result.threads), []).append(result)
    return list(groups.values())


def draw_all(
    groups: Mapping[str, Sequence[Sequence[Result]]], found: Sequence[Cores], folder: Path, printer: Console
) -> None:
    """A picture of each series, on the most threads, and one of the predictions."""
    for name, series in groups.items():
        most = max(group[0].threads for group in series)
        draw([result for group in series for result in group if result.threads == most], folder, name, printer)
    figure = new_figure(7, 5)
    cores_part.draw(figure.subplots(), found)
    save_figure(figure, folder, "cores", printer)


def lines(
    content: Mapping[str, Any], groups: Mapping[str, Sequence[Sequence[Result]]], found: Sequence[Cores], place: str
) -> Iterator[str]:
    """The results in Markdown; `place` is the folder of the pictures, from the page."""
    settings = content["settings"]
    everything = [result for series in groups.values() for group in series for result in group]
    yield f"Measured on {machine_line(content['machine'], everything)}"
    threads = ",".join(map(str, settings["threads"]))
    for series in (series.among(settings["peers"]) for series in SERIES):
        yield from ["", f"### {series.title}", "", "```console"]
        yield f"{series.command} --threads {threads} --repeat {settings['repeat']}"
        yield from ["```", "", "minigan's time, and that of the others divided by it (`ratio`):", ""]
        yield from step_lines(groups[series.name], settings["repeat"], len(series.models) > 1)
        words = "milliseconds of a step, minigan's bars in colour, the fastest on top"
        yield from ["", f"![{series.title}: {words}]({place}/{series.name}.png)"]
    yield from ["", "### More processors", "", "```console"]
    yield f"python -m benchmarks scaling --part cores --model {','.join(one.model for one in found)}"
    yield from ["```", "", "How many times as fast as on one thread a step should be, by a trace of it:", ""]
    yield from core_lines(found)
    yield from ["", f"![The predicted speed-up of each model over the number of threads]({place}/cores.png)"]
