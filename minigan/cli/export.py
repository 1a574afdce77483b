"""``minigan export``."""

from pathlib import Path
from typing import Annotated

import typer

from minigan.cli.help import examples


@examples(
    "minigan export RUN  # RUN/generator.safetensors",
    "minigan export RUN --out generator.onnx",
    "minigan export RUN --out generator.weights.h5 --code keras_model.py",
    "minigan export RUN --out generator.pt --code torch_model.py",
)
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="RUN")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file; its suffix chooses the format: .safetensors, .weights.h5 (Keras), .pt (PyTorch), .onnx. "
            "Default: RUN/generator.safetensors.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="Format of the file, whatever its suffix: safetensors, keras, pytorch, pytorch-safetensors or onnx.",
            metavar="NAME",
        ),
    ] = None,
    network: Annotated[
        str, typer.Option(help="Which network: generator or discriminator.", metavar="NAME")
    ] = "generator",
    code: Annotated[
        Path | None,
        typer.Option(help="Also write a Python file that makes the same network in PyTorch or Keras.", metavar="FILE"),
    ] = None,
) -> None:
    """Write a run's network for another library.

    safetensors keeps minigan's names. Keras and PyTorch get weights in the form
    in which they save a Sequential of the same layers. An ONNX file is the
    network itself; if onnxruntime is installed, its outputs are compared with
    minigan's before the file is written.
    """
    from minigan.interchange.formats import suffix_of
    from minigan.io.progress import Progress
    from minigan.runs import export_run

    path = out or run / f"{network}{suffix_of(format)}"
    with Progress(f"writing {path}"):
        written = export_run(run, path, network, format, code)
    typer.echo(f"Wrote {path}: {written.arrays} arrays of {written.numbers:,} numbers")
    if written.format == "onnx":
        checked = written.difference
        typer.echo(
            "Not checked: onnxruntime is not installed."
            if checked is None
            else f"Checked: onnxruntime's outputs differ from minigan's by {checked.difference:.1g} at the most."
        )
    if code is not None:
        typer.echo(f"Wrote {code}")
