"""What the form of the set-up offers: for every choice its name, and a sentence about it."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from minigan import losses, models, optimizers, penalties
from minigan.lab.layer_specs import ACTIVATION_NAMES, TYPES, settings_of_type
from minigan.lab.session_like import SessionLike
from minigan.lab.setup import FOLDER, MODELS
from minigan.lab.starts import STARTS
from minigan.lab.suited import chosen, models_for, suited
from minigan.lab.views import words

__all__ = ["Choices", "choices"]

#: For data that are named by a path, an example of it.
EXAMPLES = {"folder": f"{FOLDER}photos"}

#: One choice: its name, a sentence about it, and more where a form needs it.
Offer = dict[str, Any]


class Choices(NamedTuple):
    """What the form offers, by its fields. `defaults` has the set-up that suits each data set."""

    data: list[Offer]
    losses: list[Offer]
    penalties: list[Offer]
    optimizers: list[Offer]
    noises: list[Offer]
    models: list[Offer]
    layer_types: list[Offer]
    activations: list[Offer]
    starts: list[Offer]
    defaults: dict[str, Offer]


def choices(session: SessionLike) -> dict[str, Any]:
    """All that a set-up can be made of: see `Choices`."""
    found = Choices(
        data=[data_set(name) for name in words.DATA],
        losses=described(losses.GAN_LOSSES, words.LOSSES),
        penalties=described(("", *penalties.PENALTIES), words.PENALTIES),
        optimizers=described(optimizers.OPTIMIZERS, words.OPTIMIZERS),
        noises=described(models.NOISE_KINDS, words.NOISES),
        models=described(MODELS, words.MODELS),
        layer_types=[layer_type(kind) for kind in TYPES],
        activations=described(ACTIVATION_NAMES, words.ACTIVATIONS),
        starts=[start(name) for name in STARTS],
        defaults={name: suited(EXAMPLES.get(name, name)).plain() for name in words.DATA},
    )
    return found._asdict()


def data_set(name: str) -> Offer:
    """A data set, with the networks that make such data."""
    title, kind, shape, text = words.DATA[name]
    return {"name": name, "title": title, "kind": kind, "text": text, "models": models_for(shape)}


def layer_type(kind: str) -> Offer:
    """A type of layer, with the settings that a form shows."""
    return {"type": kind, "text": TYPES[kind], "settings": [item._asdict() for item in settings_of_type(kind)]}


def start(name: str) -> Offer:
    """A trained start, with its whole set-up."""
    known = STARTS[name]
    return {"name": name, "title": known.title, "text": known.text, "setup": chosen({"start": name}).plain()}


def described(names: Iterable[str], texts: Mapping[str, str]) -> list[Offer]:
    """Names in their order, each with its sentence."""
    return [{"name": name, "text": texts[name]} for name in names]
