"""What one trains in the lab: data, networks and settings, as plain values that fit into a link."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from minigan import losses, models, optimizers, penalties
from minigan.errors import ConfigError

__all__ = ["DRAWN", "SetUp"]

#: The name of the data that are points drawn by hand.
DRAWN = "drawn"

#: A layer as plain values: its class under "type", and its settings.
Spec = dict[str, Any]

#: Settings that can be changed without a new start: the networks and the data stay as they are.
CHANGEABLE = (
    "loss",
    "penalty",
    "penalty_weight",
    "g_learning_rate",
    "d_learning_rate",
    "d_steps",
    "label_smoothing",
)


@dataclass(frozen=True)
class SetUp:
    """The set-up of a session; every value has a default.

    Attributes
    ----------
    data : str
        The name of a data set, ``folder:PATH``, or ``drawn``.
    drawn : sequence of (x, y)
        The points drawn by hand.
    start : str
        The name of a trained start, whose weights replace the initial ones; empty for none.
    generator, discriminator : sequence of Spec
        Their layers; empty for the networks that suit the data.
    latent_size : int
    noise, loss, penalty, optimizer : str
        Names as in ``minigan train``; no penalty is an empty text.
    penalty_weight : float
    g_learning_rate, d_learning_rate, momentum : float
    batch_size, d_steps : int
    label_smoothing, instance_noise : float
    seed : int
    """

    data: str = "ring"
    drawn: tuple[tuple[float, float], ...] = ()
    start: str = ""
    generator: tuple[Spec, ...] = ()
    discriminator: tuple[Spec, ...] = ()
    latent_size: int = 2
    noise: str = "normal"
    loss: str = "non-saturating"
    penalty: str = ""
    penalty_weight: float = 10.0
    optimizer: str = "adam"
    g_learning_rate: float = 1e-3
    d_learning_rate: float = 1e-3
    momentum: float = 0.5
    batch_size: int = 128
    d_steps: int = 1
    label_smoothing: float = 0.0
    instance_noise: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        choices = {
            "noise": models.NOISE_KINDS,
            "loss": tuple(losses.GAN_LOSSES),
            "optimizer": tuple(optimizers.OPTIMIZERS),
            "penalty": ("", *penalties.PENALTIES),
        }
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise ConfigError(f"{name}: expected one of {', '.join(known)}, got {getattr(self, name)!r}")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "SetUp":
        """The set-up with these values; the others have their defaults."""
        unknown = sorted(values.keys() - {item.name for item in fields(cls)})
        if unknown:
            raise ConfigError(f"unknown setting {', '.join(unknown)}")
        return cls(**values)

    def with_values(self, values: Mapping[str, Any]) -> "SetUp":
        """The same with other values for some settings."""
        return SetUp.of({**asdict(self), **values})

    def plain(self) -> dict[str, Any]:
        """Its values, for a message."""
        return asdict(self)

    def replaced(self, **values: Any) -> "SetUp":
        """The same with these values."""
        return replace(self, **values)
