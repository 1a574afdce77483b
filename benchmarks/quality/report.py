"""The table and the picture of the distances; both are made from the records of the JSON file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from rich.table import Table

from benchmarks.quality.measure import TOLERANCE
from benchmarks.report import new_figure, new_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Curve", "curves", "draw", "notes", "table"]

LEGEND = (
    "Fréchet distance of samples from real images on the features of minigan's digit classifier: lower is better. "
    "Median over the seeds, and range. s: seconds of training, without drawing and measuring samples."
)

#: The values of a mark that a curve uses.
COLUMNS = ("step", "seconds", "distance")

#: Colour-blind safe colours (Okabe and Ito, 2008), markers and dashes.
STYLES = (("#0072B2", "o", "-"), ("#D55E00", "s", "--"), ("#009E73", "^", "-."), ("#CC79A7", "D", ":"))


class Curve(NamedTuple):
    """The results of one competitor, over all seeds without an error.

    Attributes
    ----------
    title : str
    steps : ndarray (marks,)
    seconds, distances : ndarray (seeds, marks)
    """

    title: str
    steps: np.ndarray
    seconds: np.ndarray
    distances: np.ndarray

    def at(self, seconds: float) -> float:
        """The median distance after `seconds`, interpolated between two marks as in the picture."""
        logs = np.log(np.median(self.distances, axis=0))
        return float(np.exp(np.interp(seconds, np.median(self.seconds, axis=0), logs)))


def curves(records: Sequence[Mapping[str, Any]]) -> list[Curve]:
    """A curve for each competitor with at least one run without an error."""
    found = []
    for title in dict.fromkeys(record["title"] for record in records):
        runs = [record["marks"] for record in records if record["title"] == title and not record["error"]]
        if runs:
            columns = {name: np.array([[mark[name] for mark in marks] for marks in runs]) for name in COLUMNS}
            found.append(Curve(title, columns["step"][0], columns["seconds"], columns["distance"]))
    return found


def table(found: Sequence[Curve], title: str) -> Table:
    """A row for each step at which samples were measured."""
    numbers = ["step", *(name for curve in found for name in (curve.title, "range", "s"))]
    steps: list[int] = found[0].steps.tolist() if found else []
    rows = ([str(step), *(cell for curve in found for cell in cells(curve, k))] for k, step in enumerate(steps))
    return new_table([], numbers, rows, title)


def cells(curve: Curve, place: int) -> tuple[str, str, str]:
    """Median distance, range, and median seconds at one step."""
    distances, seconds = curve.distances[:, place], curve.seconds[:, place]
    return (
        f"{np.median(distances):.2f}",
        f"{distances.min():.2f} - {distances.max():.2f}",
        f"{np.median(seconds):.1f}",
    )


def notes(found: Sequence[Curve], records: Sequence[Mapping[str, Any]], floor: float) -> Iterator[str]:
    """The legend of the table, the distances at equal time, versions and errors."""
    yield LEGEND
    yield f"Floor, the distance of real images from as many other real ones: {floor:.2f}."
    if len(found) > 1:
        seconds = min(float(np.median(curve.seconds[:, -1])) for curve in found)
        yield f"After {seconds:.1f} s: " + ", ".join(f"{curve.title} {curve.at(seconds):.2f}" for curve in found) + "."
    versions = {name: version for record in records for name, version in record["versions"].items() if version}
    yield "Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + "."
    for record in records:
        if record["error"]:
            yield f"{record['title']}, seed {record['seed']}: {record['error']}"
        elif record["difference"] is not None:
            same = record["difference"] < TOLERANCE
            word = "the same as minigan's to" if same else "NOT minigan's: they differ by"
            yield f"{record['title']}: first losses without dropout {word} {record['difference']:.0e}."


def draw(found: Sequence[Curve], floor: float, title: str) -> "Figure":
    """Draw distances over steps on the left, over seconds on the right; a band is the range over the seeds."""
    figure = new_figure(10, 4.2)
    figure.suptitle(title, fontsize="medium")
    by_steps, by_seconds = figure.subplots(1, 2, sharey=True)
    for curve, style in zip(found, STYLES):
        draw_curve(by_steps, curve, curve.steps, style)
        draw_curve(by_seconds, curve, np.median(curve.seconds, axis=0), style)
    for axes, label in ((by_steps, "steps of training"), (by_seconds, "seconds of training")):
        axes.axhline(floor, color="0.35", linestyle=(0, (6, 3)), linewidth=1, label=f"floor: real images, {floor:.2f}")
        axes.set(xlabel=label, yscale="log", xlim=(0, None))
        axes.grid(alpha=0.25, which="both")
        axes.spines[["top", "right"]].set_visible(False)
    by_steps.set_ylabel("Fréchet distance (lower is better)")
    by_seconds.legend(frameon=False)
    return figure


def draw_curve(axes: "Axes", curve: Curve, x: np.ndarray, style: tuple[str, str, str]) -> None:
    """Draw one competitor's line and band."""
    colour, marker, dashes = style
    low, high = curve.distances.min(axis=0), curve.distances.max(axis=0)
    axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    middle = np.median(curve.distances, axis=0)
    axes.plot(x, middle, color=colour, marker=marker, linestyle=dashes, markersize=5, clip_on=False, label=curve.title)
