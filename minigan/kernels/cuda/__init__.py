"""Fast twins of the reference kernels for NVIDIA GPUs, each in the file of the same name.

Each file launches the kernels of the ``.cu`` file of its name, which `minigan.kernels.cuda.compiler` compiles when it
is first needed.
"""

from minigan.kernels.cuda import (
    activations,
    affine,
    convolution,
    cross_entropy,
    device_scalars,
    dropout,
    gates,
    normalization,
    normalize_activate,
    optimizer,
    padding,
    philox,
    pooling,
    precision,
    resizing,
)

__all__ = [
    "activations",
    "affine",
    "convolution",
    "cross_entropy",
    "device_scalars",
    "dropout",
    "gates",
    "normalization",
    "normalize_activate",
    "optimizer",
    "padding",
    "philox",
    "pooling",
    "precision",
    "resizing",
]
