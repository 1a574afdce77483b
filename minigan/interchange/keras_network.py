"""A network as a Sequential of Keras, and the places of its weights in Keras's files.

In a file of weights Keras names a layer by its class and its number among the layers of its class, not by its own
name: ``layers/conv2d_1/vars/0``.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from minigan.interchange.keras_layers import CLASSES, LIBRARY, WRITERS, KerasLayer
from minigan.interchange.layout import Entry, entry
from minigan.interchange.program import call, classes_in, comments
from minigan.interchange.settings import hand_over
from minigan.layers import Layer
from minigan.layers.base import snake_case
from minigan.model.sequential import Sequential

__all__ = ["keras_entries", "keras_source"]


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
    lines = [made.code for layer in network for made in counterparts(layer)] or ["layers.Identity()"]
    body = "".join(f"        {line},\n" for line in [call("keras.Input", network.input_shape), *lines])
    return (
        f"{comments(facts)}import keras\nfrom keras import layers\n{classes_in(lines, CLASSES)}\n"
        f"model = keras.Sequential(\n    [\n{body}    ]\n)\n"
        f"# model.load_weights({str(file)!r})\n"
    )


def counterparts(layer: Layer) -> list[KerasLayer]:
    """The layers of Keras that stand for ours, and for its activation."""
    made = hand_over(WRITERS, LIBRARY, layer)
    activation = getattr(layer, "activation", None)
    return made + counterparts(activation) if isinstance(activation, Layer) else made
