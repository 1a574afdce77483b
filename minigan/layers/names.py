"""The names of layers in a row, by which their weights are found."""

from collections.abc import Sequence

from minigan.errors import ConfigError
from minigan.layers.base import Layer

__all__ = ["name_layers"]


def name_layers(where: str, layers: Sequence[Layer]) -> None:
    """Number layers of equal names, as Keras does: conv2d, conv2d_1, conv2d_2.

    Raises
    ------
    ConfigError
        Something is no layer; a layer is there twice; two layers were given the same name.
    """
    for layer in layers:
        if not isinstance(layer, Layer):
            raise ConfigError(f"{where}: expected layers, got {layer!r}")
    if len({id(layer) for layer in layers}) < len(layers):
        raise ConfigError(f"{where}: a layer stands twice in it; every place needs a layer of its own")
    taken: set[str] = {layer.name for layer in layers if layer.named}
    if len(taken) < sum(layer.named for layer in layers):
        raise ConfigError(f"{where}: two layers were given the same name")
    for layer in layers:
        if layer.named:
            continue
        stem, number = layer.name, 0
        while layer.name in taken:
            number += 1
            layer.name = f"{stem}_{number}"
        taken.add(layer.name)
