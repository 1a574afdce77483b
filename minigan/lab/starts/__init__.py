"""Trained networks to begin from: a file of weights for each, made by ``python -m minigan.lab.starts.make``."""

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, NamedTuple

import numpy as np

from minigan.errors import CheckpointError, ConfigError
from minigan.io.atomic_write import load_arrays
from minigan.models import GAN

__all__ = ["STARTS", "Phase", "Start", "load_weights", "named"]


class Phase(NamedTuple):
    """A part of the training of a start: how many rounds, and the settings that were others than in its set-up."""

    rounds: int
    settings: Mapping[str, Any]


class Start(NamedTuple):
    """Trained networks.

    Attributes
    ----------
    title, text : str
        What one sees.
    setup : mapping
        The settings that differ from those that suit the data; training goes on with them.
    phases : Phase
        How it was trained.
    """

    title: str
    text: str
    setup: Mapping[str, Any]
    phases: Sequence[Phase]


#: Rates with which training goes on: small ones, so that what was learnt is not lost in the first steps.
SMALL_RATES = {"g_learning_rate": 1e-4, "d_learning_rate": 1e-4}
#: Rates of the training, which fall to nearly 0.
RATES = {"g_learning_rate": 1e-3, "d_learning_rate": 1e-3}

#: All starts by name, which is also the name of the file.
STARTS: dict[str, Start] = {
    "ring": Start(
        "Ring, trained",
        "G makes all eight clusters of the ring.",
        {"data": "ring", **SMALL_RATES},
        [Phase(20_000, RATES)],
    ),
    "grid": Start(
        "Grid, trained",
        "G makes all 25 clusters of the grid.",
        {"data": "grid", **SMALL_RATES},
        # Noise, which fades, gives G a gradient from clusters that are far away.
        [Phase(15_000, {"g_learning_rate": 2e-3, "d_learning_rate": 2e-3, "instance_noise": 1.0})],
    ),
    "spiral": Start(
        "Spiral, trained",
        "G rolls the plane of its noise into a spiral.",
        {"data": "spiral", **SMALL_RATES},
        [Phase(20_000, RATES)],
    ),
    "moons": Start(
        "Moons, trained",
        "G makes both half circles.",
        {"data": "moons", **SMALL_RATES},
        [Phase(15_000, RATES)],
    ),
    "gaussian": Start(
        "Gaussian, trained",
        "G's map is nearly a straight line, and D is undecided: D(x) is near 1/2 where the data are.",
        {"data": "gaussian", **SMALL_RATES},
        [Phase(8_000, RATES)],
    ),
    "digits": Start(
        "Digits, trained",
        "Small networks after 6,000 rounds: most images look like digits.",
        {"data": "digits", "g_learning_rate": 2e-4, "d_learning_rate": 2e-4},
        [Phase(6_000, RATES)],
    ),
    "ring-collapsed": Start(
        "Ring, mode collapse",
        "G makes one of the eight clusters, and no other: until now both networks have seen only this one.",
        {"data": "ring"},
        [Phase(3_000, {"data": "drawn", "drawn": [[1.0, 0.0]]})],
    ),
    "ring-vanished": Start(
        "Ring, vanished gradient",
        "G's points are far from the ring, and D has learnt to separate them: the minimax loss gives G no gradient.",
        {"data": "ring", "loss": "minimax", "optimizer": "sgd", "g_learning_rate": 0.01, "d_learning_rate": 0.01},
        [
            Phase(1_000, {**RATES, "optimizer": "adam", "data": "drawn", "drawn": [[2.0, 2.0]]}),
            Phase(20, {**RATES, "optimizer": "adam", "g_learning_rate": 1e-9, "d_steps": 50}),
        ],
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
