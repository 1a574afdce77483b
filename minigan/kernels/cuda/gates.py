"""Launches ``gates.cu``: the activations with a gate, one thread an entry."""

from minigan.backend import Array
from minigan.kernels.cuda.activations import each

__all__ = ["gated", "gated_grad", "gated_second_derivative"]

#: The gates' numbers in ``gates.cu``.
GATES = {"sigmoid": 0, "normal": 1, "tanh": 2}


def gated(x: Array, gate: str) -> Array:
    """The twin of `minigan.kernels.reference.gates.gated`."""
    return each("each_gated", (x,), GATES[gate], file="gates")


def gated_grad(dy: Array, x: Array, gate: str) -> Array:
    """The twin of `minigan.kernels.reference.gates.gated_grad`."""
    return each("each_gated_grad", (dy, x), GATES[gate], file="gates")


def gated_second_derivative(x: Array, gate: str) -> Array:
    """The twin of `minigan.kernels.reference.gates.gated_second_derivative`."""
    return each("each_gated_second", (x,), GATES[gate], file="gates")
