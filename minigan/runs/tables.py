"""The tables of a run, with one line for each step.

``metrics.csv`` has the values of `StepEnd`, ``gradients.csv`` the norms of each layer's gradients.
"""

import csv
from array import array
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from minigan.errors import RunError
from minigan.io.messages import one_line
from minigan.io.safe_read import open_file
from minigan.training.events import StepEnd

__all__ = ["COLUMNS", "Table", "read_gradients", "read_metrics", "row_of"]

#: The columns of ``metrics.csv``, in order; the last two are times and differ from run to run.
COLUMNS = tuple(field.name for field in fields(StepEnd) if field.name != "steps")

#: Maximum number of characters in a line: a damaged file may have no line ends.
LINE = 2**20


class Table:
    """A CSV file that grows line by line: a reader finds whole lines at any time.

    If the file exists, lines are appended to it.

    Parameters
    ----------
    path : path
    columns : sequence of str
    """

    def __init__(self, path: str | Path, columns: Sequence[str]) -> None:
        self.path = Path(path)
        exists = self.path.exists()
        self.file = open(  # noqa: SIM115 (closed by __exit__)
            path, "a", buffering=1, newline="", encoding="utf-8", errors="backslashreplace"
        )
        self.rows = csv.writer(self.file, lineterminator="\n")
        if not exists:
            self.rows.writerow(columns)

    def append(self, values: Sequence[Any]) -> None:
        """Append a line; each number has nine digits, enough for a float32."""
        self.rows.writerow([f"{value:.9g}" if isinstance(value, float) else value for value in values])

    def __enter__(self) -> "Table":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()


def row_of(event: StepEnd) -> list[Any]:
    """A step as a line of ``metrics.csv``."""
    return [getattr(event, name) for name in COLUMNS]


def read_metrics(path: str | Path) -> dict[str, np.ndarray]:
    """The columns of a ``metrics.csv`` by name.

    Raises
    ------
    RunError
        The file is missing or is not a table of metrics.
    """
    return read_table(path, "metrics", lambda columns: columns == COLUMNS)


def read_gradients(path: str | Path) -> dict[str, np.ndarray]:
    """The columns of a ``gradients.csv`` by name: ``step``, and the norms of each layer's gradients.

    Raises
    ------
    RunError
        The file is missing or is not a table of gradients.
    """
    return read_table(path, "gradients", lambda columns: columns[:1] == ("step",))


def read_table(path: str | Path, of: str, fits: Callable[[tuple[str, ...]], bool]) -> dict[str, np.ndarray]:
    """The columns of a table of numbers by name; refused if `fits` rejects the names."""
    values = array("d")  # eight bytes for each number; its text would take sixty
    try:
        with open_file(path) as file, TextIOWrapper(file, encoding="utf-8", newline="") as text:
            rows = csv.reader(iter(partial(text.readline, LINE), ""))
            columns = tuple(next(rows, ()))
            if not fits(columns):
                raise ValueError(f"the columns {', '.join(columns)}")
            for row in rows:
                if len(row) != len(columns):
                    raise ValueError(f"{len(row)} values for {len(columns)} columns in line {rows.line_num}")
                values.extend(map(float, row))
        table = np.frombuffer(values).reshape(-1, len(columns))
        if not np.isfinite(table[:, columns.index("step")]).all():
            raise ValueError("a step that is no number")
    except (OSError, ValueError, csv.Error, MemoryError) as error:
        raise RunError(f"expected a table of {of} in {path}, got: {one_line(error)}") from None
    return dict(zip(columns, table.T))
