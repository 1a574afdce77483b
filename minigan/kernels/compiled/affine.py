"""Affine maps by slabs, with the algorithms whose passes around the products are compiled."""

import numpy as np

from minigan.kernels.compiled.algorithms import COMPILED
from minigan.kernels.cpu import affine as slabs
from minigan.kernels.reference.affine import Activation, Operation

__all__ = ["affine", "affine_grads"]


def affine(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, operation: Operation, activation: Activation
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.affine.affine`."""
    return slabs.affine(x, kernel, bias, operation, activation, COMPILED)


def affine_grads(
    dy: np.ndarray,
    y: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    operation: Operation,
    activation: Activation,
    param_grads: bool = True,
    input_grad: bool = True,
) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
    """The twin of `minigan.kernels.reference.affine.affine_grads`."""
    return slabs.affine_grads(dy, y, x, kernel, operation, activation, param_grads, input_grad, COMPILED)
