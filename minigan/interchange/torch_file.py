"""Files of ``torch.save`` that hold a state dict.

Such a file is a zip archive of a pickle with names and shapes, and of the raw arrays. PyTorch reads it with
``weights_only=True``: its unpickler then makes tensors and plain containers only, and refuses everything else. Before
that the archive is checked: nothing in it may be compressed, so that it cannot hold more than its size; and all
checksums must be right.
"""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from minigan.errors import CheckpointError
from minigan.interchange.arrays import ArrayFile, Header, plain, reading
from minigan.interchange.optional_imports import need

__all__ = ["dump_torch", "open_torch"]


@contextmanager
def open_torch(path: Path) -> Iterator[ArrayFile]:
    """The state dict's headers, in its own order, and its arrays."""
    torch = need("torch", f"reading {path}")
    with reading(path):
        check_archive(path)
        # Mapped, not read: an array takes memory only when it is read.
        state = torch.load(str(path), map_location="cpu", weights_only=True, mmap=True)
        headers = {name: header(torch, path, name, value) for name, value in named(path, state)}
        yield ArrayFile(headers, lambda name: state[name].detach().contiguous().numpy().copy())


def check_archive(path: Path) -> None:
    """Refuse a file that is no zip archive, is compressed, or is damaged."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("holds compressed members, which torch.save does not write")
        if sum(member.file_size for member in members) > path.stat().st_size:
            raise ValueError("claims more than it holds")
        damaged = archive.testzip()
        if damaged is not None:
            raise ValueError(f"checksum of {plain(damaged)} is wrong")


def named(path: Path, state: Any) -> Iterator[tuple[str, Any]]:
    """The names and values of a state dict."""
    if not isinstance(state, Mapping):
        raise CheckpointError(f"{path}: expected a state dict, got a {type(state).__name__}")
    for name, value in state.items():
        if not isinstance(name, str):
            raise CheckpointError(f"{path}: expected a state dict of names, got a {type(name).__name__} for one")
        yield name, value


def header(torch: Any, path: Path, name: str, value: Any) -> Header:
    """Shape and dtype of a tensor that is stored in the file as an ordinary array."""
    if not isinstance(value, torch.Tensor):
        raise CheckpointError(
            f"{path}: expected a tensor for {plain(name)}, got a {type(value).__name__}: save model.state_dict() alone"
        )
    if value.layout != torch.strided or value.device.type != "cpu" or value.is_quantized:
        raise CheckpointError(f"{path}: expected a plain tensor for {plain(name)}, got {value.layout} {value.device}")
    return Header(tuple(value.shape), str(value.dtype).removeprefix("torch."))


def dump_torch(arrays: Mapping[str, np.ndarray], facts: Mapping[str, str]) -> bytes:
    """The bytes of a file with this state dict; the format has no place for facts."""
    torch = need("torch", "the format pytorch")
    file = BytesIO()
    torch.save({name: torch.from_numpy(array) for name, array in arrays.items()}, file)
    return file.getvalue()
