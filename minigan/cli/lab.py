"""``minigan lab``."""

from typing import Annotated

import typer

from minigan.cli.help import examples


@examples(
    "minigan lab  # opens the page in the browser",
    "minigan lab --port 0 --no-browser  # on a free port; open the address yourself",
)
def lab(
    port: Annotated[
        int, typer.Option(help="The port on this machine; 0 for one that is free.", min=0, max=65535)
    ] = 8642,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page in a browser.")] = False,
) -> int:
    """Train a GAN in the browser, step by step, and look inside every layer.

    The page is served by this machine for this machine alone: its address holds a secret. It needs no network. Ctrl-C
    ends the lab.
    """
    from minigan.lab import Session
    from minigan.lab.server import open_browser, serve

    def show(address: str) -> None:
        typer.echo(f"The lab is at  {address}")
        if not (no_browser or open_browser(address)):
            typer.echo("No browser was found: open the address yourself.")
        typer.echo("Ctrl-C ends the lab.")

    return 128 + serve(Session(), port, show)
