"""The time and the memory of a step by the batch, the image, its channels, and the threads: one of them varies."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import typer
from rich.table import Table

from benchmarks.competitors import interpreters, own
from benchmarks.problem import problem
from benchmarks.report import new_table
from benchmarks.summaries import Summary, summary
from benchmarks.workers import Worker, WorkerError
from minigan.errors import MiniganError
from minigan.io.progress import Progress

__all__ = ["SIZES", "Measured", "Point", "doubling", "draw", "measure_sizes", "points", "record", "table"]

SIZES = ("batch", "image size", "channels", "threads")


class Point(NamedTuple):
    """The sizes of one process, and the name of the size that varies."""

    varied: str
    batch: int
    image_size: int
    channels: int
    threads: int

    @property
    def place(self) -> int:
        """The value of the size that varies."""
        return dict(zip(SIZES, self[1:]))[self.varied]


class Measured(NamedTuple):
    """The seconds of a step, the peak memory of the process, and the load by other programs."""

    seconds: Summary
    peak_bytes: int | None
    others: float | None


def measure_sizes(wanted: Sequence[Point], repeat: int, warmup: int, status: Progress) -> list[tuple[Point, Measured]]:
    """All points, each in a new process."""
    results = []
    for place, point in enumerate(wanted):
        status.begin(f"{place + 1} of {len(wanted)}: {point.varied} {point.place}")
        results.append((point, measure(point, repeat, warmup)))
    return results


def doubling(most: int) -> str:
    """1, 2, 4 ... and `most`."""
    return ",".join(str(count) for count in sorted({*(2**k for k in range(most.bit_length())), most}) if count <= most)


def points(varied: Sequence[Sequence[int]], base: Sequence[int]) -> Iterator[Point]:
    """The points: one size varies at a time."""
    for place, (name, values) in enumerate(zip(SIZES, varied)):
        for value in values:
            yield Point._make([name, *base[:place], value, *base[place + 1 :]])


def measure(point: Point, repeat: int, warmup: int) -> Measured:
    """Run steps in a new process."""
    model = {"image_size": point.image_size, "channels": point.channels}
    minigan, python = own()[0], interpreters([], None)["minigan"]
    try:
        with problem(point.batch, **model) as path, Worker(minigan, python, path, point.threads, model=model) as worker:
            worker.run(warmup)
            answer = worker.run(repeat)
            return Measured(summary(answer["seconds"]), worker.peak_bytes(), answer["others"])
    except MiniganError as error:
        raise typer.BadParameter(str(error)) from None
    except WorkerError as error:
        raise typer.BadParameter(f"the process of {point} failed: {error}") from None


def record(point: Point, measured: Measured) -> dict[str, object]:
    """The values for the JSON file."""
    return {
        **point._asdict(),
        "seconds": measured.seconds._asdict(),
        "peak_bytes": measured.peak_bytes,
        "others": measured.others,
    }


def table(results: Sequence[tuple[Point, Measured]]) -> Table:
    """A row for each process."""
    rows = []
    for point, (seconds, peak, _) in results:
        spread = f"{1e3 * seconds.low:.1f} - {1e3 * seconds.high:.1f}"
        rate = f"{point.batch / seconds.median:.0f}"
        memory = "" if peak is None else f"{peak / 1e6:.0f}"
        rows.append([point.varied, *map(str, point[1:]), f"{1e3 * seconds.median:.1f}", spread, rate, memory])
    return new_table(["varied"], (*SIZES, "ms", "middle half", "images/s", "MB"), rows, "One step of minigan's dcgan28")


def draw(panels, results: Sequence[tuple[Point, Measured]]) -> None:  # type: ignore[no-untyped-def]
    """Draw a panel for each size, with time and memory."""
    for axes, name in zip(panels, SIZES):
        found = [(point, measured) for point, measured in results if point.varied == name]
        places = [point.place for point, _ in found]
        times = [1e3 * measured.seconds.median for _, measured in found]
        memory = [(measured.peak_bytes or 0) / 1e6 for _, measured in found]
        axes.set(xlabel=name, xticks=places)
        axes.grid(alpha=0.25)
        draw_line(axes, places, times, "ms a step", "C0", "o-")
        draw_line(axes.twinx(), places, memory, "peak MB", "C1", "s--")


def draw_line(axes, places: list[int], values: list[float], label: str, colour: str, style: str) -> None:  # type: ignore[no-untyped-def]
    """Draw a line, with an axis in its colour that begins at 0."""
    axes.plot(places, values, style, color=colour)
    axes.set_ylabel(label, color=colour)
    axes.set_ylim(0, 1.15 * max(values, default=0.0) or 1.0)
