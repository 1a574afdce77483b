"""Fast twins of the reference kernels for NumPy, each in the file of the same name.

`minigan.kernels.cpu.algorithms` has the algorithms behind affine maps and convolutions, `minigan.kernels.cpu.parallel`
the threads, the memory, and the division of work into slabs.
"""

from minigan.kernels.cpu import (
    activations,
    affine,
    convolution,
    dropout,
    gates,
    maxout,
    normalization,
    normalize_activate,
    optimizer,
    padding,
    pooling,
    resizing,
)

__all__ = [
    "activations",
    "affine",
    "convolution",
    "dropout",
    "gates",
    "maxout",
    "normalization",
    "normalize_activate",
    "optimizer",
    "padding",
    "pooling",
    "resizing",
]
