"""Bias and activation of a slab in one pass, and their gradients in one pass."""

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.algorithms import gemm
from minigan.kernels.cpu.parallel.broadcast import fold_row, long_rows, tile_row
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.affine import Activation

__all__ = ["CompiledActivations"]

#: The numbers of the activations whose derivative is compiled.
NUMBERS = {"leaky_relu": 0, "tanh": 1, "sigmoid": 2}


@compiled
def add_and_rectify(z: np.ndarray, bias: np.ndarray, slope: float) -> None:
    """``z <- f(z + b)`` with the slope of f below zero."""
    for i in range(z.shape[0]):
        for k in range(z.shape[1]):
            value = z[i, k] + bias[k]
            z[i, k] = value if not value <= 0 else slope * value


@compiled
def activation_grads(
    dy: np.ndarray, y: np.ndarray, number: int, slope: float, one: float, dz: np.ndarray, dbias: np.ndarray
) -> None:
    """``dz <- dy f'(z)``, by ``y = f(z)``, and the sum of dz over all rows; `one` is 1 in the arrays' type."""
    dbias[:] = 0
    for i in range(dy.shape[0]):
        for k in range(dy.shape[1]):
            if number == 0:
                derivative = one if y[i, k] > 0 else slope
            elif number == 1:
                derivative = one - y[i, k] * y[i, k]
            else:
                derivative = (one - y[i, k]) * y[i, k]
            value = derivative * dy[i, k]
            dz[i, k] = value
            dbias[k] += value


class CompiledActivations(gemm.SlabAlgorithm):
    """An algorithm whose rectifier and gradients of activations are compiled; it comes before the algorithm's class.

    NumPy adds a bias or sums rows in one pass, too, and its tanh uses wide instructions: these stay.
    """

    def finish(self, z: np.ndarray, bias: np.ndarray | None, activation: Activation) -> None:
        if activation.name != "leaky_relu" or bias is None:
            super().finish(z, bias, activation)
            return
        row = tile_row(bias, z.shape[1:])
        add_and_rectify(z.reshape(-1, len(row)), row, z.dtype.type(activation.slope))

    def product_grad(
        self, dy: np.ndarray, y: np.ndarray, activation: Activation, dbias: np.ndarray | None
    ) -> np.ndarray:
        if activation.name not in NUMBERS:
            return super().product_grad(dy, y, activation, dbias)
        dz, rows, of_type = scratch("activation", dy.shape, dy.dtype), long_rows(dy), dy.dtype.type
        if dbias is not None and rows.shape[1:] == dbias.shape:  # a long row is one row
            sums = dbias
        else:
            sums = scratch("bias", rows.shape[1:], dy.dtype)
        number, slope = NUMBERS[activation.name], of_type(activation.slope)
        activation_grads(rows, y.reshape(rows.shape), number, slope, of_type(1), dz.reshape(rows.shape), sums)
        if dbias is not None and dbias is not sums:
            fold_row(sums, len(dbias), dbias)
        return dz
