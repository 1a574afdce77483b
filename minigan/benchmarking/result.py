"""The result of `minigan.benchmark`: medians, quartiles and rates, as a table, a picture or JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.errors import ConfigError
from minigan.io import html
from minigan.io.atomic_write import write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Benchmark", "Timing", "shown_seconds"]

#: The headings of the table; the last one says how many times as fast as the first row.
HEADINGS = ("function", "backend", "median", "quartiles", "GB/s", "GFLOP/s", "speed")

#: The units of time, the largest first, and the seconds of each.
UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


@dataclass(frozen=True)
class Timing:
    """The times of one function on one backend.

    Attributes
    ----------
    name, backend : str
    samples : tuple of float
        Seconds of one call, for each round.
    calls : int
        Calls in a sample: a sample is their mean.
    first : float
        Seconds of the first call: with compilation and cold caches.
    flops : float, optional
        Floating-point operations in one call.
    bytes : float
        Bytes that one call reads and writes.
    difference : float
        How far its result was from the first one's, relative to the largest number there.
    """

    name: str
    backend: str
    samples: tuple[float, ...]
    calls: int
    first: float
    flops: float | None
    bytes: float
    difference: float

    @property
    def seconds(self) -> float:
        """The median of the seconds of one call."""
        return float(np.median(self.samples))

    @property
    def quartiles(self) -> tuple[float, float]:
        """Half of the samples are between these seconds."""
        low, high = np.quantile(self.samples, (0.25, 0.75))
        return float(low), float(high)

    @property
    def gb_per_second(self) -> float:
        """Gigabytes a second that are read and written."""
        return self.bytes / self.seconds / 1e9

    @property
    def gflop_per_second(self) -> float | None:
        """Billions of floating-point operations a second; None if their number is not known."""
        return None if self.flops is None else self.flops / self.seconds / 1e9

    def to_dict(self) -> dict[str, Any]:
        """All values, for JSON."""
        low, high = self.quartiles
        return {
            "name": self.name,
            "backend": self.backend,
            "seconds": self.seconds,
            "quartiles": [low, high],
            "calls": self.calls,
            "first_seconds": self.first,
            "flops": self.flops,
            "bytes": self.bytes,
            "gb_per_second": self.gb_per_second,
            "gflop_per_second": self.gflop_per_second,
            "difference": self.difference,
            "samples": list(self.samples),
        }


@dataclass(frozen=True, repr=False)
class Benchmark:
    """The times of some functions: printed, a table; in a notebook, too.

    Attributes
    ----------
    timings : sequence of Timing
        A row for each function on each backend; the first is the one that the others are compared with.
    arguments : str
        The arguments in words.
    notes : sequence of str
        What there is to know about the results.
    machine : mapping
        The machine and the versions.
    """

    timings: Sequence[Timing]
    arguments: str
    notes: Sequence[str]
    machine: Mapping[str, Any]

    def __iter__(self) -> Iterator[Timing]:
        return iter(self.timings)

    def __len__(self) -> int:
        return len(self.timings)

    def __getitem__(self, label: str) -> Timing:
        found = dict(zip(self.labels, self.timings))
        if label not in found:
            raise KeyError(f"no row {label!r}: there are {', '.join(found)}")
        return found[label]

    @property
    def labels(self) -> list[str]:
        """A name for each row: the function, the backend, or "function, backend" where there are several of both."""
        several = len({timing.name for timing in self}) > 1
        backends = len({timing.backend for timing in self}) > 1
        if several and backends:
            return [f"{timing.name}, {timing.backend}" for timing in self]
        return [timing.backend if backends else timing.name for timing in self]

    @property
    def seconds(self) -> dict[str, float]:
        """The median seconds of one call, by `labels`."""
        return {label: timing.seconds for label, timing in zip(self.labels, self)}

    @property
    def ratios(self) -> dict[str, float]:
        """How many times as fast each is as the first row, by `labels`.

        Each round gives the ratio of its two times, and this is the median of those: a machine that is slow for a while
        is slow for both.
        """
        base = np.array(self.timings[0].samples)
        return {label: float(np.median(base / timing.samples)) for label, timing in zip(self.labels, self)}

    def __str__(self) -> str:
        headings, rows = self._table()
        widths = [max(map(len, column)) for column in zip(headings, *rows)]
        texts = len(headings) - len(self._numbers(headings))
        lines = [
            "  ".join(
                cell.ljust(width) if place < texts else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths))
            ).rstrip()
            for row in (headings, *rows)
        ]
        return "\n".join([self.arguments, "", *lines, "", *self._remarks()])

    #: Python and notebooks without HTML show the table, too.
    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The table, for a notebook."""
        headings, rows = self._table()
        found = html.table(headings, rows, caption=self.arguments, right=self._numbers(headings))
        return found + "".join(map(html.paragraph, self._remarks()))

    def _remarks(self) -> list[str]:
        """The notes, and the machine in a line."""
        threads = self.machine["threads"]
        line = (
            f"{self.machine['processor']}, {threads} thread{'s' if threads != 1 else ''}, NumPy {self.machine['numpy']}"
        )
        gpu = self.machine.get("gpu")
        return [*self.notes, f"{line}; {gpu['name']}, CuPy {gpu['cupy']}" if gpu else line]

    def _numbers(self, headings: Sequence[str]) -> list[str]:
        """The headings of columns of numbers."""
        return [heading for heading in headings if heading not in HEADINGS[:2]]

    def _table(self) -> tuple[list[str], list[list[str]]]:
        """The headings and the cells; columns that say nothing here are left out."""
        rows = []
        for timing, ratio in zip(self, self.ratios.values()):
            unit = unit_of(timing.seconds)
            low, high = (shown_seconds(value, unit)[: -len(unit) - 1] for value in timing.quartiles)
            rate = timing.gflop_per_second
            rows.append([
                timing.name,
                timing.backend,
                shown_seconds(timing.seconds),
                f"{low} .. {high} {unit}",
                three_digits(timing.gb_per_second) if timing.bytes else "",
                "" if rate is None else three_digits(rate),
                three_digits(ratio),
            ])  # fmt: skip
        kept = [
            place
            for place, heading in enumerate(HEADINGS)
            if any(row[place] for row in rows)
            and (heading != "backend" or len({row[place] for row in rows}) > 1 or rows[0][place] != "numpy")
            and (heading != "speed" or len(rows) > 1)
        ]
        return [HEADINGS[place] for place in kept], [[row[place] for place in kept] for row in rows]

    def plot(self, path: str | Path | None = None) -> "Figure":
        """Draw a bar for each row, or a dot if the times differ much: its median, with a line for its quartiles.

        Parameters
        ----------
        path : path, optional
            Also saves the picture: PNG, SVG, PDF, JPEG or WebP, by its suffix.

        Returns
        -------
        Figure
            A notebook shows it.
        """
        from minigan.plots import save_benchmark

        return save_benchmark(path, self.timings, self.ratios, self.arguments)

    def save(self, path: str | Path) -> None:
        """Write all numbers to a file ``.json``, or the picture to any other."""
        if Path(path).suffix.lower() == ".json":
            write_text(path, self.to_json() + "\n")
        elif Path(path).suffix:
            self.plot(path)
        else:
            raise ConfigError(f"expected a file name that ends with .json, .png or another picture's, got {path}")

    def to_dict(self) -> dict[str, Any]:
        """All numbers, with every sample and the machine: plain values."""
        ratios = self.ratios.values()
        rows = [{**timing.to_dict(), "ratio": ratio} for timing, ratio in zip(self, ratios)]
        return {
            "arguments": self.arguments,
            "timings": rows,
            "notes": list(self.notes),
            "machine": dict(self.machine),
        }

    def to_json(self) -> str:
        """The same as JSON text."""
        return json.dumps(self.to_dict(), indent=1)


def unit_of(seconds: float) -> str:
    """The largest unit in which the number is at least 1."""
    return next((unit for unit, size in UNITS if seconds >= size), UNITS[-1][0])


def shown_seconds(seconds: float, unit: str | None = None) -> str:
    """A time with three digits.

    Examples
    --------
    >>> shown_seconds(0.00123456), shown_seconds(12.3456), shown_seconds(4.2e-08)
    ('1.23 ms', '12.3 s', '42.0 ns')
    """
    unit = unit or unit_of(seconds)
    return f"{three_digits(seconds / dict(UNITS)[unit])} {unit}"


def three_digits(value: float) -> str:
    """A number with three digits, never with an exponent.

    Examples
    --------
    >>> [three_digits(value) for value in (1234.5, 123.45, 12.345, 0.9999, 0.012345, 0.0)]
    ['1230', '123', '12.3', '1.00', '0.0123', '0.00']
    """
    if not np.isfinite(value):
        return str(value)
    value = float(f"{value:.3g}")
    size = int(np.floor(np.log10(abs(value)))) if value else 0
    return f"{value:.{min(9, max(0, 2 - size))}f}"
