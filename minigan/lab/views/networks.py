"""The layers of the two networks as plain values."""

from typing import Any

from minigan.lab.layer_specs import settings_text, spec_of
from minigan.layers import Layer
from minigan.model.sequential import Sequential
from minigan.models import GAN

__all__ = ["networks_of"]


def networks_of(gan: GAN) -> dict[str, list[dict[str, Any]]]:
    """The layers of G and of D, in order."""
    return {"generator": rows_of(gan.generator), "discriminator": rows_of(gan.discriminator)}


def rows_of(network: Sequential) -> list[dict[str, Any]]:
    return [row_of(index, layer) for index, layer in enumerate(network.layers)]


def row_of(index: int, layer: Layer) -> dict[str, Any]:
    """A layer: where it is, what it is, its settings, its shapes and its number of parameters."""
    return {
        "index": index,
        "name": layer.name,
        "type": type(layer).__name__,
        "settings": settings_text(spec := spec_of(layer)),
        "spec": spec,
        "input_shape": layer.input_shape,
        "output_shape": layer.output_shape,
        "parameters": sum(parameter.data.size for parameter in layer.parameters.values()),
    }
