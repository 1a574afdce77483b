"""Inside a layer: all its arrays in one pass of the recorded round, its formula and its own code."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from minigan.errors import ConfigError
from minigan.explaining.registry import explainer_of
from minigan.lab.session_like import SessionLike
from minigan.lab.views.arrays import Shown, cut
from minigan.lab.views.code import methods_of
from minigan.lab.views.formulas import formula
from minigan.lab.views.layer_texts import ARRAY_TEXTS, text_of
from minigan.lab.views.options import choice_option, count_option
from minigan.lab.views.stations import recording_of
from minigan.lab.watching import LayerPass
from minigan.layers import Dropout, GaussianNoise

__all__ = ["layer", "layer_arrays", "layer_at", "quantities_of", "slice_of_layer"]


def layer_arrays(found: LayerPass) -> dict[str, Shown]:
    """All arrays of a layer in a pass, by name, in the order in which they are made."""
    arrays = [shown("x", found.x), *parameters(found), shown("y", found.y), *cache_arrays(found)]
    for name in ("x_dot", "y_dot", "dy", "dx"):
        value = getattr(found, name)
        if value is not None:
            arrays.append(shown(name, value))
    for name, gradient in found.gradients.items():
        arrays.append(Shown(f"d{name}", f"the gradient of {name} by this pass alone", gradient))
    return {item.name: item for item in arrays}


def shown(name: str, values: Any, batch: bool = True) -> Shown:
    """An array with its text."""
    other = "kept by the forward" if name.startswith("cache.") else "a parameter"
    return Shown(name, ARRAY_TEXTS.get(name, other), values, batch)


def parameters(found: LayerPass) -> Iterator[Shown]:
    """The parameters as they were."""
    for name, parameter in found.layer.parameters.items():
        yield shown(name, parameter.data, batch=False)


def cache_arrays(found: LayerPass) -> Iterator[Shown]:
    """What the forward kept for the backward."""
    if isinstance(found.layer, Dropout) and found.cache.bits is not None:
        mask = np.unpackbits(found.cache.bits, count=found.x.size, bitorder="little").reshape(found.x.shape)
        yield shown("cache.mask", mask)
        return
    for name, value in fields_of("cache", found.cache):
        yield shown(name, value, batch=value.ndim > 1 and len(value) == len(found.x))


def fields_of(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The arrays in a cache, with the caches inside of it."""
    if isinstance(value, tuple):
        names = getattr(value, "_fields", range(len(value)))
        for field, item in zip(names, value):
            if field != "stamp":
                yield from fields_of(f"{name}.{field}", item)
    elif hasattr(value, "ndim"):
        yield name, value


def quantities_of(found: LayerPass) -> list[str]:
    """What can be explained number by number; nothing of a layer that has no explanation."""
    try:
        explainer_of(found.layer)
    except ConfigError:
        return []
    # The noise that was added is not kept, and the numbers in float64 are others.
    forward = [] if isinstance(found.layer, GaussianNoise) else ["y"]
    backward = [] if found.dy is None else ["dx"]
    return [*forward, *backward, *(f"d{name}" for name in found.gradients if found.reverse is None)]


def layer(session: SessionLike, pass_: str, layer: int) -> dict[str, Any]:
    """A layer in a pass: what it does, its formula, its source, its arrays, and what of it can be explained."""
    found = layer_at(session, pass_, layer)
    kind = type(found.layer)
    inherited = next((base for base in kind.__mro__ if "forward" in vars(base)), kind)
    return {
        "title": found.layer.name,
        "type": kind.__name__,
        "text": text_of(found.layer),
        "formula": formula(kind.__name__),
        "source": methods_of(kind) or methods_of(inherited),
        "shared": methods_of(inherited) if inherited is not kind and methods_of(kind) else None,
        "arrays": [{**item.description(), "values": item.whole()} for item in layer_arrays(found).values()],
        "quantities": quantities_of(found),
    }


def slice_of_layer(
    session: SessionLike,
    pass_: str,
    layer: int,
    name: str,
    example: int | None = 0,
    channel: int = 0,
    input: int = 0,
    row: int = 0,
    column: int = 0,
) -> dict[str, Any]:
    """One array of a layer as a heat map: see `minigan.lab.views.arrays.cut`."""
    arrays = layer_arrays(layer_at(session, pass_, layer))
    found = arrays[choice_option("name", name, arrays)]
    return {"name": name, "text": found.text, **cut(found, example, channel, input, row, column)}


def layer_at(session: SessionLike, pass_id: str, layer: int) -> LayerPass:
    """A layer in a pass of the recorded round, refused where there is none."""
    passes = recording_of(session).passes
    layers = passes[choice_option("pass", pass_id, passes)].layers
    return layers[count_option("layer", layer, 0, len(layers) - 1)]
