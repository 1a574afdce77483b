"""The table and the roofline of the kernels."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rich.table import Table

from benchmarks.kernels.measure import Measured
from benchmarks.report import new_table

__all__ = ["Roof", "draw", "table"]


class Roof(NamedTuple):
    """The machine's peak rates: operations a second in a matrix product, bytes a second in a copy."""

    operations: float
    bytes: float

    def at(self, intensity: float) -> float:
        """The most operations a second, for `intensity` operations a byte.

        Examples
        --------
        >>> Roof(100.0, 20.0).at(2.0), Roof(100.0, 20.0).at(50.0)
        (40.0, 100.0)
        """
        return min(self.operations, intensity * self.bytes)


def table(results: Sequence[Measured], roof: Roof) -> Table:
    """A line for each case: ms of all versions, and the rates of the fastest, with the fraction of the peak."""
    rows = []
    for found in results:
        seconds = (found.reference, found.numpy, found.compiled)
        times = ["" if one is None else f"{1e3 * one:.2f}" for one in seconds]
        gain = f"{found.reference / found.best:.1f}"
        rows.append([found.case.kernel, found.case.size, *times, gain, *achieved(found, roof)])
    columns = ("definition, ms", "NumPy, ms", "compiled, ms", "gain", "GFLOP/s", "GB/s", "of roof")
    return new_table(("kernel", "sizes"), columns, rows)


def achieved(found: Measured, roof: Roof) -> list[str]:
    """Operations and bytes a second of the fastest version, and the fraction of the machine's peak."""
    operations, moved = found.case.operations / found.best, found.bytes / found.best
    part = operations / roof.at(found.intensity) if operations else moved / roof.bytes
    return [f"{operations / 1e9:.1f}" if operations else "", f"{moved / 1e9:.1f}", f"{part:.0%}"]


def draw(axes, results: Sequence[Measured], roof: Roof) -> None:  # type: ignore[no-untyped-def]
    """Operations a byte against operations a second; a line leads from each definition to its fastest version.

    Kernels without operations, such as padding, are left out.
    """
    shown = [found for found in results if found.case.operations]
    ends = np.array([0.5 * min(found.intensity for found in shown), 2 * max(found.intensity for found in shown)])
    ridge = roof.operations / roof.bytes
    grid = np.unique([*ends, np.clip(ridge, *ends)])
    axes.plot(grid, [roof.at(x) / 1e9 for x in grid], color="0.2", label="the machine: a copy, a matrix product")
    names = list(dict.fromkeys(found.case.kernel for found in shown))
    for found in shown:
        rates = [found.case.operations / took / 1e9 for took in (found.reference, found.best)]
        colour = f"C{names.index(found.case.kernel) % 10}"
        axes.plot([found.intensity] * 2, rates, color=colour, linewidth=0.8, alpha=0.6)
        axes.plot(found.intensity, rates[0], "o", color=colour, markerfacecolor="none", markersize=5)
        axes.plot(found.intensity, rates[1], "o", color=colour, markersize=5)
    axes.plot([], [], "o", color="0.4", markerfacecolor="none", label="definition")
    axes.plot([], [], "o", color="0.4", label="fastest version")
    axes.set(xscale="log", yscale="log", xlabel="operations a byte", ylabel="GFLOP/s")
    axes.grid(alpha=0.25, which="both")
    axes.legend(loc="upper left")
    annotate(axes, shown)


def annotate(axes, shown: Sequence[Measured]) -> None:  # type: ignore[no-untyped-def]
    """Each kernel's name once, at the fastest of its cases; one that would cover another moves down."""
    best: dict[str, Measured] = {}
    for found in shown:
        name = found.case.kernel
        best[name] = min(found, best.get(name, found), key=lambda it: it.best / it.case.operations)
    axes.figure.draw_without_rendering()  # now the axes know their limits
    taken: list[tuple[float, float, float]] = []
    for name, found in sorted(best.items(), key=lambda item: item[1].best / item[1].case.operations):
        place = found.intensity, found.case.operations / found.best / 1e9
        left, y = axes.transData.transform(place)
        right = left + 4 * len(name)
        while any(left < end and start < right and abs(y - other) < 9 for start, end, other in taken):
            y -= 1
        taken.append((left, right, y))
        end = axes.transData.inverted().transform((left, y))
        axes.annotate(name, end, (5, -2), textcoords="offset points", fontsize=6)
