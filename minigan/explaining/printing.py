"""How an explanation is printed in a terminal, and shown in a notebook."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from minigan.io import html as page

__all__ = ["Table", "html", "shortened", "shown", "text"]

#: Terms that are printed of one sum.
ROWS = 12

T = TypeVar("T")


class Table(NamedTuple):
    """The terms of one sum."""

    title: str
    formula: str
    headings: list[str]
    rows: list[list[str]]
    left_out: int
    total: str
    note: str

    def closed(self) -> list[list[str]]:
        """The rows, then how many were left out, and the sum where there is one to form."""
        empty = [""] * (len(self.headings) - 2)
        rows = list(self.rows)
        if self.left_out:
            rows.append([f"... {self.left_out} more terms", *empty, ""])
        if len(rows) != 1:
            rows.append(["sum", *empty, self.total])
        return rows


def shown(value: float) -> str:
    """A number with six digits."""
    return f"{value:.6g}"


def shortened(terms: Sequence[T]) -> Sequence[T]:
    """The terms that are printed: all, or the first ones where more than one would be left out."""
    return terms if len(terms) <= ROWS + 1 else terms[:ROWS]


def text(title: str, formula: str, tables: Sequence[Table]) -> list[str]:
    """Lines for a terminal: the first table below the title, the others each with a title of its own."""
    lines = [title, formula]
    for number, table in enumerate(tables):
        lines += ["", *([table.title, table.formula] if number else [])]
        lines += [f"  {line}" for line in aligned([table.headings, *table.closed()])]
        lines += [f"  {table.note}"] if table.note else []
    return lines


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The rows as lines: the first column to the left, those of numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    for first, *others in rows:
        numbers = [cell.rjust(width) for cell, width in zip(others, widths[1:])]
        yield "  ".join([first.ljust(widths[0]), *numbers]).rstrip()


def html(title: str, formula: str, tables: Sequence[Table]) -> str:
    """The same as tables of HTML."""
    parts = [page.paragraph(title), page.paragraph(formula)]
    for number, table in enumerate(tables):
        caption = f"{table.title}: {table.formula}" if number else ""
        rows = table.closed()
        sums = [len(rows) - 1] if len(rows) > 1 else []
        parts.append(page.table(table.headings, rows, caption=caption, right=table.headings[1:], bold=sums))
        parts += [page.paragraph(table.note)] if table.note else []
    return "".join(parts)
