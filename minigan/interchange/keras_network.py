"""A network as a model of Keras, and the places of its weights in Keras's files.

In a file of weights Keras names a layer by its class and its number among the layers of its class, not by its own
name: ``layers/conv2d_1/vars/0``.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from minigan import layers
from minigan.interchange.keras_classes import CLASSES
from minigan.interchange.keras_layers import LIBRARY, KerasLayer
from minigan.interchange.keras_layers import WRITERS as IN_A_ROW
from minigan.interchange.layout import Entry, entry
from minigan.interchange.program import call, classes_in, comments
from minigan.interchange.settings import hand_over
from minigan.layers import Layer
from minigan.layers.base import snake_case
from minigan.model.sequential import Sequential

__all__ = ["WRITERS", "keras_entries", "keras_source"]

#: What a residual block begins with, which is no layer of Keras: the value at this place is kept ...
KEEP = KerasLayer("keep")

#: ... and what it ends with: the value is added to the one that was kept last.
ADD = KerasLayer("Add")


def keras_entries(network: Sequential) -> list[Entry]:
    """Where every parameter of the network lies in a file that Keras writes of the same layers.

    Raises
    ------
    ConfigError
        A layer or a setting is none of Keras's.
    """
    counts: Counter[str] = Counter()
    entries = []
    for layer in network:
        for made in counterparts(layer):
            stem = snake_case(made.kind)
            place = f"layers/{stem}_{counts[stem]}" if counts[stem] else f"layers/{stem}"
            counts[stem] += 1
            entries += [
                entry(layer, name, f"{place}/vars/{index}", permutation)
                for index, (name, permutation) in enumerate(made.variables)
            ]
    return entries


def keras_source(network: Sequential, file: str | Path, facts: Mapping[str, str]) -> str:
    """A Python program that makes the same network in Keras 3, and says how to load its weights from a file.

    Raises
    ------
    ConfigError
        A layer or a setting is none of Keras's.
    """
    # A Sequential of an Input alone cannot be called.
    made = [item for layer in network for item in counterparts(layer)] or [KerasLayer("Identity")]
    write = branched if KEEP in made else in_a_row
    return (
        f"{comments(facts)}import keras\nfrom keras import layers\n"
        f"{classes_in([item.code for item in made], CLASSES)}\n"
        f"{write(call('keras.Input', network.input_shape), made)}"
        f"# model.load_weights({str(file)!r})\n"
    )


def in_a_row(start: str, made: Sequence[KerasLayer]) -> str:
    """The lines of a Sequential that begins with the input `start`."""
    body = "".join(f"        {line},\n" for line in (start, *(item.code for item in made)))
    return f"model = keras.Sequential(\n    [\n{body}    ]\n)\n"


def branched(start: str, made: Sequence[KerasLayer]) -> str:
    """The lines of a Model, layer after layer, which keeps the values that are added later."""
    lines, kept = [f"inputs = x = {start}"], []
    for item in made:
        if item is KEEP:
            kept.append(f"kept_{len(lines)}")
            lines.append(f"{kept[-1]} = x")
        elif item is ADD:
            lines.append(f"x = {item.code}([{kept.pop()}, x])")
        else:
            lines.append(f"x = {item.code}(x)")
    return "".join(f"{line}\n" for line in (*lines, "model = keras.Model(inputs, x)"))


def counterparts(layer: Layer) -> list[KerasLayer]:
    """The layers of Keras that stand for ours, and for its activation."""
    made = hand_over(WRITERS, LIBRARY, layer)
    activation = getattr(layer, "activation", None)
    return made + counterparts(activation) if isinstance(activation, Layer) else made


def residual(layer: layers.Residual, *, layers: list[Layer]) -> list[KerasLayer]:
    """The counterparts of its layers between `KEEP` and `ADD`; their variables are the block's own parameters."""
    inside = [
        item._replace(variables=tuple((f"{part.name}.{name}", order) for name, order in item.variables))
        if item.variables
        else item
        for part in layers
        for item in counterparts(part)
    ]
    return [KEEP, *inside, ADD]


#: What makes the layers of Keras for each class of layers.
WRITERS: dict[type[Layer], Callable[..., list[KerasLayer]]] = {**IN_A_ROW, layers.Residual: residual}
