"""``minigan lab``."""

from typing import Annotated

import typer

from minigan.cli.help import examples


@examples("minigan lab", "minigan lab --port 0 --no-browser")
def lab(
    port: Annotated[int, typer.Option(help="The port on this machine; 0 for any that is free.")] = 8642,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> int:
    """Train a GAN in the browser, step by step, and look inside every layer."""
    from minigan.lab import Session
    from minigan.lab.server import serve

    serve(Session(), port, browser)
    return 0
