"""``minigan lab``."""

from pathlib import Path
from typing import Annotated

import typer

from minigan.cli.help import examples


@examples(
    "minigan lab  # opens the page in the browser",
    "minigan lab --port 0 --no-browser  # on a free port; open the address yourself",
    "minigan lab --run runs/dcgan28-digits-1  # looks into a run, and trains it on in memory",
)
def lab(
    port: Annotated[
        int, typer.Option(help="The port on this machine; 0 for one that is free.", min=0, max=65535)
    ] = 8642,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page in a browser.")] = False,
    run: Annotated[
        Path | None, typer.Option(help="The folder of a run, or a checkpoint in it; nothing is written to it.")
    ] = None,
) -> int:
    """Train a GAN in the browser, step by step, and look inside every layer.

    The page is served by this machine for this machine alone: its address holds a secret. It needs no network. Ctrl-C
    ends the lab.
    """
    from minigan import backend
    from minigan.lab import Session
    from minigan.lab.server import open_browser, serve

    def show(address: str) -> None:
        typer.echo(f"The lab is at  {address}")
        if not (no_browser or open_browser(address)):
            typer.echo("No browser was found: open the address yourself.")
        typer.echo("Ctrl-C ends the lab.")

    backend.use("numpy")  # a look into the layers reads arrays all the time
    return 128 + serve(Session() if run is None else Session.of_run(run), port, show)
