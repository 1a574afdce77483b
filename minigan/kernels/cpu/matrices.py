"""Products of a few vectors with a large matrix, cut along the matrix.

The vectors of a batch are few beside the weights they meet. Cut into slabs, such a batch would have all weights read
for each slab, and gradients as large as they are added up. So it is the matrix that is cut, and each part of it is
visited once: ``y = x w`` by columns of w, ``dx = dz w^T`` and ``dw = x^T dz`` by its rows. Nothing has to be summed.
"""

import numpy as np

from minigan.kernels.cpu import memory
from minigan.kernels.cpu.activations import activate, activation_grad
from minigan.kernels.cpu.rows import row_sum
from minigan.kernels.cpu.slabs import cut, run
from minigan.kernels.reference.fused import Activation

__all__ = ["grads", "outweighs", "product"]


def outweighs(kernel: np.ndarray, x: np.ndarray) -> bool:
    """Whether the matrix is larger than what goes in and comes out of its product with the rows of x."""
    return kernel.size > len(x) * sum(kernel.shape)


def product(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
    """Write ``f(x w + b)`` to y."""
    units = cut(kernel.shape[1], kernel.itemsize * kernel.shape[0])

    def work(number: int) -> None:
        part = units[number]
        z = y[:, part]
        np.matmul(x, kernel[:, part], out=z)
        if bias is not None:
            z += bias[part]
        activate(z, activation)

    run(work, len(units))


def grads(
    dy: np.ndarray,
    y: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    activation: Activation,
    dx: np.ndarray,
    param_grads: bool,
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Write the gradient with respect to x to dx; give those with respect to w and b."""
    dz = activation_grad(dy, y, activation)
    dw = memory.empty(kernel.shape, x.dtype) if param_grads else None
    inputs = cut(kernel.shape[0], kernel.itemsize * kernel.shape[1])

    def work(number: int) -> None:
        part = inputs[number]
        np.matmul(dz, kernel[part].T, out=dx[:, part])
        if dw is not None:
            np.matmul(x[:, part].T, dz, out=dw[part])

    run(work, len(inputs))
    return dw, row_sum(dz) if param_grads else None
