"""``minigan summary``."""

from typing import Annotated, Any

import typer

from minigan.cli.settings import given, with_settings
from minigan.runs.config import ModelConfig


@with_settings(ModelConfig)
def summary(
    model: Annotated[str, typer.Argument(help="A model's name, such as dcgan28.", metavar="MODEL")],
    plan: Annotated[
        bool, typer.Option("--plan", help="Print what runs instead: steps, kernels, products, memory.")
    ] = False,
    **flags: Any,
) -> None:
    """Print the layers, output shapes and parameters of both networks."""
    from minigan import models

    gan = models.build(model, **ModelConfig(**given(ModelConfig, flags)).model_options())
    for network in (gan.generator, gan.discriminator):
        if plan:
            network.plan()
        else:
            network.summary()
