"""Networks by name: ``build("dcgan28", seed=0)``."""

from collections.abc import Callable
from typing import Any

from minigan.errors import ConfigError
from minigan.models.dcgan28 import CONDITIONINGS, OUTPUT_RANGES, dcgan28, wgan_gp28
from minigan.models.dcgan64 import dcgan64
from minigan.models.dcgan64_small import dcgan64_small
from minigan.models.gan import GAN, NOISE_KINDS, classes_in_turn, draw_classes, draw_noise
from minigan.models.gan2014 import gan2014_cifar10, gan2014_cifar10_conv, gan2014_mnist, gan2014_tfd
from minigan.models.gan2014_initial import FROM_MARGINALS, bias_from_marginals
from minigan.models.mlp import mlp1d, mlp2d
from minigan.models.options import build_with
from minigan.models.recommended import RECOMMENDED

__all__ = [
    "CONDITIONINGS",
    "FROM_MARGINALS",
    "GAN",
    "MODELS",
    "NOISE_KINDS",
    "OUTPUT_RANGES",
    "RECOMMENDED",
    "bias_from_marginals",
    "build",
    "classes_in_turn",
    "dcgan28",
    "dcgan64",
    "dcgan64_small",
    "draw_classes",
    "draw_noise",
    "gan2014_cifar10",
    "gan2014_cifar10_conv",
    "gan2014_mnist",
    "gan2014_tfd",
    "mlp1d",
    "mlp2d",
    "register",
    "wgan_gp28",
]

#: Functions that take a seed and options and return a built `GAN`.
MODELS: dict[str, Callable[..., GAN]] = {
    "dcgan28": dcgan28,
    "dcgan64": dcgan64,
    "dcgan64-small": dcgan64_small,
    "gan2014-cifar10": gan2014_cifar10,
    "gan2014-cifar10-conv": gan2014_cifar10_conv,
    "gan2014-mnist": gan2014_mnist,
    "gan2014-tfd": gan2014_tfd,
    "mlp1d": mlp1d,
    "mlp2d": mlp2d,
    "wgan-gp28": wgan_gp28,
}


def register(name: str, builder: Callable[..., GAN]) -> None:
    """Register your own model by name, for `build` and for programs that call minigan's commands."""
    MODELS[name] = builder


def build(name: str, seed: int = 0, **options: Any) -> GAN:
    """Make the model of that name, built and initialised.

    Parameters
    ----------
    name : str
        One of `MODELS`.
    seed : int
        The seed of the initial weights.
    **options
        Arguments of the model's own function. A model of one size also takes `image_size` and `channels`, if they are
        its own.

    Raises
    ------
    ConfigError
        The name is unknown, or an option does not fit.
    """
    if name not in MODELS:
        raise ConfigError(f"unknown model {name!r}: expected one of {', '.join(MODELS)}")
    return build_with(MODELS, name, seed, options)
