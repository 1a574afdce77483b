"""The sizes of networks, for tests of their builders."""

from itertools import pairwise

from minigan.model.sequential import Sequential


def counts(network: Sequential) -> tuple[int, int]:
    """Trainable and other values."""
    sizes = [(p.trainable, p.data.size) for p in network.parameters().values()]
    return sum(size for trainable, size in sizes if trainable), sum(size for trainable, size in sizes if not trainable)


def outline(network: Sequential) -> list[tuple[str, tuple[int, ...]]]:
    """Each layer's class and output."""
    return [(type(layer).__name__, layer.output_shape) for layer in network]


def dense(*sizes: int) -> int:
    """Weights and biases of fully connected layers from each size to the next."""
    return sum((before + 1) * after for before, after in pairwise(sizes))


def maxout(inputs: int, *units: int, pieces: int = 5) -> int:
    """Weights and biases of maxout layers and a last unit."""
    layers = zip((inputs, *units), units)
    return sum((before + 1) * size * pieces for before, size in layers) + units[-1] + 1
