"""The output of a network for any number of inputs."""

from typing import Any

from minigan.backend import Array, array_module
from minigan.errors import ConfigError, ShapeError
from minigan.layers.base import Context
from minigan.layers.checks import check_array
from minigan.model.network import Network
from minigan.numbers import whole

__all__ = ["predict"]


def predict(network: Network, x: Array, batch_size: int, labels: Array | None) -> Array:
    """The output in inference mode, `batch_size` inputs at a time: see `minigan.Sequential.predict`."""
    check_array(network.name, "x", x)
    for step in network.steps[:1]:
        step.check_input(x)
    size = checked_size(network, batch_size)
    if labels is not None:
        check_array(network.name, "labels", labels, "int64")
        if labels.shape != x.shape[:1]:
            raise ShapeError(
                f"{network.name}: expected labels ({len(x)},), one for each input, got an array of shape {labels.shape}"
            )
    if not len(x):
        return array_module(x).empty((0, *network.output_shape), x.dtype)
    parts = []
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        parts.append(network.forward(x[part], Context(labels=None if labels is None else labels[part]))[0])
    return array_module(x).concatenate(parts)


def checked_size(network: Network, batch_size: Any) -> int:
    """The number of inputs at a time, as Python's own number."""
    size = whole(batch_size)
    if size is None or size < 1:
        raise ConfigError(f"{network.name}: expected batch_size to be a whole number of at least 1, got {batch_size!r}")
    return size
