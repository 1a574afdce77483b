"""Options that several commands share, and functions that parse them."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

__all__ = [
    "JsonFile",
    "PeerPython",
    "Peers",
    "PlotFolder",
    "Python",
    "Repeat",
    "check_outputs",
    "default_threads",
    "names",
    "processors",
    "sizes",
    "thread_counts",
]

JsonFile: TypeAlias = Annotated[
    Path | None, typer.Option("--json", help="Write all results to this file.", metavar="FILE", dir_okay=False)
]
PlotFolder: TypeAlias = Annotated[
    Path | None, typer.Option("--plot", help="Draw a picture into this folder.", metavar="DIR", file_okay=False)
]
Peers: TypeAlias = Annotated[
    str, typer.Option(help="Other libraries to measure: all, none, or names such as torch,jax.", metavar="NAMES")
]
Python: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(help="The Python that has a peer's packages; may be repeated.", metavar="NAME=PATH"),
]
PeerPython: TypeAlias = Annotated[
    Path | None, typer.Option(help="The Python that has the packages of all peers.", metavar="PATH")
]
Repeat: TypeAlias = Annotated[int, typer.Option(help="Number of repeated measurements.", min=1)]


def names(option: str, text: str, known: Iterable[str]) -> list[str]:
    """The names in a list such as ``dcgan28,mlp2d``, each of which must be known."""
    found = list(dict.fromkeys(part.strip() for part in text.split(",")))
    for name in found:
        if name not in known:
            raise typer.BadParameter(f"{option}: expected some of {', '.join(known)}, got {name!r}")
    return found


def sizes(option: str, text: str, repeats: bool = False) -> list[int]:
    """The whole numbers in a list such as ``16,64``, in the given order; without duplicates, unless `repeats`."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise typer.BadParameter(f"{option}: expected whole numbers of at least 1, such as 16,64, got {text!r}")
    numbers = list(map(int, parts))
    return numbers if repeats else list(dict.fromkeys(numbers))


def thread_counts(option: str, text: str) -> list[int]:
    """Parse numbers of threads, at most one for each processor."""
    counts = sizes(option, text)
    if max(counts) > len(processors()):
        raise typer.BadParameter(
            f"{option}: expected at most {len(processors())}, the processors this process may run on, got {text!r}"
        )
    return counts


def processors() -> list[int]:
    """The numbers of the processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def default_threads() -> str:
    """Two, or one where there is one processor."""
    return str(min(2, len(processors())))


def check_outputs(json_file: Path | None, plot_folder: Path | None) -> None:
    """Refuse a file in no folder before the measurement; make the folder of the pictures."""
    if json_file is not None and not json_file.absolute().parent.is_dir():
        raise typer.BadParameter(f"--json: expected a file in a folder that exists, got {json_file}")
    if plot_folder is not None:
        plot_folder.mkdir(parents=True, exist_ok=True)
