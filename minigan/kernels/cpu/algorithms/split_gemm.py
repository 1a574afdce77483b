"""Products of a few vectors with a large matrix: the matrix is split, not the batch.

If a small batch were split into slabs, each slab would read all weights, and gradients as large as the weights would
have to be summed. So the matrix is split, and each part of it is read once: ``y = x w`` by columns of w, and
``dx = dz w^T`` and ``dw = x^T dz`` by rows of w. Nothing has to be summed.
"""

import numpy as np

from minigan.kernels.cpu.algorithms.gemm import Gemm, WholeBatch, matrix
from minigan.kernels.cpu.algorithms.slab_activations import activation_grad, shift_and_activate
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.broadcast import row_sum
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.slabs import split
from minigan.kernels.reference.affine import Activation

__all__ = ["SplitGemm", "outweighs"]


def outweighs(kernel: np.ndarray, vectors: int) -> bool:
    """Whether the matrix has more numbers than the input and output of its product with this number of vectors."""
    return kernel.size > vectors * sum(kernel.shape)


class SplitGemm(Gemm, WholeBatch):
    """``x w`` along the last axis, with a w that outweighs x."""

    def apply(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        x, y = matrix(x), matrix(y)
        units = split(self.kernel.shape[1], self.kernel.itemsize * self.kernel.shape[0])

        def work(number: int) -> None:
            part = units[number]
            z = y[:, part]
            np.matmul(x, self.kernel[:, part], out=z)
            shift_and_activate(z, None if bias is None else bias[part], activation)

        parallel_for(work, len(units))

    def apply_grads(
        self,
        dy: np.ndarray,
        y: np.ndarray,
        x: np.ndarray,
        activation: Activation,
        dx: np.ndarray | None,
        param_grads: bool,
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        x = matrix(x)
        dx = None if dx is None else matrix(dx)
        dz = activation_grad(matrix(dy), matrix(y), activation)
        dw = memory_pool.empty(self.kernel.shape, x.dtype) if param_grads else None
        inputs = split(self.kernel.shape[0], self.kernel.itemsize * self.kernel.shape[1])

        def work(number: int) -> None:
            part = inputs[number]
            if dx is not None:
                np.matmul(dz, self.kernel[part].T, out=dx[:, part])
            if dw is not None:
                np.matmul(x[:, part].T, dz, out=dw[part])

        parallel_for(work, len(inputs))
        return dw, row_sum(dz) if param_grads else None
