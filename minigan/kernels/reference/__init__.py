"""The definition of every kernel: plain array code for either backend, as short as it can be."""

from minigan.kernels.reference import (
    activations,
    affine,
    convolution,
    cross_entropy,
    dropout,
    gates,
    maxout,
    normalization,
    normalize_activate,
    optimizer,
    padding,
    pooling,
    resizing,
    windows,
)

__all__ = [
    "activations",
    "affine",
    "convolution",
    "cross_entropy",
    "dropout",
    "gates",
    "maxout",
    "normalization",
    "normalize_activate",
    "optimizer",
    "padding",
    "pooling",
    "resizing",
    "windows",
]
