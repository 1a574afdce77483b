"""``minigan plot``."""

from pathlib import Path
from typing import Annotated

import typer

from minigan.cli.help import examples
from minigan.cli.settings import TRUNCATION, whole_number


@examples(
    "minigan plot RUN  # every picture that fits",
    "minigan plot RUN neighbours walk --out pictures",
)
def plot(
    run: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="RUN")],
    kinds: Annotated[
        list[str] | None,
        typer.Argument(
            help="samples, neighbours, walk, losses, histogram, gradients, plane, figure1; default: all that fit.",
            metavar="KIND",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A folder; default: RUN/pictures.", metavar="DIR")] = None,
    seed: Annotated[
        int,
        typer.Option(
            help="Seed of the noise; a different seed gives different images.", parser=whole_number, metavar="N"
        ),
    ] = 0,
    truncation: Annotated[float | None, TRUNCATION] = None,
) -> None:
    """Draw pictures of a run."""
    from minigan.io.progress import Progress
    from minigan.runs.plot import draw_run

    with Progress("reading the run") as progress:
        paths = draw_run(run, out, kinds or (), seed, truncation, progress.begin)
    for path in paths:
        typer.echo(f"Wrote {path}")
