"""Convolutions in groups, each by compiled im2col."""

from minigan.kernels.compiled.algorithms.im2col import Im2col
from minigan.kernels.compiled.algorithms.slab_activations import CompiledActivations
from minigan.kernels.cpu.algorithms import grouped

__all__ = ["Grouped"]


class Grouped(CompiledActivations, grouped.Grouped):
    """The convolution of images (H, W) with a kernel (KH, KW, C / groups, F) in groups, to images (OH, OW)."""

    one_group = Im2col
