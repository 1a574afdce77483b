"""The output of results: tables on the terminal, JSON files, pictures."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe
from minigan.io.atomic_write import atomic_path, write_text
from minigan.io.progress import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["console", "new_figure", "new_table", "save_figure", "save_json", "waiting", "warn"]


#: Columns where the output is not a terminal.
WIDE = 140

#: The load by other programs, in processors, above which there is a warning.
DISTURBED = 0.1


def console() -> Console:
    """The console for all output, with wide tables in a file or a pipe."""
    printer = Console(highlight=False, markup=False)
    return printer if printer.is_terminal else Console(highlight=False, markup=False, width=WIDE)


def waiting() -> Progress:
    """What is measured, on standard error; it is drawn once a second only, so that it does not disturb."""
    progress = Progress("preparing")
    progress.seconds = 1.0
    return progress


def warn(printer: Console, others: float | None, when: str) -> None:
    """Print a warning if other programs kept the measured processors busy."""
    if others and others > DISTURBED:
        printer.print(f"Others kept {others:.1f} processors busy {when}: measure again on a quiet machine.")


def new_table(
    texts: Sequence[str],
    numbers: Sequence[str],
    rows: Iterable[Sequence[str]],
    title: str = "",
    last: str | None = None,
) -> Table:
    """A table with columns of text, then of numbers, then one of text if `last` has its name."""
    table = Table(box=None, header_style="bold", title=title, title_justify="left", title_style="bold")
    for name in texts:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    if last is not None:
        table.add_column(last)
    for row in rows:
        table.add_row(*row)
    return table


def save_json(path: Path | None, command: str, settings: dict[str, Any], results: object) -> None:
    """Write the settings, the machine and all results; nothing without a path."""
    if path is None:
        return
    content = {"benchmark": command, "settings": settings, "machine": describe(), "results": results}
    write_text(path, json.dumps(content, indent=2) + "\n")


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure, width and height in inches, without a window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: "Figure", folder: Path, name: str, printer: Console) -> None:
    """Write a picture as a PNG and print its path."""
    path = folder / f"{name}.png"
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
    printer.print(f"Wrote {path}", soft_wrap=True)
