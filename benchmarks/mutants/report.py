"""The results of the trials: how many mutants are noticed, in total and in each file."""

import re
from typing import NamedTuple

from rich.table import Table

from benchmarks.mutants.mutate import Mutant


class Counts(NamedTuple):
    """How many mutants there are, how many are noticed, and how many of those because they raise."""

    mutants: int
    noticed: int
    raised: int

    @property
    def survivors(self) -> int:
        """How many are not noticed."""
        return self.mutants - self.noticed

    @property
    def part(self) -> float:
        """The fraction that is noticed."""
        return self.noticed / max(self.mutants, 1)

    def cells(self) -> list[str]:
        """The columns of a table: mutants, noticed, of them raise, survivors."""
        return [str(number or "") for number in (*self, self.survivors)]

    def __str__(self) -> str:
        return f"{self.noticed} of {self.mutants} mutants are noticed, {self.part:.1%}"


COLUMNS = ("mutants", "noticed", "of them raise", "survivors")


def count(results: list[str]) -> Counts:
    """The counts of these results."""
    return Counts(len(results), sum(map(bool, results)), sum(map(raises, results)))


def counts_of_files(found: list[Mutant], results: list[str]) -> dict[str, Counts]:
    """The counts of each file."""
    of_file: dict[str, list[str]] = {}
    for mutant, noticed in zip(found, results):
        of_file.setdefault(mutant.file, []).append(noticed)
    return {file: count(part) for file, part in of_file.items()}


def survivors(found: list[Mutant], results: list[str]) -> list[Mutant]:
    """The mutants that are not noticed."""
    return [mutant for mutant, noticed in zip(found, results) if not noticed]


def raises(noticed: str) -> bool:
    """Whether the damaged code ran into an error, so that any test would have noticed."""
    return re.search(r"\w+Error: ", noticed) is not None


def table(found: list[Mutant], results: list[str]) -> Table:
    """A row for each file."""
    table = Table(box=None, header_style="bold")
    table.add_column("file")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for file, row in counts_of_files(found, results).items():
        table.add_row(file, *row.cells())
    return table
