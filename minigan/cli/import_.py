"""``minigan import``."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from minigan.cli.help import examples
from minigan.cli.settings import given, with_settings
from minigan.errors import ConfigError
from minigan.runs import ImportConfig
from minigan.runs.config import TrainConfig
from minigan.runs.names import flag_of


@examples(
    "minigan import generator.pt --like RUN",
    "minigan import generator.weights.h5 --model dcgan28 --out runs/keras",
)
@with_settings(ImportConfig)
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="The generator's weights: .safetensors, .weights.h5 (Keras 3), .pt or .pth (PyTorch).", metavar="FILE"
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the new run; new or empty. Default: the next in runs/.", metavar="DIR"),
    ] = None,
    discriminator: Annotated[
        Path | None,
        typer.Option(help="The discriminator's weights. Default: those of --like, else new ones.", metavar="FILE"),
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(help="A run with the same networks: its settings and its discriminator are used.", metavar="RUN"),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="Format of the files, whatever their suffixes: safetensors, keras, pytorch or pytorch-safetensors.",
            metavar="NAME",
        ),
    ] = None,
    **flags: Any,
) -> None:
    """Make a run of weights from another library, for sample, evaluate and plot.

    --like names the networks, or --model and the other flags do. The files are
    compared with them before anything is written; the error for a file that
    does not fit names the array and its shape.
    """
    from minigan.io.progress import Progress
    from minigan.runs.exchange import import_into

    chosen = given(ImportConfig, flags)
    if like is not None and chosen:
        names = ", ".join(map(flag_of, chosen))
        raise ConfigError(f"expected --like or settings of its own, got both: --like and {names}")
    config = TrainConfig.recommended(**chosen) if like is None else None
    with Progress(f"reading {file}"):
        folder, gan = import_into(file, out, config, like, discriminator, format)
    typer.echo(f"Wrote {folder}: {gan.name} with the generator of {file}")
    typer.echo(f"The discriminator is {origin(like, discriminator)}.")
    typer.echo(f"Images: minigan sample {shlex.quote(str(folder))}")


def origin(like: Path | None, discriminator: Path | None) -> str:
    """The source of the discriminator's weights."""
    if discriminator is not None:
        return f"that of {discriminator}"
    return "new and untrained" if like is None else f"that of {like}"
