"""The activations that other kernels apply to their results: their numbers in ``fused_activation.cuh``."""

from minigan.kernels.reference.affine import Activation

__all__ = ["ACTIVATIONS", "code"]

ACTIVATIONS = {"linear": 0, "leaky_relu": 1, "tanh": 2, "sigmoid": 3}


def code(activation: Activation) -> tuple[int, float]:
    """An activation as the kernels take it: its number and its slope."""
    return ACTIVATIONS[activation.name], float(activation.slope)
