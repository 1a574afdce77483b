"""The record of a run: tables, one line a step.

``metrics.csv`` has the figures of `StepEnd`, ``gradients.csv`` the norms of each layer's gradients.
"""

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from minigan.errors import RunError
from minigan.models import GAN
from minigan.training.events import StepEnd

__all__ = ["COLUMNS", "Table", "grad_norms", "read_gradients", "read_metrics", "row_of"]

#: The columns of ``metrics.csv``, in order; the last two are times and differ from run to run.
COLUMNS = tuple(field.name for field in fields(StepEnd) if field.name != "steps")


class Table:
    """A CSV file that grows line by line: whoever looks while it is written finds whole lines, up to the last.

    Parameters
    ----------
    path : path
    columns : sequence of str
    """

    def __init__(self, path: str | Path, columns: Sequence[str]) -> None:
        self.file = open(path, "w", buffering=1, newline="", encoding="utf-8")  # noqa: SIM115 (closed by __exit__)
        self.rows = csv.writer(self.file, lineterminator="\n")
        self.rows.writerow(columns)

    def append(self, values: Sequence[Any]) -> None:
        """Add a line; nine digits a number, which is what a float32 has."""
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


def grad_norms(gan: GAN) -> dict[str, float]:
    """The L2 norms of the gradients that are in both networks, layer by layer: ``generator/dense`` and so on."""
    norms = {}
    for network in (gan.generator, gan.discriminator):
        for layer in network.layers:
            grads = [p.grad.reshape(-1) for p in layer.parameters.values() if p.grad is not None]
            if grads:
                norms[f"{network.name}/{layer.name}"] = math.sqrt(sum(float(grad @ grad) for grad in grads))
    return norms


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
    """A table of numbers by columns; refused unless the names of its columns fit."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        columns = tuple(header)
        if not fits(columns):
            raise ValueError(f"the columns {', '.join(columns)}")
        table = np.array([[float(value) for value in row] for row in rows]).reshape(len(rows), len(columns))
    except (OSError, ValueError) as error:
        raise RunError(f"expected a table of {of} in {path}, got: {error}") from None
    return dict(zip(columns, table.T))
