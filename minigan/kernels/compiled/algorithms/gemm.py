"""Products along the last axis, with compiled bias and activation."""

from minigan.kernels.compiled.algorithms.slab_activations import CompiledActivations
from minigan.kernels.cpu.algorithms import gemm

__all__ = ["Gemm"]


class Gemm(CompiledActivations, gemm.Gemm):
    """``f(x w + b)`` along the last axis."""
