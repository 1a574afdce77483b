"""``minigan sample``."""

from pathlib import Path
from typing import Annotated

import typer

from minigan.cli.help import examples
from minigan.cli.settings import TRUNCATION, whole_number


@examples(
    "minigan sample RUN",
    "minigan sample RUN --count 12 --columns 6 --seed 7 --out twelve.png",
    "minigan sample RUN --class 7  # of a run trained with --conditional",
)
def sample(
    run: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="RUN")],
    count: Annotated[int, typer.Option(help="How many images.", parser=whole_number, metavar="N")] = 64,
    columns: Annotated[int, typer.Option(help="Images in a row.", parser=whole_number, metavar="N")] = 8,
    seed: Annotated[
        int,
        typer.Option(
            help="Seed of the noise; a different seed gives different images.", parser=whole_number, metavar="N"
        ),
    ] = 0,
    label: Annotated[
        str | None,
        typer.Option(
            "--class",
            help="The class to draw, by its name or number; needs a run trained with --conditional.",
            metavar="NAME",
        ),
    ] = None,
    truncation: Annotated[float | None, TRUNCATION] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The picture; its suffix chooses the format: .png, .jpg, .webp, .avif, .tiff. "
            "Default: RUN/samples-SEED.png.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make images with a trained generator."""
    from minigan.io.progress import Progress
    from minigan.runs.sample import sample_run

    with Progress(f"drawing {count:,} images"):
        path = sample_run(
            run,
            out or run / f"samples-{seed}.png",
            count=count,
            columns=columns,
            seed=seed,
            label=label,
            truncation=truncation,
        )
    typer.echo(f"Wrote {path}")
