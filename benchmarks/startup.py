"""How long does a start take, and how much is installed for it?

::

    python -m benchmarks startup

Every time is that of a separate process, from its start to its end, with all files in the system's cache: a first
process is not counted. An interpreter that does nothing is measured as well.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.table import Table

from benchmarks import options
from benchmarks.competitors import MINIGAN, Competitor, choose, interpreters, versions
from benchmarks.options import JsonFile, PeerPython, Peers, PlotFolder, Python, Repeat
from benchmarks.report import console, new_figure, new_table, save_figure, save_json, waiting
from benchmarks.summaries import Summary, summary
from benchmarks.workers import environment

__all__ = ["Start", "startup"]

INSTALLED_SIZE = Path(__file__).parent / "peers" / "installed_size.py"

FIRST_IMAGE = """
import numpy as np, minigan as mg
generator = mg.models.build("dcgan28", seed=0).generator
assert generator.predict(np.zeros((1, 100), np.float32)).shape == (1, 28, 28, 1)
"""

FIRST_STEPS = """
import minigan as mg
list(mg.Trainer(mg.models.build("dcgan28", seed=0), mg.data.load("digits"), batch_size=64).train(steps=2))
"""

#: Without compiled kernels; with those that an earlier start kept; with all of them compiled in this start.
KERNELS = {
    "NumPy's kernels": {"MINIGAN_KERNELS": "numpy"},
    "compiled kernels": {"MINIGAN_KERNELS": "fast"},
    "kernels compiled now": {"MINIGAN_KERNELS": "fast", "MINIGAN_CACHE": "0"},
}


@dataclass
class Start:
    """A program, with its time and installed size.

    Attributes
    ----------
    name : str
    code : str
        The code of the program.
    competitor : Competitor
        The competitor in whose environment it runs.
    packages : tuple of str
        Packages whose size is reported: the first alone, and all with their requirements.
    error : str
        The reason if there are no results.
    own_bytes, all_bytes : int, optional
        The size of the first package, and of all with their requirements.
    """

    name: str
    code: str
    competitor: Competitor
    packages: tuple[str, ...] = ()
    error: str = ""
    seconds: Summary | None = None
    own_bytes: int | None = None
    all_bytes: int | None = None

    def record(self) -> dict[str, object]:
        """The values for the JSON file."""
        record = {**asdict(self), "seconds": self.seconds._asdict() if self.seconds else None}
        del record["competitor"]
        return record


def startup(
    peers: Peers = "all",
    repeat: Repeat = 5,
    python: Python = None,
    peer_python: PeerPython = None,
    json_file: JsonFile = None,
    plot: PlotFolder = None,
) -> None:
    """Time the import and the first image, and measure the installed size. Peers are only imported."""
    pythons = interpreters(python or [], peer_python)
    chosen = choose(peers)
    options.check_outputs(json_file, plot)
    printer = console()
    starts = list(programs(chosen))
    with waiting() as status:
        for start in starts:
            status.begin(f"Starting: {start.name}")
            measure(start, pythons[start.competitor.family], repeat)
    printer.print(table(starts))
    for start in starts:
        if start.error:
            printer.print(f"{start.name}: {start.error}", soft_wrap=True)
    save_json(json_file, "startup", {"repeat": repeat, "peers": peers}, [start.record() for start in starts])
    if plot is not None:
        timed = [start for start in starts if start.seconds]
        figure = new_figure(10, 1.2 + 0.4 * len(timed))
        draw(figure.subplots(1, 2, sharey=True), timed)
        save_figure(figure, plot, "startup", printer)
    raise typer.Exit(int(any(start.error.startswith("failed") for start in starts)))


def programs(chosen: Sequence[Competitor]) -> Iterator[Start]:
    """The programs: nothing, NumPy, minigan, its first image and steps, and every peer's import."""
    yield Start("Python alone", "pass", MINIGAN)
    yield Start("import numpy", "import numpy", MINIGAN, ("numpy",))
    yield Start("import minigan", "import minigan", MINIGAN, ("minigan",))
    yield Start("minigan's first image", FIRST_IMAGE, MINIGAN)
    for name, variables in KERNELS.items():
        code = f"import os; os.environ.update({variables})\n{FIRST_STEPS}"
        yield Start(f"two steps of dcgan28, {name}", code, MINIGAN)
    seen = set()
    for competitor in chosen:
        package, *others = competitor.packages
        code = f"import {package}"
        name = f"{code}, on {others[0]}" if others else code
        if name not in seen:
            seen.add(name)
            yield Start(name, code, competitor, competitor.packages)


def measure(start: Start, python: Path, repeat: int) -> None:
    """Run a program repeatedly, and measure the size of its package."""
    missing = [name for name, version in versions(python, start.competitor.packages).items() if version is None]
    if missing:
        start.error = f"not installed: {', '.join(missing)}"
        return
    variables = environment(start.competitor, len(options.processors()))
    try:
        start.seconds = summary([once(start, python, variables) for _ in range(repeat + 1)][1:])
        if start.packages:
            command = [str(python), str(INSTALLED_SIZE), *start.packages]
            answer = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
            size = json.loads(answer.stdout)
            start.own_bytes, start.all_bytes = size["own"], size["all"]
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()
        start.error = f"failed: {lines[-1] if lines else error}"


def once(start: Start, python: Path, variables: dict[str, str]) -> float:
    """Seconds of one run."""
    began = time.perf_counter()
    subprocess.run([str(python), "-c", start.code], env=variables, capture_output=True, text=True, check=True)
    return time.perf_counter() - began


def table(starts: Sequence[Start]) -> Table:
    """A row for each program."""
    rows = []
    for start in starts:
        if start.seconds is None:
            rows.append([start.name, *[""] * 4, start.error.partition(":")[0]])
            continue
        middle = f"{start.seconds.low:.2f} - {start.seconds.high:.2f}"
        rows.append([start.name, f"{start.seconds.median:.2f}", middle, *map(megabytes, sizes(start)), ""])
    return new_table([""], ("s", "middle half", "MB", "MB with requirements"), rows, last="")


def sizes(start: Start) -> tuple[int | None, int | None]:
    """The bytes of the package, and with its requirements."""
    return start.own_bytes, start.all_bytes


def megabytes(size: int | None) -> str:
    """A size for a table."""
    return "" if size is None else f"{size / 1e6:.1f}"


def draw(panels, starts: Sequence[Start]) -> None:  # type: ignore[no-untyped-def]
    """Draw bars of seconds and megabytes."""
    names = [start.name for start in starts]
    colours = ["C0" if "minigan" in name else "0.7" for name in names]
    values = [[start.seconds.median for start in starts if start.seconds], [(s.all_bytes or 0) / 1e6 for s in starts]]
    labels = ("s until the process ends", "MB installed, with requirements")
    for axes, numbers, label, form in zip(panels, values, labels, (" {:.2f}", " {:.0f}")):
        bars = axes.barh(names, numbers, color=colours)
        axes.bar_label(bars, [form.format(number) if number else "" for number in numbers], fontsize="small")
        axes.set(xlabel=label)
        axes.margins(x=0.15)
    panels[0].invert_yaxis()
