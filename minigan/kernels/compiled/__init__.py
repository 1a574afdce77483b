"""Fast twins whose loops are compiled by Numba, each in the file of the same name, but for normalisation, which has
several.

The slabs, the threads and the memory are those of `minigan.kernels.cpu.parallel`; the loops run on one slab.
`minigan.kernels.compiled.algorithms` has the loops around the products of affine maps,
`minigan.kernels.compiled.compiler` the compiler.
"""

from minigan.kernels.compiled import (
    activations,
    affine,
    batch_norm_tangent,
    convolution,
    cross_entropy,
    dropout,
    group_norm,
    layer_norm,
    maxout,
    normalization,
    normalize_activate,
    optimizer,
)

__all__ = [
    "activations",
    "affine",
    "batch_norm_tangent",
    "convolution",
    "cross_entropy",
    "dropout",
    "group_norm",
    "layer_norm",
    "maxout",
    "normalization",
    "normalize_activate",
    "optimizer",
]
