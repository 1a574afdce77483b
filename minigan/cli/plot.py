"""``minigan plot``."""

from pathlib import Path
from typing import Annotated

import typer

from minigan.cli.settings import TRUNCATION, whole_number


def plot(
    run: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="RUN")],
    kinds: Annotated[
        list[str] | None,
        typer.Argument(
            help="samples, neighbours, walk, losses, histogram, gradients, plane, figure1; default: all that fit.",
            metavar="[KIND]...",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A folder; default: RUN/pictures.")] = None,
    seed: Annotated[
        int,
        typer.Option(
            help="Seed of the noise; a different seed gives different images.", parser=whole_number, metavar="N"
        ),
    ] = 0,
    truncation: Annotated[float | None, TRUNCATION] = None,
) -> None:
    """Draw pictures of a run."""
    from minigan.runs.plot import draw_run

    for path in draw_run(run, out, kinds or (), seed, truncation):
        typer.echo(f"Wrote {path}")
