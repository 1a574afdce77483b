"""Copies of layers that have other parameters: for passes side by side, and to compute a pass again later."""

from typing import Any

from minigan.layers.base import Layer
from minigan.layers.parameter import Parameter

__all__ = ["frozen", "with_parameters"]

#: What may have parameters in it.
COMPOUND = (Parameter, Layer, list, dict)


def with_parameters(thing: Any, parameters: dict[Parameter, Parameter], copies: dict[Layer, Layer]) -> Any:
    """`thing` with other parameters in it: of layers that have any a copy, of all else the thing itself."""
    if isinstance(thing, Parameter):
        return parameters.get(thing, thing)
    if isinstance(thing, list):
        return [with_parameters(item, parameters, copies) for item in thing]
    if isinstance(thing, dict):
        return {name: with_parameters(item, parameters, copies) for name, item in thing.items()}
    if not isinstance(thing, Layer) or not thing.parameters:
        return thing
    if thing not in copies:
        copies[thing] = other = object.__new__(type(thing))
        for name, value in vars(thing).items():
            changed = with_parameters(value, parameters, copies) if isinstance(value, COMPOUND) else value
            other.__dict__[name] = changed
    return copies[thing]


def frozen(layer: Layer, dtype: Any = None) -> Layer:
    """A copy of a built layer as it is now, with gradients of 0: no later update of the layer reaches it.

    Caches of the layer fit the copy, too. With `dtype` the values are converted; then run the copy's own forward.
    """
    copies = {}
    for parameter in layer.parameters.values():
        copies[parameter] = Parameter(parameter.data.astype(dtype or parameter.data.dtype), parameter.trainable)
        copies[parameter].version = parameter.version
    frozen_layer: Layer = with_parameters(layer, copies, {})
    return frozen_layer
