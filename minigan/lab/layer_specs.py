"""Layers as plain values, which a page can show and edit: ``{"type": "Dense", "units": 32, "activation": "relu"}``."""

from collections.abc import Sequence
from typing import Any

from minigan import layers
from minigan.errors import ConfigError
from minigan.layers import Layer

__all__ = ["layers_of"]

#: The layers that a network of the lab may have.
TYPES = (
    "Dense",
    "Conv2D",
    "Conv2DTranspose",
    "UpSampling2D",
    "BatchNorm",
    "LayerNorm",
    "ReLU",
    "LeakyReLU",
    "Tanh",
    "Sigmoid",
    "Dropout",
    "MaxPooling2D",
    "AveragePooling2D",
    "Maxout",
    "Flatten",
    "Reshape",
)


def layers_of(specs: Sequence[dict[str, Any]]) -> list[Layer]:
    """The layers, not built yet."""
    return [layer_of(spec) for spec in specs]


def layer_of(spec: dict[str, Any]) -> Layer:
    """One layer."""
    settings = dict(spec)
    kind = settings.pop("type", None)
    if kind not in TYPES:
        raise ConfigError(f"layer: expected one of {', '.join(TYPES)}, got {kind!r}")
    try:
        return getattr(layers, kind)(**settings)
    except TypeError as error:
        raise ConfigError(f"{kind}: {error}") from None
