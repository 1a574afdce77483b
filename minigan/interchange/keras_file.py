"""Keras 3's files of weights: HDF5 with one group a layer.

::

    layers/conv2d/vars/0          the kernel
    layers/conv2d/vars/1          the bias
    layers/batch_normalization/vars/0 ...

HDF5 can do much more: a name can be a link into another file; an array can be compressed, or stored in another file.
Keras writes none of these, and this reader refuses them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from minigan.interchange.arrays import ArrayFile, Header, plain, reading
from minigan.interchange.optional_imports import need

__all__ = ["dump_keras", "open_keras"]


@contextmanager
def open_keras(path: Path) -> Iterator[ArrayFile]:
    """The headers of all layers' variables, and their arrays; the optimizer's variables are left out."""
    h5py = need("h5py", f"reading {path}")
    with reading(path), h5py.File(path, "r") as file:
        datasets = {}
        layers = child(h5py, file, "layers")
        for layer in layers:
            group = child(h5py, layers, layer)
            variables = child(h5py, group, "vars") if "vars" in group else {}
            for number in variables:
                datasets[f"layers/{layer}/vars/{number}"] = child(h5py, variables, number)
        headers = {name: header(h5py, name, dataset) for name, dataset in datasets.items()}
        yield ArrayFile(headers, lambda name: datasets[name][...])


def child(h5py: Any, group: Any, name: str) -> Any:
    """The member of the group with this name, which must not be a link to another place."""
    link = group.get(name, getlink=True)
    if link is None:
        raise KeyError(f"holds no {plain(name)}: expected what model.save_weights of Keras 3 writes")
    if not isinstance(link, h5py.HardLink):
        raise ValueError(f"{plain(name)} is a link to another place")
    return group[name]


def header(h5py: Any, name: str, dataset: Any) -> Header:
    """Shape and dtype of an array that is stored in the file, whole and uncompressed."""
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"{plain(name)} is no array")
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"{plain(name)} is stored in another file")
    if dataset.chunks is not None or dataset.id.get_storage_size() != dataset.dtype.itemsize * prod(dataset.shape):
        raise ValueError(f"{plain(name)} is compressed or not whole")
    return Header(dataset.shape, str(dataset.dtype))


def dump_keras(arrays: Mapping[str, np.ndarray], facts: Mapping[str, str]) -> bytes:
    """The bytes of a file with these arrays, whose names are paths in it; `facts` are not kept, as in Keras itself."""
    h5py = need("h5py", "the format keras")
    content = BytesIO()
    with h5py.File(content, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array)
    return content.getvalue()
