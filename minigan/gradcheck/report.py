"""The report of a check: rows of errors and verdicts, as a table, as JSON, as pictures."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.errors import GradientError
from minigan.gradcheck.differences import Sweep
from minigan.io import html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BEHAVIOUR", "FAIL", "PASS", "SHAPE", "SKIP", "Report", "Row"]

PASS, FAIL, SKIP = "ok", "WRONG", "not applicable"

#: The modes of checks that compare no values.
BEHAVIOUR, SHAPE = "behaviour", "shape"

#: The headings of the table, and those of columns of numbers.
HEADINGS = ("target", "quantity", "mode", "error", "tolerance", "kinks", "verdict")
NUMBERS = HEADINGS[3:6]


@dataclass
class Row:
    """The result of one check of one quantity.

    Attributes
    ----------
    target, quantity, mode : str
        What was checked and how: "conv2d", "kernel", "differences, full".
    verdict : str
        "ok", "WRONG" or "not applicable".
    error, tolerance : float, optional
        The largest error, in units of the largest derivative, and the largest that is allowed.
    kinks : int
        Entries or directions without a derivative; they are not part of `error`.
    index : tuple of int, optional
        The index of the entry with the largest error, where entries are checked one by one.
    backward, expected : float, optional
        The derivative by the backward there, or along the worst direction, and the expected one.
    detail : str
        For a wrong row, the place of the largest error and both values; for one that does not apply, the reason.
    sweep : Sweep, optional
        The differences at all steps.
    error_map : array, optional
        The error of every entry, in the quantity's shape.
    """

    target: str
    quantity: str
    mode: str
    verdict: str
    error: float | None = None
    tolerance: float | None = None
    kinks: int = 0
    index: tuple[int, ...] | None = None
    backward: float | None = None
    expected: float | None = None
    detail: str = ""
    sweep: Sweep | None = field(default=None, repr=False)
    error_map: np.ndarray | None = field(default=None, repr=False)

    def sentence(self) -> str:
        """The row as a sentence."""
        text = f"{self.target}: {self.quantity}, by {self.mode}: {self.verdict}"
        if self.error is not None:
            text += f", relative error {self.error:.2e} (allowed {self.tolerance:.0e})"
        if self.kinks:
            text += f", {self.kinks} at a kink"
        return f"{text}; {self.detail}" if self.detail else text

    def facts(self) -> dict[str, Any]:
        """The row as plain values, for JSON."""
        facts: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("target", "quantity", "mode", "verdict", "error", "tolerance", "kinks", "index", "backward")
        }
        facts |= {"expected": self.expected, "detail": self.detail}
        if self.sweep is not None:
            facts["steps"] = self.sweep.steps.tolist()
            facts["errors"] = self.sweep.errors.tolist()
        return {name: finite(value) for name, value in facts.items()}


@dataclass(repr=False)
class Report:
    """The rows of one check, or of several.

    Attributes
    ----------
    rows : list of Row
    seed : int
        The seed that repeats the check.
    """

    rows: list[Row]
    seed: int = 0

    @property
    def ok(self) -> bool:
        """Whether no row is wrong."""
        return not self.failures

    @property
    def failures(self) -> list[Row]:
        """The rows that are wrong."""
        return [row for row in self.rows if row.verdict == FAIL]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def assert_ok(self) -> None:
        """Raise a `GradientError` if any row is wrong, with all wrong rows and the seed in its message."""
        if not self.ok:
            raise GradientError(self.message())

    def message(self) -> str:
        """All wrong rows, one per line, after a line with their number."""
        count = f"{len(self.failures)} of {len(self.rows)} checks are wrong (seed {self.seed}):"
        return "\n".join([count, *(f"  {row.sentence()}" for row in self.failures)])

    def to_json(self) -> str:
        """All rows as JSON text, with the whole sweep of every difference."""
        return json.dumps({"ok": self.ok, "seed": self.seed, "rows": [row.facts() for row in self.rows]}, indent=1)

    def __str__(self) -> str:
        from rich.console import Console

        console = Console(width=200, force_terminal=False, force_jupyter=False, color_system=None)
        with console.capture() as capture:
            console.print(self.table())
        lines = [line.rstrip() for line in capture.get().splitlines()]
        notes = self.notes()
        return "\n".join([*lines, "", *notes] if notes else lines)

    #: Python and notebooks without HTML show the table, too.
    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The table, for a notebook."""
        wrong = [place for place, row in enumerate(self.rows) if row.verdict == FAIL]
        found = html.table(HEADINGS, self.cells(), right=NUMBERS, bold=wrong)
        return found + "".join(map(html.paragraph, self.notes()))

    def cells(self) -> list[tuple[str, ...]]:
        """A text for each of `HEADINGS`, row by row; a target's name is in its first row, a behaviour under mode."""
        found: list[tuple[str, ...]] = []
        before = None
        for row in self.rows:
            numbers = ("", "") if row.error is None else (f"{row.error:.1e}", f"{row.tolerance:.0e}")
            target = "" if row.target == before else row.target
            what = ("", row.quantity) if row.mode == BEHAVIOUR else (row.quantity, row.mode)
            verdict = "n/a" if row.verdict == SKIP else row.verdict
            found.append((target, *what, *numbers, str(row.kinks or ""), verdict))
            before = row.target
        return found

    def table(self) -> Any:
        """The rows as a `rich.table.Table`."""
        from rich.table import Table

        table = Table(box=None, header_style="bold", pad_edge=False)
        rows = self.cells()
        for name, texts in zip(HEADINGS[:3], zip(*(row[:3] for row in rows), strict=True) if rows else [()] * 3):
            longest = max((len(word) for text in texts for word in text.split()), default=0)
            table.add_column(name, overflow="fold", min_width=longest)  # lines break between words
        for name in NUMBERS:
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column(HEADINGS[-1], no_wrap=True)
        for row, cells in zip(self.rows, rows, strict=True):
            style = "bold red" if row.verdict == FAIL else "dim" if row.verdict == SKIP else ""
            table.add_row(*cells, style=style)
        return table

    def notes(self) -> list[str]:
        """A line for each row that is wrong or does not apply, with the reason."""
        return [row.sentence() for verdict in (SKIP, FAIL) for row in self.rows if row.verdict == verdict]

    def plot(self, path: str | Path | None = None) -> "Figure":
        """Draw a picture: errors over step sizes for every quantity, and maps of the errors of wrong gradients.

        Parameters
        ----------
        path : path, optional
            Also saves it: PNG, SVG, PDF, JPEG or WebP, by its suffix.

        Returns
        -------
        Figure
            A notebook shows it.
        """
        from minigan.plots import save_gradcheck

        return save_gradcheck(path, self.rows)

    @classmethod
    def merged(cls, reports: Iterable["Report"]) -> "Report":
        """Merge several reports into one."""
        reports = list(reports)
        return cls([row for report in reports for row in report.rows], reports[0].seed if reports else 0)


def finite(value: Any) -> Any:
    """Convert infinity and NaN, which JSON does not have, to text."""
    if isinstance(value, list):
        return [finite(item) for item in value]
    return value if not isinstance(value, float) or np.isfinite(value) else str(value)
