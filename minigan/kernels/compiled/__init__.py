"""Fast twins whose loops are compiled by Numba, each in the file of the same name.

The slabs, the threads and the memory are those of `minigan.kernels.cpu.parallel`; the loops run on one slab.
`minigan.kernels.compiled.algorithms` has the loops around the products of affine maps,
`minigan.kernels.compiled.compiler` the compiler.
"""

from minigan.kernels.compiled import (
    activations,
    affine,
    convolution,
    cross_entropy,
    dropout,
    maxout,
    normalization,
    normalize_activate,
    optimizer,
    pooling,
)

__all__ = [
    "activations",
    "affine",
    "convolution",
    "cross_entropy",
    "dropout",
    "maxout",
    "normalization",
    "normalize_activate",
    "optimizer",
    "pooling",
]
