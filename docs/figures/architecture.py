"""Write the order of imports into ``docs/architecture.md``: ``python -m docs.figures.architecture``.

It is computed from the source of the package by `tests.imports`, of which `tests/test_architecture.py` holds the order.
"""

from pathlib import Path

from minigan.io.atomic_write import write_text
from tests.imports import ORDER, rooms_imported_by

PAGE = Path(__file__).resolve().parents[1] / "architecture.md"
BEGIN, END = "<!-- begin: written by python -m docs.figures.architecture -->", "<!-- end -->"


def picture(order: list[str], imported: dict[str, set[str]]) -> str:
    """A square for each import of one room by another: one line a room, one column a room that is imported."""
    width = max(map(len, order))
    lines = [" " * (width + 4) + " ".join(f"{number:>2}" for number in range(1, len(order) + 1))]
    for number, room in enumerate(order, 1):
        marks = [" ■" if other in imported[room] else " ╲" if other == room else " ·" for other in order]
        lines.append(f"{number:>2}  {room:<{width}}" + " ".join(marks))
    return "\n".join(lines)


def table(order: list[str], imported: dict[str, set[str]]) -> str:
    """The same in words."""
    rows = ["| Room | Imports |", "| --- | --- |"]
    for room in order:
        names = ", ".join(f"`{other}`" for other in order if other in imported[room])
        rows.append(f"| `{room}` | {names or 'nothing'} |")
    return "\n".join(rows)


def block() -> str:
    """What stands between the two markers."""
    imported = {room: set(rooms_imported_by(room)) for room in ORDER}
    return f"{BEGIN}\n\n```text\n{picture(ORDER, imported)}\n```\n\n{table(ORDER, imported)}\n\n{END}"


def page(text: str) -> str:
    """The page's text with the block of today."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + block() + after


if __name__ == "__main__":
    write_text(PAGE, page(PAGE.read_text(encoding="utf-8")))
    print(f"Wrote {PAGE}")
