"""``minigan summary``."""

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from minigan.cli.help import examples
from minigan.cli.settings import given, with_settings
from minigan.errors import ConfigError
from minigan.runs.config import ModelConfig
from minigan.runs.names import flag_of

if TYPE_CHECKING:
    from minigan.models import GAN


@examples(
    "minigan summary dcgan28",
    "minigan summary dcgan28 --image-size 32 --generator-filters 128,64,32",
    "minigan summary RUN  # the networks of a run",
    "minigan summary dcgan28 --plan",
)
@with_settings(ModelConfig)
def summary(
    model: Annotated[
        str, typer.Argument(help="A model's name, such as dcgan28, or a run's folder.", metavar="MODEL|RUN")
    ],
    plan: Annotated[
        bool, typer.Option("--plan", help="Print what runs instead: steps, kernels, products, memory.")
    ] = False,
    **flags: Any,
) -> None:
    """Print the layers, output shapes and parameters of both networks of a model or a run."""
    gan = networks(model, given(ModelConfig, flags))
    for network in (gan.generator, gan.discriminator):
        if plan:
            network.plan()
        else:
            network.summary()


def networks(name: str, options: dict[str, Any]) -> "GAN":
    """The networks of a model of this name, or of the run in this folder."""
    from minigan import models
    from minigan.runs.networks import run_networks

    if name in models.MODELS:
        return models.build(name, **ModelConfig(**options).model_options())
    if not Path(name).is_dir():
        close = get_close_matches(name, models.MODELS, n=1)
        hint = f"did you mean {close[0]}? There are" if close else "expected the folder of a run, or one of"
        raise ConfigError(f"unknown model {name!r}, and no run's folder: {hint} {', '.join(models.MODELS)}")
    if options:
        flags = ", ".join(flag_of(option) for option in options)
        raise ConfigError(f"expected no {flags} with a run's folder: a run has its own settings")
    return run_networks(name)
