"""``minigan data``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from minigan.cli.help import examples
from minigan.cli.settings import given, with_settings
from minigan.runs.inspect_data import DataConfig


@examples(
    "minigan data folder:photos --image-size 32 --channels 3",
    "minigan data images.npy --data-range 0 1",
)
@with_settings(DataConfig)
def data(
    name: Annotated[
        str, typer.Argument(help="A data set's name, folder:PATH, PATH.npy or PATH.npz.", metavar="DATA")
    ] = "digits",
    out: Annotated[
        Path | None,
        typer.Option(help="The picture, a PNG. Default: data-NAME.png in this folder.", metavar="FILE"),
    ] = None,
    **flags: Any,
) -> None:
    """Show what training would see of a data set, and draw some of it.

    Prints how many images there are, the sizes of the files, the values, the
    classes, the files that were left out, and the command that trains on them.
    """
    from rich.console import Console

    from minigan.cli.lines import columns, say
    from minigan.data.places import place_of
    from minigan.runs.config import TrainConfig
    from minigan.runs.inspect_data import inspect_data, save_picture

    report = inspect_data(TrainConfig(data=name, **given(DataConfig, flags)))
    console = Console(markup=False, emoji=False)  # a folder's name may look like either
    say(console, columns(report.lines, console.width if console.is_terminal else None, ""))
    path = out or Path(f"data-{Path(place_of(name) or name).resolve().stem}.png")
    if save_picture(path, report.data):
        typer.echo(f"Wrote {path}")
