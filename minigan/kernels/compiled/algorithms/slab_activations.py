"""Bias and activation of a slab in one pass, and their gradients in one pass."""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.algorithms import gemm
from minigan.kernels.cpu.algorithms.gemm import matrix
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.affine import Activation

__all__ = ["CompiledActivations"]


@compiled
def add_and_rectify(z: np.ndarray, bias: np.ndarray, slope: float) -> None:
    """``z <- f(z + b)`` with the slope of f below zero."""
    for i in range(z.shape[0]):
        for k in range(z.shape[1]):
            value = z[i, k] + bias[k]
            z[i, k] = value if not value <= 0 else slope * value


@compiled
def rectifier_grads(dy: np.ndarray, y: np.ndarray, slope: float, dz: np.ndarray, dbias: np.ndarray) -> None:
    """``dz <- dy f'(z)``, where the sign of y decides f', and the sum of dz over all rows."""
    dbias[:] = 0
    for i in range(dy.shape[0]):
        for k in range(dy.shape[1]):
            value = dy[i, k] if y[i, k] > 0 else slope * dy[i, k]
            dz[i, k] = value
            dbias[k] += value


class CompiledActivations(gemm.SlabAlgorithm):
    """An algorithm whose bias and rectifier are compiled; it comes before the algorithm's own class."""

    def forward(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        if bias is None or activation.name != "leaky_relu":
            super().forward(x, bias, activation, y)
            return
        self.product(x, y)
        add_and_rectify(matrix(y), bias, y.dtype.type(activation.slope))

    def backward(
        self,
        dy: np.ndarray,
        y: np.ndarray,
        x: np.ndarray,
        activation: Activation,
        dx: np.ndarray | None,
        dw: np.ndarray | None,
        dbias: np.ndarray | None,
    ) -> None:
        if activation.name != "leaky_relu":
            super().backward(dy, y, x, activation, dx, dw, dbias)
            return
        dz = scratch("activation", dy.shape, dy.dtype)
        sums = scratch("bias", dy.shape[-1:], dy.dtype) if dbias is None else dbias
        rectifier_grads(matrix(dy), matrix(y), y.dtype.type(activation.slope), matrix(dz), sums)
        self.grads(x, dz, dx, dw)
