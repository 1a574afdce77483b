"""What a check found: rows of figures and verdicts, as a table, as JSON, as pictures."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from minigan.errors import GradientError
from minigan.gradcheck.differences import Sweep

__all__ = ["BEHAVIOUR", "FAIL", "PASS", "SHAPE", "SKIP", "Report", "Row"]

PASS, FAIL, SKIP = "ok", "WRONG", "not applicable"

#: The modes of checks that are not of a value.
BEHAVIOUR, SHAPE = "behaviour", "shape"


@dataclass
class Row:
    """One quantity, checked in one way.

    Attributes
    ----------
    target, quantity, mode : str
        What was checked and how: "conv2d", "kernel", "differences, full".
    verdict : str
        "ok", "WRONG" or "not applicable".
    error, tolerance : float, optional
        The largest error, in units of the largest derivative, and what is allowed.
    kinks : int
        Entries or directions without a derivative; they are not part of `error`.
    index : tuple of int, optional
        Of the entry with the largest error, where they are checked one by one.
    backward, expected : float, optional
        What the backward says there, or along the worst direction, and what it is measured against.
    detail : str
        For a wrong one: where it is worst, and both values. For one that does not apply: why.
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
        """The row in words."""
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


@dataclass
class Report:
    """The rows of one check, or of several.

    Attributes
    ----------
    rows : list of Row
    seed : int
        Repeats the check.
    """

    rows: list[Row]
    seed: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.failures

    @property
    def failures(self) -> list[Row]:
        """The rows that are wrong."""
        return [row for row in self.rows if row.verdict == FAIL]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def assert_ok(self) -> None:
        """Raise a `GradientError` that tells all that is wrong, where, and how to repeat it."""
        if not self.ok:
            raise GradientError(self.message())

    def message(self) -> str:
        """All that is wrong, a line each, under a count of it."""
        count = f"{len(self.failures)} of {len(self.rows)} checks are wrong (seed {self.seed}):"
        return "\n".join([count, *(f"  {row.sentence()}" for row in self.failures)])

    def to_json(self) -> str:
        """All rows as JSON text, with the whole sweep of every difference."""
        return json.dumps({"ok": self.ok, "seed": self.seed, "rows": [row.facts() for row in self.rows]}, indent=1)

    def __str__(self) -> str:
        from rich.console import Console

        console = Console(width=200, force_terminal=False, color_system=None)
        with console.capture() as capture:
            console.print(self.table())
        lines = [line.rstrip() for line in capture.get().splitlines()]
        notes = self.notes()
        return "\n".join([*lines, "", *notes] if notes else lines)

    def table(self) -> Any:
        """The rows as a `rich.table.Table`; a target's name stands at its first row, a behaviour under mode."""
        from rich.table import Table

        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column("target", overflow="fold")
        table.add_column("quantity", overflow="fold")
        table.add_column("mode", overflow="fold")
        for name in ("error", "tolerance", "kinks"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("verdict", no_wrap=True)
        before = None
        for row in self.rows:
            figures = ("", "") if row.error is None else (f"{row.error:.1e}", f"{row.tolerance:.0e}")
            style = "bold red" if row.verdict == FAIL else "dim" if row.verdict == SKIP else ""
            target = "" if row.target == before else row.target
            what = ("", row.quantity) if row.mode == BEHAVIOUR else (row.quantity, row.mode)
            verdict = "n/a" if row.verdict == SKIP else row.verdict
            table.add_row(target, *what, *figures, str(row.kinks or ""), verdict, style=style)
            before = row.target
        return table

    def notes(self) -> list[str]:
        """A line for each row that is not simply right: what is wrong and where, or why a check does not apply."""
        return [row.sentence() for verdict in (SKIP, FAIL) for row in self.rows if row.verdict == verdict]

    def plot(self, path: str | Path) -> Path:
        """Save a picture: the error over the step for every quantity, and maps of where gradients are wrong.

        Parameters
        ----------
        path : path
            PNG, SVG or PDF, by its suffix.
        """
        from minigan.plots import save_gradcheck

        return save_gradcheck(path, self.rows)

    @classmethod
    def merged(cls, reports: Iterable["Report"]) -> "Report":
        """One report of several."""
        reports = list(reports)
        return cls([row for report in reports for row in report.rows], reports[0].seed if reports else 0)


def finite(value: Any) -> Any:
    """Infinity and NaN, which JSON does not know, as text."""
    if isinstance(value, list):
        return [finite(item) for item in value]
    return value if not isinstance(value, float) or np.isfinite(value) else str(value)
