"""Weights of one network, to a file and back."""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minigan.errors import ConfigError
from minigan.interchange.arrays import ArrayFile, select
from minigan.interchange.formats import FORMATS, format_of, suffix_of
from minigan.interchange.layout import Entry, to_theirs
from minigan.interchange.pytorch_state import COUNTER, counters, pytorch_names
from minigan.io.atomic_write import write_pieces
from minigan.io.messages import listed
from minigan.io.targets import explained
from minigan.layers.residual import every_layer
from minigan.model.sequential import Sequential

__all__ = ["export_weights", "import_weights", "source", "write"]


def export_weights(
    network: Sequential, path: str | Path, format: str | None = None, facts: Mapping[str, str] | None = None
) -> Path:
    """Write a network's weights, moving averages included, for another library.

    Parameters
    ----------
    network : Sequential
        Built, in float32.
    path : path
        An existing file is replaced when the new one is complete.
    format : str, optional
        One of ``safetensors, keras, pytorch, pytorch-safetensors``; default: by the suffix.
    facts : mapping, optional
        Texts to keep with the weights, where the format has a place for them.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    ConfigError
        The format is unknown, its package is not installed, it has no place for a layer or a setting, or its library
        does not read files of this name.
    RunError
        The file cannot be written.

    Examples
    --------
    >>> import minigan as mg
    >>> gan = mg.models.build("mlp2d")
    >>> export_weights(gan.generator, "points.onnx")
    Traceback (most recent call last):
    ...
    minigan.errors.ConfigError: expected a file name that ends with one of .safetensors, ... got points.onnx
    """
    path = Path(path)
    chosen = format_of(path, format)
    kind = FORMATS[chosen]
    if chosen == "keras" and not path.name.endswith(suffix_of(chosen)):
        raise ConfigError(f"expected a file name that ends with .weights.h5, as Keras needs it to read it, got {path}")
    arrays = to_theirs(network.state_dict(), kind.entries(network))
    if chosen.startswith("pytorch"):
        arrays |= counters(list(arrays))
    write(path, kind.dump(arrays, facts or {}))
    return path


def import_weights(network: Sequential, path: str | Path, format: str | None = None) -> None:
    """Replace a network's weights by those of a file; none is replaced unless all fit.

    Names, shapes and dtypes are compared before an array is read: a file that claims to be huge takes no memory.

    A file of weights holds no settings. Two things that it leaves open are logged as warnings: the epsilon of the
    normalizations, where the network's is not the other library's default; and which module of a PyTorch file belongs
    to which layer, where several of other names have the same shapes.

    Parameters
    ----------
    network : Sequential
        Built, in float32.
    path : path
    format : str, optional
        As in `export_weights`. A safetensors file may have minigan's names or PyTorch's: the names decide.

    Raises
    ------
    ConfigError
        The format is unknown, its package is not installed, or it has no place for a layer.
    CheckpointError
        The file is missing or damaged, holds a NaN, or does not fit the network.
    """
    network.load_state_dict(read_state(network, Path(path), format))


def note_epsilon(network: Sequential, path: Path, usual: float | None) -> None:
    """Log the normalizations whose epsilon is not the usual one of the library that the file comes from."""
    epsilons = {layer: getattr(layer, "epsilon", usual) for layer in every_layer(network)}
    others = [layer for layer, epsilon in epsilons.items() if epsilon != usual]
    if usual is not None and others:
        first = others[0]
        logging.getLogger("minigan").warning(
            f"{path} does not say the epsilon of its normalizations: here {listed([layer.name for layer in others])} "
            f"have {epsilons[first]:g}, the default there is {usual:g}; where the other network used that, make "
            f"{first.title} with epsilon={usual:g}, or the outputs differ"
        )


def read_state(network: Sequential, path: Path, format: str | None) -> dict[str, np.ndarray]:
    """Read a state for the network from a file."""
    chosen = format_of(path, format)
    with FORMATS[chosen].open(path) as file:
        if format is None and chosen == "safetensors" and is_pytorch(file):
            chosen = "pytorch-safetensors"
        entries = FORMATS[chosen].entries(network)
        if chosen.startswith("pytorch"):
            file = renamed(file, entries, path)
        state = select(path, file, entries)
    note_epsilon(network, path, FORMATS[chosen].epsilon)
    return state


def is_pytorch(file: ArrayFile) -> bool:
    """Whether all names are PyTorch's; of these roles minigan uses only "bias"."""
    roles = {name.rpartition(".")[2] for name in file.headers}
    return "weight" in roles and roles <= {"weight", "bias", "running_mean", "running_var", COUNTER}


def renamed(file: ArrayFile, entries: list[Entry], path: Path) -> ArrayFile:
    """The same file under the names that a Sequential would give."""
    names = pytorch_names(file.headers, entries, path)
    return ArrayFile(
        {name: file.headers[theirs] for name, theirs in names.items()}, lambda name: file.read(names[name])
    )


def source(
    network: Sequential, format: str, file: str | Path | None = None, facts: Mapping[str, str] | None = None
) -> str:
    """A Python program that makes the same network in PyTorch or Keras, with the names of the format.

    Parameters
    ----------
    network : Sequential
        Built.
    format : str
        One of ``keras, pytorch, pytorch-safetensors``.
    file : path, optional
        The file of the network's weights, which the program's last lines name; default ``weights`` with the format's
        suffix.
    facts : mapping, optional
        Texts that begin the program as comments, such as the distribution of the noise.

    Raises
    ------
    ConfigError
        The format belongs to no library, or the library has no such layer or setting.
    """
    make = FORMATS[format].source if format in FORMATS else None
    if make is None:
        kinds = ", ".join(name for name, kind in FORMATS.items() if kind.source)
        raise ConfigError(f"expected one of {kinds} for a program (--format, --code), got {format}")
    return make(network, f"weights{suffix_of(format)}" if file is None else file, facts or {})


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all.

    Raises
    ------
    RunError
        They cannot be written.
    """
    with explained(path):
        write_pieces(path, [content])
