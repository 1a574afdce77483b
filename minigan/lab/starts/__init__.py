"""Trained networks to begin from: a file of weights for each, made by ``python -m minigan.lab.starts.make``."""

from collections.abc import Mapping
from importlib import resources
from typing import Any, NamedTuple

import numpy as np

from minigan.errors import CheckpointError, ConfigError
from minigan.io.atomic_write import load_arrays
from minigan.models import GAN

__all__ = ["STARTS", "Start", "load_weights", "named"]


class Start(NamedTuple):
    """Trained networks.

    Attributes
    ----------
    title, text : str
        What one sees.
    setup : mapping
        The settings that differ from the defaults; training goes on with them.
    rounds : int
        How long it was trained.
    seed : int
        The seed of its training.
    training : mapping
        Settings that were others while it was trained.
    """

    title: str
    text: str
    setup: Mapping[str, Any]
    rounds: int
    seed: int = 0
    training: Mapping[str, Any] = {}


#: All starts by name, which is also the name of the file.
STARTS: dict[str, Start] = {
    "ring": Start(
        "A ring, trained",
        "G has found all eight modes of the ring.",
        {"data": "ring"},
        20_000,
    ),
}


def named(name: str) -> Start:
    """The start of that name.

    Raises
    ------
    ConfigError
        There is none.
    """
    if name not in STARTS:
        raise ConfigError(f"start: expected one of {', '.join(STARTS)}, got {name!r}")
    return STARTS[name]


def load_weights(name: str, gan: GAN) -> None:
    """Replace the weights of both networks by those of a start.

    Raises
    ------
    ConfigError
        There is no such start, or it has other networks.
    CheckpointError
        Its file is missing or damaged.
    """
    named(name)
    arrays = read(name)
    try:
        for network in (gan.generator, gan.discriminator):
            prefix = f"{network.name}/"
            state = {key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)}
            network.load_state_dict(state)
    except CheckpointError as error:
        raise ConfigError(
            f"start: {name!r} has other layers than this set-up: leave the start out, or keep its networks ({error})"
        ) from None


def read(name: str) -> dict[str, np.ndarray]:
    """The arrays of a file, in float32."""
    with resources.as_file(resources.files(__name__).joinpath(f"{name}.npz")) as path:
        return {key: value.astype(np.float32) for key, value in load_arrays(path).items()}
