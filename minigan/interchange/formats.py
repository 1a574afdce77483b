"""The file formats, by name and by suffix."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minigan.errors import ConfigError
from minigan.interchange.arrays import ArrayFile
from minigan.interchange.keras_file import dump_keras, open_keras
from minigan.interchange.keras_network import keras_entries, keras_source
from minigan.interchange.layout import Entry, entry
from minigan.interchange.pytorch_network import pytorch_source, pytorch_source_safetensors
from minigan.interchange.pytorch_state import pytorch_entries
from minigan.interchange.safetensors_file import dump_safetensors, open_safetensors
from minigan.interchange.torch_file import dump_torch, open_torch
from minigan.model.sequential import Sequential

__all__ = ["FORMATS", "ONNX", "Format", "format_of", "suffix_of", "suffixes_of"]

#: The format that holds a whole network, not only weights; minigan writes it, but does not read it.
ONNX = "onnx"


@dataclass(frozen=True)
class Format:
    """A file format of weights.

    Attributes
    ----------
    suffixes : tuple of str
        Endings of file names; new files get the first.
    entries : callable
        The name of each parameter of a network in the file, and the order of its axes.
    open, dump : callable
        The first reads a file, the second makes the bytes of one.
    source : callable or None
        Writes a program that makes the network in the library that the format belongs to; it takes the network, the
        file of its weights, and facts to keep.
    epsilon : float or None
        What the library's normalizations add to a variance unless they are given another number: a file of weights
        does not say which one it was.
    """

    suffixes: tuple[str, ...]
    entries: Callable[[Sequential], list[Entry]]
    open: Callable[[Path], AbstractContextManager[ArrayFile]]
    dump: Callable[[Mapping[str, np.ndarray], Mapping[str, str]], bytes]
    source: Callable[[Sequential, str | Path, Mapping[str, str]], str] | None = None
    epsilon: float | None = None


def own_entries(network: Sequential) -> list[Entry]:
    """All parameters unchanged, under minigan's own names: ``conv2d_1.kernel``."""
    return [entry(layer, name, f"{layer.name}.{name}") for layer in network for name in layer.parameters]


#: The formats of weights by name. Where a suffix belongs to two formats, it means the first.
FORMATS: dict[str, Format] = {
    "safetensors": Format((".safetensors",), own_entries, open_safetensors, dump_safetensors),
    "keras": Format((".weights.h5", ".h5"), keras_entries, open_keras, dump_keras, keras_source, 1e-3),
    "pytorch": Format((".pt", ".pth"), pytorch_entries, open_torch, dump_torch, pytorch_source, 1e-5),
    "pytorch-safetensors": Format(
        (".safetensors",), pytorch_entries, open_safetensors, dump_safetensors, pytorch_source_safetensors, 1e-5
    ),
}


def format_of(path: Path, name: str | None, onnx: bool = False) -> str:
    """The format of this name or, without one, that of the file's suffix.

    Parameters
    ----------
    path : Path
    name : str, optional
    onnx : bool
        Whether ONNX is allowed.

    Raises
    ------
    ConfigError
        There is no such format, or no format has the suffix.
    """
    known = suffixes_of(onnx)
    if name is not None:
        return checked(name, known)
    for name, suffixes in known.items():
        if path.name.lower().endswith(suffixes):
            return name
    endings = ", ".join(dict.fromkeys(suffix for group in known.values() for suffix in group))
    raise ConfigError(f"expected a file name that ends with one of {endings}, or --format, got {path}")


def suffix_of(name: str | None) -> str:
    """The suffix of a new file of the format; without a name, of the first format.

    Raises
    ------
    ConfigError
        There is no such format.
    """
    known = suffixes_of(onnx=True)
    return known[checked(name or next(iter(known)), known)][0]


def suffixes_of(onnx: bool) -> dict[str, tuple[str, ...]]:
    """The suffixes of all formats, with or without ONNX."""
    return {name: item.suffixes for name, item in FORMATS.items()} | ({ONNX: (".onnx",)} if onnx else {})


def checked(name: str, known: Mapping[str, tuple[str, ...]]) -> str:
    """The name, if it is that of a format."""
    if name not in known:
        raise ConfigError(f"unknown format {name!r}: expected one of {', '.join(known)}")
    return name
