"""The names of a network's weights in PyTorch: those of a state dict of the same `torch.nn.Sequential`.

A state dict names a weight by its module's place and its role: ``4.weight``.
"""

import logging
from collections import Counter
from collections.abc import Sequence

import numpy as np

from minigan.errors import CheckpointError
from minigan.interchange.arrays import Header, plain, shown
from minigan.interchange.layout import Entry, entry
from minigan.interchange.pytorch_network import modules
from minigan.model.sequential import Sequential

__all__ = ["COUNTER", "counters", "pytorch_entries", "pytorch_names"]

#: The batches that PyTorch's BatchNorm has seen. It is not read, unless the layer has no momentum.
COUNTER = "num_batches_tracked"


def pytorch_entries(network: Sequential) -> list[Entry]:
    """The name of every parameter in the state dict of the network's counterpart, and the order of its axes.

    Raises
    ------
    ConfigError
        A layer has no counterpart.
    """
    return [
        entry(layer, ours, f"{place}.{theirs}", permutation)
        for place, (layer, module) in enumerate(modules(network.layers))
        for ours, theirs, permutation in module.weights
    ]


def counters(names: Sequence[str]) -> dict[str, np.ndarray]:
    """The counters of BatchNorm's modules, set to 0, by name; found by the names of all weights."""
    stems = [name.removesuffix("running_mean") for name in names if name.endswith(".running_mean")]
    return {stem + COUNTER: np.zeros((), np.int64) for stem in stems}


def pytorch_names(headers: dict[str, Header], entries: Sequence[Entry], path: object) -> dict[str, str]:
    """The name in a file of each expected weight, by the expected name.

    Where not all names are those of a Sequential, modules are taken in the order of the file, as a user's own module
    lists them: ``conv1.weight, conv1.bias, norm1.weight ...``. Shapes are not checked here; but modules of the same
    shapes are logged as a warning, since a wrong order of them cannot be noticed.

    Raises
    ------
    CheckpointError
        There are more or fewer modules with weights, or one has weights of other names.
    """
    found = [name for name in headers if not name.endswith(COUNTER)]
    expected = [item.theirs for item in entries]
    if set(found) == set(expected):
        return {name: name for name in expected}
    ours, theirs = by_module(expected), by_module(found)
    if len(ours) != len(theirs):
        raise CheckpointError(
            f"{path} does not fit: expected {len(ours)} modules with weights, got {len(theirs)}: {shown(theirs)}"
        )
    for (_, wanted), (module, got) in zip(ours.items(), theirs.items()):
        if set(wanted) != set(got):
            raise CheckpointError(
                f"{path} does not fit: expected {', '.join(wanted)} in {plain(module)}, which should be minigan's "
                f"{entries[expected.index(next(iter(wanted.values())))].ours.rpartition('.')[0]}, got {shown(got)}"
            )
    note_order(headers, ours, theirs, entries, path)
    pairs = zip(ours.values(), theirs.values())
    return {wanted[role]: got[role] for wanted, got in pairs for role in wanted}


def note_order(
    headers: dict[str, Header],
    ours: dict[str, dict[str, str]],
    theirs: dict[str, dict[str, str]],
    entries: Sequence[Entry],
    path: object,
) -> None:
    """Log which layers get which modules where any two of the modules could be exchanged."""
    layer_of = {item.theirs.rpartition(".")[0]: item.ours.rpartition(".")[0] for item in entries}
    shapes = {
        module: tuple(sorted((role, headers[name].shape) for role, name in roles.items()))
        for module, roles in theirs.items()
    }
    counts = Counter(shapes.values())
    alike = [
        f"{plain(module)} to {layer_of[place]}" for place, module in zip(ours, theirs) if counts[shapes[module]] > 1
    ]
    if alike:
        logging.getLogger("minigan").warning(
            f"{path} has modules of the same shapes, which are taken in the order of the file: {shown(alike)}; "
            "where your forward calls them in another order, define them in that order"
        )


def by_module(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The names of the weights of each module, by their roles."""
    grouped: dict[str, dict[str, str]] = {}
    for name in names:
        module, _, role = name.rpartition(".")
        grouped.setdefault(module, {})[role] = name
    return grouped
