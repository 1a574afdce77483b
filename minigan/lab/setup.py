"""What one trains in the lab: data, networks and settings, as plain values that fit into a link.

The values come from a page, so each is checked before anything is made of it: its kind, its bounds, its length.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

from minigan import data, losses, models, numbers, optimizers, penalties
from minigan.data.places import KINDS
from minigan.errors import ConfigError
from minigan.lab.layer_specs import Spec, checked_specs
from minigan.lab.values import is_list, shown

__all__ = ["CHANGEABLE", "DRAWN", "FOLDER", "MODELS", "SMALL", "SetUp"]

#: The name of the data that are points drawn by hand, and what the name of a folder of pictures begins with.
DRAWN, FOLDER = "drawn", "folder:"

#: The networks that have a name: small ones that suit any data, and some of `minigan.models`.
SMALL = "small"
MODELS = (SMALL, "mlp1d", "mlp2d", "dcgan28", "wgan-gp28", "gan2014-mnist")

#: Settings that can be changed without a new start: the networks and the data stay as they are.
CHANGEABLE = (
    "loss",
    "penalty",
    "penalty_weight",
    "g_learning_rate",
    "d_learning_rate",
    "momentum",
    "d_steps",
    "label_smoothing",
    "instance_noise",
)

#: The most layers of a network, the most drawn points, how far they may be from 0, and the longest text.
MOST_LAYERS, MOST_POINTS, FARTHEST, LONGEST = 20, 2_000, 1_000.0, 500


class Range(NamedTuple):
    """The bounds of a number, which is a whole one if `whole`."""

    low: float
    high: float
    whole: bool = False


#: The numbers of a set-up.
NUMBERS = {
    "latent_size": Range(1, 512, whole=True),
    "penalty_weight": Range(0, 1e6),
    "g_learning_rate": Range(1e-9, 10),
    "d_learning_rate": Range(1e-9, 10),
    "momentum": Range(0, 0.999),
    "batch_size": Range(2, 512, whole=True),
    "d_steps": Range(1, 50, whole=True),
    "label_smoothing": Range(0, 0.49),
    "instance_noise": Range(0, 100),
    "seed": Range(0, 2**32 - 1, whole=True),
}

#: The names that a set-up may have.
CHOICES = {
    "model": MODELS,
    "noise": models.NOISE_KINDS,
    "loss": tuple(losses.GAN_LOSSES),
    "optimizer": tuple(optimizers.OPTIMIZERS),
    "penalty": ("", *penalties.PENALTIES),
}


@dataclass(frozen=True)
class SetUp:
    """The set-up of a session; every value has a default: a ring of points.

    Attributes
    ----------
    data : str
        The name of a data set, ``folder:PATH``, or ``drawn``.
    drawn : sequence of (x, y)
        The points drawn by hand.
    start : str
        The name of a trained start, whose weights replace the initial ones; empty for none.
    model : str
        The name of the networks.
    generator, discriminator : sequence of Spec
        Their layers; empty for those of the model.
    latent_size : int
    noise, loss, penalty, optimizer : str
        Names as in ``minigan train``; no penalty is an empty text.
    penalty_weight : float
    g_learning_rate, d_learning_rate, momentum : float
        The momentum is Adam's beta_1; sgd and rmsprop have none.
    batch_size, d_steps : int
    label_smoothing, instance_noise : float
        The noise is on all inputs of D, and stays as it is.
    seed : int

    Raises
    ------
    ConfigError
        A value is of another kind, or out of bounds.
    """

    data: str = "ring"
    drawn: tuple[tuple[float, float], ...] = ()
    start: str = ""
    model: str = SMALL
    generator: tuple[Spec, ...] = ()
    discriminator: tuple[Spec, ...] = ()
    latent_size: int = 2
    noise: str = "normal"
    loss: str = "non-saturating"
    penalty: str = ""
    penalty_weight: float = 1.0
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
        checked: dict[str, Any] = {name: number_in(name, getattr(self, name), NUMBERS[name]) for name in NUMBERS}
        checked |= {name: choice_of(name, getattr(self, name), CHOICES[name]) for name in CHOICES}
        for name in ("generator", "discriminator"):
            checked[name] = checked_specs(name, getattr(self, name), MOST_LAYERS)
        checked["start"] = text_of("start", self.start)
        checked["data"] = data_name(text_of("data", self.data))
        checked["drawn"] = drawn_points(self.drawn)
        for name, value in checked.items():
            object.__setattr__(self, name, value)  # a frozen class has no other way

    @classmethod
    def of(cls, values: Any) -> "SetUp":
        """The set-up with these values, which may be anything."""
        if not isinstance(values, Mapping):
            raise ConfigError(f"set-up: expected settings by name, got {shown(values)}")
        known = [item.name for item in fields(cls)]
        unknown = [name for name in values if name not in known]
        if unknown:
            raise ConfigError(f"set-up: unknown setting {shown(unknown[0])}: expected one of {', '.join(known)}")
        return cls(**values)

    def with_values(self, values: Mapping[str, Any]) -> "SetUp":
        """The same with other values for some settings."""
        return SetUp.of({**self.plain(), **values})

    def plain(self) -> dict[str, Any]:
        """Its values, for a message."""
        return asdict(self)


# The checks


def number_in(name: str, value: Any, bounds: Range) -> int | float:
    """A number within its bounds."""
    found = numbers.whole(value) if bounds.whole else numbers.finite(value)
    if found is None or not bounds.low <= found <= bounds.high:
        kind = "a whole number" if bounds.whole else "a number"
        low, high = (f"{bound:.10g}" for bound in (bounds.low, bounds.high))
        raise ConfigError(f"{name}: expected {kind} from {low} to {high}, got {shown(value)}")
    return found if bounds.whole else float(found)


def choice_of(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """One of the names."""
    if not isinstance(value, str) or value not in choices:
        expected = ", ".join(choice or '""' for choice in choices)
        raise ConfigError(f"{name}: expected one of {expected}, got {shown(value)}")
    return value


def text_of(name: str, value: Any) -> str:
    """A text that is not long, and can be printed."""
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
        raise ConfigError(f"{name}: expected a text of at most {LONGEST} characters, got {shown(value)}")
    return value


def data_name(name: str) -> str:
    """The name of data that the lab can train on."""
    kind, _, rest = name.partition(":")
    if name not in (*data.NAMES, DRAWN) and not (kind in KINDS and rest):
        known = ", ".join((*data.NAMES, DRAWN, f"{FOLDER}PATH"))
        raise ConfigError(f"data: expected one of {known}, got {shown(name)}")
    return name


def drawn_points(points: Any) -> tuple[tuple[float, float], ...]:
    """The points drawn by hand as pairs of numbers."""
    if not is_list(points) or len(points) > MOST_POINTS:
        got = f"{len(points):,}" if is_list(points) else shown(points)
        raise ConfigError(f"drawn: expected a list of at most {MOST_POINTS:,} points, got {got}")
    return tuple(drawn_point(point) for point in points)


def drawn_point(point: Any) -> tuple[float, float]:
    """One point."""
    pair = [numbers.finite(number) for number in point] if is_list(point) and len(point) == 2 else []
    found = tuple(float(number) for number in pair if number is not None and abs(number) <= FARTHEST)
    if len(found) != 2:
        bounds = f"from -{FARTHEST:g} to {FARTHEST:g}"
        raise ConfigError(f"drawn: expected points of two numbers {bounds}, got {shown(point)}")
    return found
