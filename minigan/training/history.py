"""The record of a run: one line a step in ``metrics.csv``."""

import csv
from dataclasses import fields
from pathlib import Path
from typing import TextIO

import numpy as np

from minigan.errors import RunError
from minigan.training.events import StepEnd

__all__ = ["COLUMNS", "append_row", "read_metrics", "write_header"]

#: The columns, in order; the last two are times and differ from run to run.
COLUMNS = tuple(field.name for field in fields(StepEnd) if field.name != "steps")


def write_header(file: TextIO) -> None:
    """Begin the table."""
    csv.writer(file, lineterminator="\n").writerow(COLUMNS)


def append_row(file: TextIO, event: StepEnd) -> None:
    """Add a step: nine digits, which is what a float32 has."""
    values = (getattr(event, name) for name in COLUMNS)
    csv.writer(file, lineterminator="\n").writerow(
        [f"{value:.9g}" if isinstance(value, float) else value for value in values]
    )


def read_metrics(path: str | Path) -> dict[str, np.ndarray]:
    """The columns of a ``metrics.csv`` by name.

    Raises
    ------
    RunError
        The file is missing or is not a table of metrics.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        if tuple(header) != COLUMNS:
            raise ValueError(f"the columns {', '.join(header)}")
        table = np.array([[float(value) for value in row] for row in rows]).reshape(len(rows), len(COLUMNS))
    except (OSError, ValueError) as error:
        raise RunError(f"expected a table of metrics in {path}, got: {error}") from None
    return dict(zip(COLUMNS, table.T))
