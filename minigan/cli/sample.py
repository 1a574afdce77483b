"""``minigan sample``."""

from pathlib import Path
from typing import Annotated

import typer


def sample(
    run: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="RUN")],
    count: Annotated[int, typer.Option(min=1, help="How many images.")] = 64,
    columns: Annotated[int, typer.Option(min=1, help="Images in a row.")] = 8,
    seed: Annotated[int, typer.Option(help="Of the noise: another seed, other images.")] = 0,
    out: Annotated[Path | None, typer.Option(help="A PNG; default: RUN/samples-SEED.png.")] = None,
) -> None:
    """Make images with a trained generator."""
    from minigan.training.sampling import sample_run

    path = sample_run(run, out or run / f"samples-{seed}.png", count=count, columns=columns, seed=seed)
    typer.echo(f"Wrote {path}")
