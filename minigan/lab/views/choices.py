"""What the form of the set-up offers: for every choice its name, and a sentence about it."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from minigan import losses, models, optimizers, penalties
from minigan.lab.layer_specs import TYPES
from minigan.lab.session_like import SessionLike
from minigan.lab.setup import SetUp
from minigan.lab.views import words

__all__ = ["Choices", "choices"]

#: One choice: its name, a sentence about it, and more where a form needs it.
Offer = dict[str, Any]


class Choices(NamedTuple):
    """What the form offers, by its fields. `defaults` has the set-up that suits each data set."""

    data: list[Offer]
    losses: list[Offer]
    penalties: list[Offer]
    optimizers: list[Offer]
    noises: list[Offer]
    layer_types: list[Offer]
    activations: list[Offer]
    starts: list[Offer]
    defaults: dict[str, Offer]


def choices(session: SessionLike) -> dict[str, Any]:
    """All that a set-up can be made of: see `Choices`."""
    found = Choices(
        data=[{"name": name, **known._asdict()} for name, known in words.DATA.items()],
        losses=described(losses.GAN_LOSSES, words.LOSSES),
        penalties=described(("", *penalties.PENALTIES), words.PENALTIES),
        optimizers=described(optimizers.OPTIMIZERS, words.OPTIMIZERS),
        noises=described(models.NOISE_KINDS, words.NOISES),
        layer_types=[{"type": kind, "text": "", "settings": []} for kind in TYPES],
        activations=described(words.ACTIVATIONS, words.ACTIVATIONS),
        starts=[],
        defaults={name: SetUp(data=name).plain() for name in words.DATA},
    )
    return found._asdict()


def described(names: Iterable[str], texts: Mapping[str, str]) -> list[Offer]:
    """Names in their order, each with its sentence."""
    return [{"name": name, "text": texts[name]} for name in names]
