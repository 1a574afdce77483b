"""``python -m benchmarks mutants``."""

import os
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.mutants.mutate import Mutant, all_mutants
from benchmarks.mutants.page import page
from benchmarks.mutants.reasons import reason_of
from benchmarks.mutants.report import count, survivors, table
from benchmarks.mutants.run import outcomes
from minigan.io.atomic_write import write_text


def mutants(
    only: Annotated[str, typer.Option(help="Mutants whose file:function matches this.", metavar="PATTERN")] = "",
    listing: Annotated[bool, typer.Option("--list", help="Print the mutants, run nothing.")] = False,
    bound: Annotated[float, typer.Option(help="The fraction that has to be noticed.", min=0, max=1)] = 0.98,
    jobs: Annotated[int, typer.Option(help="Processes; default: one a processor.", min=0)] = 0,
    page_file: Annotated[
        Path | None, typer.Option("--page", help="Write the results as a Markdown page.", metavar="FILE")
    ] = None,
) -> None:
    """Damage every backward in turn: do the gradient checks notice? Exit status 1 when too few are noticed."""
    console = Console(highlight=False, markup=False)
    if page_file:
        check_page(page_file, only, listing)
    found = matching(only)
    if listing:
        for mutant in found:
            console.print(str(mutant), soft_wrap=True)
        console.print(f"{len(found)} mutants")
        return
    results = outcomes(found, jobs or os.cpu_count() or 1, console)
    if page_file:
        write_text(page_file, page(found, results))
    console.print(table(found, results))
    for mutant in survivors(found, results):
        console.print(f"{mutant}\n    {reason_of(mutant)}", soft_wrap=True)
    whole = count(results)
    console.print(f"{whole}; {whole.raised} of them raise")
    raise typer.Exit(0 if whole.part >= bound else 1)


def matching(pattern: str) -> list[Mutant]:
    """The mutants whose file:function matches."""
    try:
        found = [mutant for mutant in all_mutants() if re.search(pattern, mutant.place)]
    except re.error as error:
        raise typer.BadParameter(f"--only: {pattern!r} is no regular expression: {error}") from None
    if not found:
        raise typer.BadParameter(f"--only: no mutant's file:function matches {pattern!r}")
    return found


def check_page(path: Path, only: str, listing: bool) -> None:
    """Refuse a page of a part of the mutants, and one in no folder, before the run."""
    if only or listing:
        raise typer.BadParameter("--page needs all mutants: leave out --only and --list")
    if path.is_dir() or not path.parent.is_dir():
        raise typer.BadParameter(f"--page: expected a file in a folder that exists, got {path}")
