"""Which class explains the passes of which layer."""

from collections.abc import Callable
from typing import TypeVar

from minigan.errors import ConfigError
from minigan.explaining.explainer import Explainer
from minigan.layers import Layer

__all__ = ["explainer_of", "explains"]

E = TypeVar("E", bound=type[Explainer])

#: The class that explains each class of layers; the files of this room fill it by `explains`.
EXPLAINERS: dict[type[Layer], type[Explainer]] = {}


def explains(*layers: type[Layer]) -> Callable[[E], E]:
    """A decorator: the class explains the passes of these layers."""

    def register(explainer: E) -> E:
        EXPLAINERS.update(dict.fromkeys(layers, explainer))
        return explainer

    return register


def explainer_of(layer: Layer) -> type[Explainer]:
    """The class that explains the passes of a layer.

    Raises
    ------
    ConfigError
        There is none: the message names the layers that have one. A class that is derived from one of them has a
        formula of its own, and counts as another layer.
    """
    if type(layer) not in EXPLAINERS:
        names = ", ".join(sorted(known.__name__ for known in EXPLAINERS))
        got = layer.title if isinstance(layer, Layer) else repr(layer)
        raise ConfigError(f"expected a layer that can be explained, one of {names}, got {got}")
    return EXPLAINERS[type(layer)]
