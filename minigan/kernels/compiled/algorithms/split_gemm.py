"""Products of a few vectors with a large matrix, with compiled bias and activation."""

from minigan.kernels.compiled.algorithms.slab_activations import CompiledActivations
from minigan.kernels.cpu.algorithms import split_gemm

__all__ = ["SplitGemm"]


class SplitGemm(CompiledActivations, split_gemm.SplitGemm):
    """``f(x w + b)`` along the last axis, with a w that outweighs x."""
